"""A project's first files: its settings, the folders that people write in, and what git is told."""

from pathlib import Path

from ninefold.kernel.errors import Conflict, InvalidInput
from ninefold.kernel.project import PROJECT_FILE
from ninefold.kernel.saving import unwritten
from ninefold.kernel.scalars import quoted

FOLDERS = ("requirements", "use-cases", "contracts", "connections", "recipes", "models", "deployments")
LONGEST_NAME = 80
_IGNORED = ".ninefold/\npki/\ngateways/*/storage/\n"  # evidence; private keys; what a device keeps, its credential too


def found_project(folder: Path, name: str = "", *, language: str = "en", four_eyes: bool = True) -> None:
    """Write the settings of a new project (last) and what belongs to it; files that are there stay.

    Raises:
        Conflict: the folder is a project already.
        InvalidInput: the name has no characters, too many, or others than printable ones.
        Refused: the folder cannot be written.
        DiskFull: the disk is full.
    """
    if (folder / PROJECT_FILE).exists():
        raise Conflict(f"{folder / PROJECT_FILE} exists already.", hint="Change to it, or name another folder.")
    name = name.strip() or folder.resolve().name
    check_name(name)
    try:
        _write(folder, _settings(name, language, four_eyes))
    except OSError as error:
        raise unwritten(str(folder), error) from error


def check_name(name: str) -> None:
    """Return when a project may be called so.

    Raises:
        InvalidInput: it has no characters, too many, or others than printable ones.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"{name[:40]!r} is no name of a project.", hint=f"Use 1 to {LONGEST_NAME} characters.")


def _settings(name: str, language: str, four_eyes: bool) -> str:
    lines = [f"name = {quoted(name)}"]
    lines += [f"language = {quoted(language)}"] if language != "en" else []
    if not four_eyes:
        lines.append("four_eyes = false       # one person works alone here: who made the evidence may sign it")
    return "\n".join(lines) + "\n"


def _write(folder: Path, settings: str) -> None:
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, text in ((".gitignore", _IGNORED), (".gitattributes", "ninefold.lock merge=union\n")):
        if not (folder / name).exists():
            (folder / name).write_text(text, encoding="utf-8")
    (folder / PROJECT_FILE).write_text(settings, encoding="utf-8")
