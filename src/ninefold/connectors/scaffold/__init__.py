"""The package of a new connector, written from templates: it works over a line protocol until its author changes it.

A test builds what is written here, installs it, and runs its tests unchanged.
"""

import keyword
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from ninefold.connectors.files import plugins
from ninefold.kernel.errors import Conflict, InvalidInput

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST = 40
SUFFIX = ".tmpl"  # so that no tool takes a template for code of ours


def scaffold(name: str, into: Path) -> Path:
    """Write the package of a connector; returns its folder, `into`/ninefold-NAME.

    Raises:
        InvalidInput: no name of a connector. Conflict: an installed connector or a folder has this name.
    """
    if not _NAME.fullmatch(name) or len(name) > LONGEST or keyword.iskeyword(name):
        hint = "Use lower-case letters and digits, words joined by '_', such as press or melt_flow."
        raise InvalidInput(f"{name!r} is no name of a connector.", hint=hint)
    if name in plugins().found:
        raise Conflict(f"A connector called {name!r} is installed already.", hint="Choose another name.")
    folder = into / f"ninefold-{name.replace('_', '-')}"
    if folder.exists():
        raise Conflict(f"{folder} is there already.", hint="Choose another name, or remove the folder.")
    words = {"@name@": name, "@dist@": folder.name, "@Name@": "".join(w.title() for w in name.split("_"))}
    for path, text in _templates(files(__name__) / "package"):
        target = folder / _filled(path.removesuffix(SUFFIX), words)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_filled(text, words), encoding="utf-8")
    return folder


def _templates(root: Traversable, under: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and text of every template."""
    for entry in sorted(root.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            yield from _templates(entry, f"{under}{entry.name}/")
        elif entry.name.endswith(SUFFIX):
            yield under + entry.name, entry.read_text("utf-8")


def _filled(text: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text
