"""How processes are started: in the session of whoever starts them, and in a group of their own where it is needed.

Linux shares processors between sessions first (autogroup): the priority somebody gives a command, by `nice` or as an idle
process, counts only within its session, so a process with a session of its own would escape it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACES = ("src", "tests", "examples", "benchmarks")


def sessions(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that begin a session."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        words = {a.value for a in ast.walk(node) if isinstance(a, ast.Constant)}
        if name == "setsid" or "setsid" in words or any(k.arg == "start_new_session" for k in node.keywords):
            yield node.lineno


def test_nothing_begins_a_session_and_so_escapes_its_priority() -> None:
    """`process_group=0` does for killing a process with all that it started."""
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for place in PLACES
        for path in sorted((ROOT / place).rglob("*.py"))
        for line in sessions(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_the_look_finds_what_it_looks_for() -> None:
    """Each way is found in a planted line."""
    for line in ("Popen(c, start_new_session=True)", "os.setsid()", "setsid()", "subprocess.run(['setsid', 'c'])"):
        assert list(sessions(ast.parse(line))) == [1], line
