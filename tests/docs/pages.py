"""Reads the pages as a reader follows them: files to write, commands to type, and what these are said to print."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHELLS = {"sh", "bash", "shell", "console"}
FENCE = re.compile(r"(?:^`([^`\n]+)`[^\n]*\n\n)?^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"#\s+(\d+)(?::|$)")


@dataclass(frozen=True)
class File:
    """A file that the reader writes: a path alone on the line above a block."""

    path: str
    text: str


@dataclass(frozen=True)
class Command:
    """A line to type, what it prints (a line `...` stands for any lines), and its exit code."""

    line: str
    shown: tuple[str, ...] = ()

    @property
    def code(self) -> int:
        """The exit code: 0, or the number that begins the remark, as in `# 3: insufficient`."""
        found = CODE.search(self.line)
        return int(found[1]) if found else 0

    @property
    def repeated(self) -> bool:
        """Whether the reader is told to try until what is shown comes."""
        return "# until " in self.line


@dataclass(frozen=True)
class Block:
    """One block of commands."""

    page: str
    commands: tuple[Command, ...]

    @property
    def name(self) -> str:
        """How lists name it: the page and its first command."""
        return f"{self.page}: {self.commands[0].line}"


def pages() -> list[Path]:
    """Return every page of the repository, in order."""
    return sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")})


def parts(path: Path) -> Iterator[File | Block]:
    """Yield the files and the blocks of commands of a page, in their order."""
    page = path.relative_to(ROOT).as_posix()
    for name, kind, text in FENCE.findall(path.read_text(encoding="utf-8")):
        if kind in SHELLS or (not kind and re.search(r"^(\$ |ninefold |make )", text, re.MULTILINE)):
            if found := commands(text, prompted=kind == "console"):
                yield Block(page, found)
        elif name and "/" in f"/{name}" and re.fullmatch(r"[\w./-]+\.\w+", name):
            yield File(name, text)


def commands(text: str, *, prompted: bool) -> tuple[Command, ...]:
    """Return the commands of a block; with prompts, the lines between them are what is printed."""
    found: list[Command] = []
    for line in text.replace("\\\n", " ").splitlines():
        if prompted and not line.startswith("$ "):
            if line.strip():
                found[-1] = Command(found[-1].line, (*found[-1].shown, line))
        elif line.strip() and not line.startswith("#"):
            found.append(Command(line.removeprefix("$ ")))
    return tuple(found)


def missing(shown: tuple[str, ...], printed: str) -> str:
    """Return the first line that is shown and not printed after the one before it, or ""; blanks count once."""
    lines, position = [" ".join(line.split()) for line in printed.splitlines()], 0
    for wanted in (" ".join(line.split()) for line in shown):
        if wanted == "...":
            continue
        pattern = re.compile(".*".join(re.escape(part.strip()) for part in wanted.split("...")))
        while position < len(lines) and not pattern.search(lines[position]):
            position += 1
        if position == len(lines):
            return wanted
        position += 1
    return ""
