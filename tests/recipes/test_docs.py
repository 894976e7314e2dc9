"""The reference names every operation, function and label field."""

import subprocess
import sys
from pathlib import Path

import msgspec
from tests.recipes import cases

from ninefold.recipes import Label
from ninefold.recipes.expressions.functions import FUNCTIONS
from ninefold.recipes.operations import OPERATIONS, Step

PAGE = Path(__file__).parents[2] / "docs" / "recipes.md"


def test_every_operation_function_and_label_field_has_its_heading() -> None:
    """And no heading names one that is gone."""
    text = PAGE.read_text(encoding="utf-8")
    sections = {part.split("\n")[0]: part for part in text.split("\n## ")}
    for section, names in (
        ("Operations", OPERATIONS),
        ("Expressions", FUNCTIONS),
        ("Labels", {f.encode_name for f in msgspec.structs.fields(Label)}),
    ):
        found = {line.removeprefix("### ") for line in sections[section].split("\n") if line.startswith("### ")}
        assert found == set(names), section


def test_every_operation_can_be_stored() -> None:
    """The union by which a stored recipe finds its steps holds each of them under its own name."""
    assert set(OPERATIONS.values()) == set(Step.__args__)
    assert {n: t.__struct_config__.tag for n, t in OPERATIONS.items()} == {n: n for n in OPERATIONS}


def test_the_example_of_the_page_is_a_recipe() -> None:
    """As written there."""
    example = PAGE.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    assert cases.recipe(example) == cases.recipe(cases.PART_FEATURES)


def test_the_stream_needs_no_database() -> None:
    """An edge imports the runner without DuckDB."""
    code = "import sys, ninefold.recipes.stream, ninefold.recipes.duckdb; print('duckdb' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
