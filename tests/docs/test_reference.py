"""The reference cannot lag: everything that the code offers has its heading, and every heading its object."""

import ast
import re
from pathlib import Path

import pytest
from docs.make_reference import FOLDER, commands, errors, pages

from ninefold.cli.main import cli, main
from ninefold.connectors.plugin import GROUP
from ninefold.criteria.metrics import names
from ninefold.kernel.errors import NinefoldError
from ninefold.kernel.plugins import load_plugins
from ninefold.kernel.trees import WorkingTree
from ninefold.kernel.view import read_view
from ninefold.lifecycle.graph import readers, steps
from ninefold.recipes.operations import OPERATIONS

ROOT = Path(__file__).parents[2]
KIND = re.compile(r"[a-z][a-z-]*@[0-9]+")


def headings(page: Path, level: int) -> list[str]:
    """Return the headings of a page at a level, as written."""
    marks = "#" * level + " "
    return [line.removeprefix(marks) for line in page.read_text().splitlines() if line.startswith(marks)]


@pytest.mark.parametrize("page", ["commands.md", "errors.md", "files.md", "metrics.md", "operations.md"])
def test_the_written_pages_are_up_to_date(page: str) -> None:
    """They are what the code says now; otherwise run: python docs/make_reference.py."""
    assert (FOLDER / page).read_text() == pages()[page], "Run: python docs/make_reference.py"


def test_every_command_error_and_metric_has_its_heading() -> None:
    """And no heading is left over."""
    assert headings(FOLDER / "commands.md", 2) == [name for name, _ in commands()]
    assert sorted(headings(FOLDER / "errors.md", 2)) == sorted({e.__name__ for e in errors()})
    assert headings(FOLDER / "metrics.md", 2) == list(names())
    assert headings(FOLDER / "operations.md", 2) == sorted(OPERATIONS)


def test_every_file_that_is_read_has_its_keys() -> None:
    """Each pattern of each reader, each connector's connection, and the agent's own file."""
    read = {pattern for reader in readers() for pattern in reader.patterns}
    found = {line.partition(",")[0] for line in headings(FOLDER / "files.md", 2)}
    assert found == {re.sub(r"^connections/.*", "connections/*.yaml", p) for p in read} | {"agent.toml"}
    connectors = {
        line.rpartition(" ")[2] for line in headings(FOLDER / "files.md", 2) if line.startswith("connections")
    }
    assert connectors == set(load_plugins(GROUP).found)


def test_every_error_ends_a_command_with_the_code_that_stands_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a command raises, as a sentence."""
    page = (FOLDER / "errors.md").read_text()
    for error in errors():
        made = error.__new__(error)
        NinefoldError.__init__(made, "It is broken.")

        def fail(*_: object, made: NinefoldError = made, **__: object) -> None:
            raise made

        monkeypatch.setattr(cli, "main", fail)
        with pytest.raises(SystemExit) as ended:
            main([])
        assert f"| [{error.__name__}](#{error.__name__.lower()}) | {ended.value.code} |" in page


def test_every_command_says_what_it_does() -> None:
    """A command without help would have an empty section."""
    silent = [name for name, command in commands() if not command.help]
    assert silent == []


def test_every_error_stands_in_the_tree() -> None:
    """The drawing at the top of kernel/errors.py names each class, below the class that it derives from."""
    drawing = ast.get_docstring(ast.parse((ROOT / "src/ninefold/kernel/errors.py").read_text())) or ""
    drawn: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for line in drawing.splitlines():
        if found := re.match(r"[│├└─ ]*([A-Z]\w+)", line):
            path = [(depth, name) for depth, name in path if depth < found.start(1)]
            drawn[found[1]] = path[-1][1] if path else "Exception"
            path.append((found.start(1), found[1]))
    derived = {e.__name__: e.__bases__[0].__name__ for e in errors() if e.__module__ == "ninefold.kernel.errors"}
    assert {name: parent for name, parent in drawn.items() if name in derived} == derived


def test_every_connector_has_its_heading() -> None:
    """By the name that a connection's file gives it."""
    plugins = load_plugins(GROUP)
    assert not plugins.broken
    found = {name for line in headings(ROOT / "docs/connectors.md", 2) for name in re.findall(r"`(\w+)`", line)}
    assert found == set(plugins.found)


def test_every_kind_of_record_has_its_heading() -> None:
    """Every kind that the product writes down anywhere, whoever makes it; what is no record is named as a writer."""
    page = FOLDER / "records.md"
    written = {
        node.value
        for path in sorted((ROOT / "src/ninefold").rglob("*.py"))
        if "testing" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and KIND.fullmatch(node.value)
    }
    kinds = set(headings(page, 3))
    writers = set(re.findall(rf"`({KIND.pattern})`", page.read_text().partition("## Writers")[2]))
    assert written == kinds | writers
    assert not kinds & writers
    made = {kind for step in steps() for kind in step.produces}
    assert made <= {kind.partition("@")[0] for kind in kinds}


def test_every_step_and_facet_is_named() -> None:
    """Each step stands below the record that it makes; each facet kind that a step reads has its row."""
    text = (FOLDER / "records.md").read_text()
    named = set(re.findall(r"^Step `([a-z-]+)`", text, re.MULTILINE))
    assert named == {step.name for step in steps()}
    rows = text.partition("## Facets")[2].partition("## Made by steps")[0]
    facets = set(re.findall(r"`([a-z_-]+)`", "".join(line.split("|")[1] for line in rows.splitlines() if "|" in line)))
    made = {kind for step in steps() for kind in step.produces}
    read = {kind for step in steps() for kind in step.consumes} - made
    view = read_view(WorkingTree(ROOT / "examples" / "milling-cell"), readers(), now=0)
    assert read | {facet.kind for facet in view.facets.values()} <= facets
