"""Any project file as text: read, tried and saved whole, for what no form can change."""

from ninefold.kernel.errors import EditConflict, NotFound, Problem
from ninefold.lifecycle.edit_blocks import problems_table
from ninefold.surface.blocks import Block, Field, Form, Go, Panel, Words
from ninefold.surface.cells import Ref, State
from ninefold.surface.page import Page
from ninefold.surface.words import Say, Text
from ninefold.workbench.desk import Answer, Desk, Done, Shown
from ninefold.workbench.pages import editing
from ninefold.workbench.routes import action, page


@page("/files/{name:path}")
def file(desk: Desk, name: str) -> Page:
    """Show a project file; whoever may edit can change its text."""
    path = str(name).lstrip("/")
    found = editing.opened(desk, path)
    return _page(desk, path, _plain(found.text), found.etag)


@action("/files/{name:path}")
def save_file(desk: Desk, name: str) -> Answer:
    """Save a file's text."""
    path = str(name).lstrip("/")
    now, etag = editing.opened(desk, path), desk.form.get("etag", "")
    text = _as_before(desk.form.get("text", ""), now.text)
    apply = lambda _: editing.Tried(text, {})  # noqa: E731 - the whole text stands for itself
    back = Ref("file", path)
    if now.etag != etag:
        return editing.conflict(desk, path, apply, f"files/{path}", back)
    try:
        problems = editing.saved(desk, path, text, etag)
    except EditConflict:
        return editing.conflict(desk, path, apply, f"files/{path}", back)
    if problems:
        return _page(desk, path, _plain(text), etag, problems)
    return Done(back, Say("files.saved", {"file": path}))


@action("/file-preview/{name:path}")
def preview_file(desk: Desk, name: str) -> Answer:
    """Show what saving a text would do."""
    path = str(name).lstrip("/")
    now = editing.opened(desk, path)
    text = _as_before(desk.form.get("text", ""), now.text)
    impact = editing.what_if(desk, path, text)
    return Shown(_page(desk, path, _plain(text), desk.form.get("etag", ""), impact=impact))


def _page(
    desk: Desk, path: str, text: str, etag: str, wrong: dict[str, Text] | None = None, impact: tuple[Block, ...] = ()
) -> Page:
    problems = [p for p in desk.view.problems if p.file == path]
    blocks: list[Block] = []
    if problems:
        blocks.append(Panel(Say("edit.problems"), (problems_table(problems),), end=path))
    if impact:
        blocks.append(Panel(Say("edit.if-saved"), impact, name="impact"))
    blocks += [
        Panel(Say("files.text"), (_text(desk, path, text, etag, wrong or {}),)),
        editing.told_history(desk, path),
    ]
    state = (State("failed", Say("files.problems", {"n": len(problems)})),) if problems else (State("pass"),)
    about = _about(path)
    return Page(
        Say("files.title", {"file": path}), tuple(blocks), subtitle=Say("files.sub"),
        states=state if problems else (), actions=(Go(Say("files.back"), about),) if about else (),
        place=_PLACES.get(path.partition("/")[0], ""),
    )  # fmt: skip


def _text(desk: Desk, path: str, text: str, etag: str, wrong: dict[str, Text]) -> Block:
    if not desk.may("editor"):
        return Words(text, "mono")
    fields = (
        Field("text", Say("files.text"), "code", text),
        Field("reason", Say("files.reason"), "text", desk.form.get("reason", ""), problem=wrong.get("reason", "")),
        Field("etag", "", "hidden", etag),
    )
    return Form(
        Say("files.text"), f"files/{path}", fields, Say("files.save"), note=Say("files.note"),
        preview=f"file-preview/{path}",
    )  # fmt: skip


def broken_page(desk: Desk, path: str) -> Page:
    """Return the page of a file that cannot be read as what it should be: its problems, and the way to mend it."""
    problems: list[Problem] = [p for p in desk.view.problems if p.file == path]
    if not problems:
        raise NotFound(f"{path} was changed while it was read.", hint="Load the page again.")
    go = Go(Say("files.mend"), Ref("file", path), "main")
    return Page(
        Say("files.title-broken", {"file": path}),
        (Panel(Say("edit.problems"), (problems_table(problems), go)), editing.told_history(desk, path)),
        states=(State("failed", Say("files.problems", {"n": len(problems)})),),
        place=_PLACES.get(path.partition("/")[0], ""),
    )  # fmt: skip


_PLACES = {
    "requirements": "requirements", "use-cases": "use-cases", "connections": "data", "recipes": "recipes",
    "models": "models", "deployments": "fleet",
}  # fmt: skip


def _about(path: str) -> Ref | None:
    """Return the page of what a file describes."""
    folder, _, name = path.partition("/")
    key = name.rpartition(".")[0]
    match folder:
        case "requirements":
            return Ref("requirement", key)
        case "use-cases":
            return Ref("use-case", key)
        case "recipes":
            return Ref("recipe", key)
        case "models":
            return Ref("model", key)
        case "deployments":
            return Ref("deployment", key)
    return None


def _plain(text: str) -> str:
    """Return a text as an area of a form holds it: LF, without the byte order mark."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _as_before(sent: str, now: str) -> str:
    """Return what a browser sent, which is always CRLF, with the file's own line ends and byte order mark."""
    text = sent.replace("\r\n", "\n").replace("\r", "\n")
    if "\r\n" in now:
        text = text.replace("\n", "\r\n")
    return ("\ufeff" if now.startswith("\ufeff") else "") + text


ROUTES = (file, save_file, preview_file)
