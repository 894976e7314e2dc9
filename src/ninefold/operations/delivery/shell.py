"""Words for a shell, and ids for a scheduler, from names that people chose: whatever a name holds, it stays a name."""

import hashlib
import re
from collections.abc import Iterable

from ninefold.kernel.errors import InvalidInput

_PLAIN = re.compile(r"[a-zA-Z0-9:/_-]+")
_SLUG = 40  # characters of a name that an id keeps
MAX_NAME = 300


def quoted(word: str) -> str:
    """Return a word as one word of a POSIX shell.

    A `{` is followed by an empty pair of quotes, so that the text never holds `{{`, `${{` or `{%`: what GitHub, Argo,
    Airflow and Jenkins would replace before the shell sees it. A word with a dot ends in a quote, because Airflow
    takes a command that ends in `.sh` for the name of a template.

    Raises:
        InvalidInput: the word holds control characters or is no text that a file can hold.
    """
    insist_printable(word)
    if _PLAIN.fullmatch(word):
        return word
    inner = word.replace("'", "'\"'\"'").replace("{", "{''")
    return f"'{inner}'"


def command(words: Iterable[str]) -> str:
    """Return a command line of words."""
    return " ".join(quoted(w) for w in words)


def insist_printable(name: str) -> None:
    """Refuse a name that cannot stand in a line of a file.

    Raises:
        InvalidInput: it is empty or too long, or holds line breaks, control characters or half of a surrogate pair.
    """
    if not name or len(name) > MAX_NAME or not name.isprintable():
        message = f"The name {name[:60]!r} cannot stand in a pipeline."
        raise InvalidInput(message, hint=f"Rename it: visible characters only, at most {MAX_NAME}.")


def slug(name: str) -> str:
    """Return a name as a-z, 0-9 and single hyphens; whatever had to be changed or cut is told apart by a digest.

    >>> slug("tool-failure"), slug("")
    ('tool-failure', '')
    >>> slug("Tool failure")
    'tool-failure-f4afb26f'
    """
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_SLUG].strip("-")
    if plain == name:
        return plain
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain}-{mark}" if plain else mark
