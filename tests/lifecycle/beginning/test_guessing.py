"""What columns probably are, and the names that signals get from them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.workbench.own_table import write_parts

from ninefold.connectors.csv.looking import look
from ninefold.connectors.tables import TableTag
from ninefold.lifecycle.beginning.guessing import answers_of, guess, signals, table_name, unit_of
from ninefold.lifecycle.beginning.writing import is_name


def test_a_plain_table_is_understood(tmp_path: Path) -> None:
    """Time, machine, number of the part, the answer, and what a model may use."""
    write_parts(tmp_path / "parts.csv", 300)
    found = guess(look(tmp_path / "parts.csv"))
    assert (found.time, found.asset, found.part, found.label) == ("Finished", "Machine", "Part no", "Failed")
    assert found.used == {"Variant", "Air temperature [K]", "Speed [rpm]", "Torque [Nm]", "Tool wear [min]"}


def test_another_answer_is_not_proposed_as_an_input(tmp_path: Path) -> None:
    """It may be a cause that is written down afterwards; a person who knows better chooses it."""
    (tmp_path / "t.csv").write_text("speed,failed,worn_out\n1,0,0\n2,1,1\n3,0,0\n")
    found = guess(look(tmp_path / "t.csv"))
    assert (found.label, found.used) == ("failed", {"speed"})


def test_a_table_without_an_answer_has_none(tmp_path: Path) -> None:
    """Only a column of 1 and 0, both of them, can be foretold."""
    (tmp_path / "t.csv").write_text("a,always,three\n1.5,1,0\n2.5,1,1\n2.5,1,2\n")
    assert answers_of(look(tmp_path / "t.csv")) == []


@pytest.mark.parametrize(
    ("name", "unit"),
    [("Torque [Nm]", "N.m"), ("T (°C)", "Cel"), ("speed [rpm]", "{rev}/min"), ("x", "1"), ("y [?]", "1")],
)
def test_units_are_read_from_brackets(name: str, unit: str) -> None:
    """As UCUM spells them; what is not known is a bare number."""
    assert unit_of(name) == unit


@given(st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=12, unique=True))
def test_every_column_gets_a_signal_that_a_connection_takes(names: list[str]) -> None:
    """Whatever it is called, and no two the same."""
    found = signals(names)
    assert len(set(found.values())) == len(names)
    for signal in found.values():
        TableTag(signal, "column")


@given(st.text(max_size=80))
def test_a_file_name_gives_a_name_or_none(text: str) -> None:
    """Never a path, never a character that a file of the project could not bear."""
    name = table_name(text)
    assert not name or is_name(name)


def test_the_folder_of_a_sent_name_is_left_out() -> None:
    """Browsers send the name only; others may send anything."""
    assert table_name("../../etc/Passwörter 2.CSV") == "passworter-2"
    assert table_name("C:\\data\\Press 3.csv") == "press-3"
