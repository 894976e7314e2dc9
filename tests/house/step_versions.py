"""steps.lock: for each step its version and the digest of the source that decides its results.

A step whose source changed needs a higher version, so that old results become stale; or a reason why its results are
the same. After either: python -m tests.house.step_versions [--neutral "why" [STEP ...]]
The source of a step is its own module and what that imports from its own room, without comments, docstrings and
blank lines. Layers below the room are not covered: their tests pin what they compute.
"""

import ast
import hashlib
import io
import sys
import tokenize
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ninefold.lifecycle.graph import steps

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "steps.lock"
HEAD = "# step, version, digest of its source, and why a change of it left the results alone; see CONTRIBUTING.md\n"


class Locked(NamedTuple):
    """One line of the lock."""

    version: str
    digest: str
    neutral: str = ""


def read_source(module: str) -> str:
    """Return the text of a module of the product, or of a package's __init__; "" when it is neither."""
    path = ROOT / "src" / Path(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def reach(module: str, read: Callable[[str], str] = read_source) -> dict[str, str]:
    """Return the sources of a module and of all that it imports, directly or not, from its own room."""
    room = module.rpartition(".")[0]
    found: dict[str, str] = {}
    wanted = [module]
    while wanted:
        name = wanted.pop()
        if name in found or not (text := read(name)):
            continue
        found[name] = text
        for node in ast.walk(ast.parse(text)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            inside = [f"{node.module}.{n}" for n in names] if isinstance(node, ast.ImportFrom) else []
            direct = [node.module or ""] if isinstance(node, ast.ImportFrom) else names
            wanted += [n for n in (*direct, *inside) if n.startswith(f"{room}.")]
    return found


def bare(text: str) -> str:
    """Return a module without comments, docstrings, blank lines and blanks at line ends."""
    lines: list[str] = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                for row in range(first.lineno, (first.end_lineno or first.lineno) + 1):
                    lines[row - 1] = ""
    return "\n".join(line.rstrip() for line in lines if line.strip())


def digest(sources: Mapping[str, str]) -> str:
    """Return a digest of modules by name and what they do."""
    whole = "".join(f"{name}\n{bare(text)}\n\n" for name, text in sorted(sources.items()))
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def now() -> dict[str, Locked]:
    """Return the version and digest of every step as the code stands."""
    return {step.name: Locked(step.version, digest(reach(type(step).__module__))) for step in steps()}


def read_lock(text: str) -> dict[str, Locked]:
    """Return the lines of a lock."""
    lines = [line.split(None, 3) for line in text.splitlines() if line and not line.startswith("#")]
    return {name: Locked(*rest) for name, *rest in lines}


def write_lock(locked: Mapping[str, Locked]) -> str:
    """Return the text of a lock, one line a step, so that it merges."""
    return HEAD + "".join(f"{name} {' '.join(locked[name])}".rstrip() + "\n" for name in sorted(locked))


def offences(locked: Mapping[str, Locked], found: Mapping[str, Locked]) -> list[str]:
    """Return the steps that changed without a word, each with what to do."""
    wrong = [f"{name} is no step any more" for name in sorted(locked.keys() - found.keys())]
    for name, step in sorted(found.items()):
        before = locked.get(name)
        if before is None:
            wrong.append(f"{name} is new")
        elif before.version != step.version:
            wrong.append(f"{name} has version {step.version}, the lock {before.version}")
        elif before.digest != step.digest:
            wrong.append(f"{name} changed under version {step.version}: raise it, or say why results are the same")
    return wrong


def updated(
    locked: Mapping[str, Locked], found: Mapping[str, Locked], neutral: str, names: Sequence[str]
) -> dict[str, Locked]:
    """Return the new lock.

    Raises:
        SystemExit: a step changed under its old version, and no reason was given for it.
    """
    result = {}
    for name, step in found.items():
        before = locked.get(name)
        if before is None or before.version != step.version:
            result[name] = step
        elif before.digest == step.digest:
            result[name] = before
        elif neutral and (not names or name in names):
            result[name] = step._replace(neutral=" ".join(neutral.split()))
        else:
            sys.exit(f'{name} changed under version {step.version}. Raise it, or give --neutral "why" {name}.')
    return result


def main(arguments: Sequence[str]) -> None:
    """Bring the lock up to date."""
    neutral, names = (arguments[1], arguments[2:]) if arguments[:1] == ["--neutral"] else ("", [])
    locked = read_lock(LOCK.read_text(encoding="utf-8")) if LOCK.exists() else {}
    LOCK.write_text(write_lock(updated(locked, now(), neutral, names)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
