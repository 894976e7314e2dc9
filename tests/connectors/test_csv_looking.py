"""A look at a CSV of which nothing is known: what its columns hold, and what is refused with what to do."""

from pathlib import Path

import pytest

from ninefold.connectors.csv.looking import LEVELS, LONGEST_NAME, MOST_COLUMNS, look
from ninefold.kernel.errors import InvalidInput


def written(tmp_path: Path, data: bytes) -> Path:
    """Return a file with these bytes."""
    path = tmp_path / "parts.csv"
    path.write_bytes(data)
    return path


def test_columns_are_told_with_kind_range_and_what_is_missing(tmp_path: Path) -> None:
    """Numbers, times and texts by all of their values; the words for no value count as missing."""
    data = b"at,torque,kind,note\n2026-01-05 06:00:00,1.5,A,\n2026-01-05 07:00:00,NA,B,\n2026-01-05T08:00:00Z,-2e1,A,\n"
    seen = look(written(tmp_path, data))
    assert [(c.name, c.kind) for c in seen.columns] == [
        ("at", "time"), ("torque", "number"), ("kind", "text"), ("note", "empty"),
    ]  # fmt: skip
    torque, kind = seen.columns[1:3]
    assert (torque.low, torque.high, round(torque.missing, 3)) == ("-20", "1.5", 0.333)
    assert kind.levels == ("A", "B")
    assert (seen.rows, seen.delimiter, seen.decimal) == (3, ",", ".")
    assert seen.first[0] == ("2026-01-05 06:00:00", "1.5", "A", "")


def test_a_german_export_is_read(tmp_path: Path) -> None:
    """Semicolons, decimal commas, points between thousands, and a byte order mark."""
    seen = look(written(tmp_path, "\ufeffMoment;Stück\n1.234,5;1\n0,5;0\n".encode()))
    assert (seen.delimiter, seen.decimal) == (";", ",")
    assert [(c.name, c.kind, c.low, c.high) for c in seen.columns] == [
        ("Moment", "number", "0.5", "1234.5"), ("Stück", "number", "0", "1"),
    ]  # fmt: skip


def test_many_different_texts_are_not_listed(tmp_path: Path) -> None:
    """Only as many as a category may have."""
    rows = "".join(f"t{n},{n}\n" for n in range(LEVELS + 1))
    assert look(written(tmp_path, f"text,number\n{rows}".encode())).columns[0].levels == ()


def test_names_are_taken_as_they_are(tmp_path: Path) -> None:
    """Two hundred characters, markup, quotes: they are shown and written escaped, never understood."""
    long, odd = "x" * LONGEST_NAME, "<b>\"&'"
    quoted = odd.replace('"', '""')
    seen = look(written(tmp_path, f'{long},"{quoted}"\n1,2\n'.encode()))
    assert [c.name for c in seen.columns] == [long, odd]


BAD = {
    "nothing": (b"", "is empty"),
    "blank line": (b"\n1,2\n", "is empty"),
    "no rows": (b"a,b\n", "holds no rows"),
    "one column": (b"a\n1\n", "one column only"),
    "no names": (b"1,2,3\n4,5,6\n", "holds values, not the names"),
    "names half of numbers": (b"a,1\n4,5\n", "holds values, not the names"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), "not UTF-8"),
    "a byte below": (b"a,b\n1,\xe4\n", "line 2: a byte is not UTF-8"),
    "a spreadsheet": (b"PK\x03\x04\x00,\x00\n", "usable name"),
    "an empty name": (b"a,,c\n1,2,3\n", "usable name"),
    "a name too long": (b"x" * (LONGEST_NAME + 1) + b",b\n1,2\n", "usable name"),
    "blanks around": (b"a, b\n1,2\n", "blanks around"),
    "twice": (b"a,A\n1,2\n", "more than once"),
    "a value too many": (b"a,b\n1,2\n1,2,3\n", "line 3: it has more or fewer values"),
    "an open quote": (b'a,b\n"1,2\n', "open quote"),
    "too many columns": (",".join(f"c{n}" for n in range(MOST_COLUMNS + 1)).encode() + b"\n", "at most"),
    "an endless line": (b"a,b" * 40_000, "first line"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_table_is_refused_with_what_to_do(tmp_path: Path, case: str) -> None:
    """The message says what is wrong with which file, and the hint begins with a verb."""
    data, said = BAD[case]
    with pytest.raises(InvalidInput) as refused:
        look(written(tmp_path, data))
    assert said in refused.value.message
    assert refused.value.hint
