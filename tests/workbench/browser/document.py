"""What a page is as it is sent, without a browser: its language, its texts, and where its buttons lead."""

from collections import Counter
from html.parser import HTMLParser

_EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_QUOTING = {"pre", "textarea", "code", "script", "style"}


class Document(HTMLParser):
    """An HTML document of the workbench; every element in it is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.language = ""
        self.tags: Counter[str] = Counter()
        self.texts: list[str] = []  # but for what is marked as English, and what is quoted from files
        self.sent_to: list[str] = []  # the addresses that buttons send forms to
        self._action = ""  # of the form that is open, when it is sent and does not only ask
        self._open: list[tuple[str, bool]] = []  # an element's tag, and whether it or one around it is left out
        self.feed(text)
        assert self._open == [], f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that begins; a form, and where a button in it leads."""
        had = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        if tag == "html":
            self.language = had.get("lang", "")
        elif tag == "form":
            self._action = had["action"] if had.get("method") == "post" else ""
        elif tag == "button" and self._action:
            self.sent_to.append(had.get("formaction", self._action))
        if tag not in _EMPTY:
            self._open.append((tag, self._left_out or tag in _QUOTING or had.get("lang") == "en"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element of a drawing without anything in it."""

    def handle_endtag(self, tag: str) -> None:
        """Note the end of an element."""
        begun, _ = self._open.pop()
        assert begun == tag, f"</{tag}> ends a <{begun}>"
        if tag == "form":
            self._action = ""

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if data.strip() and not self._left_out:
            self.texts.append(" ".join(data.split()))

    @property
    def _left_out(self) -> bool:
        return bool(self._open) and self._open[-1][1]
