"""What a table's columns probably are: a proposal that a person confirms, with the names that signals get."""

import re
import unicodedata
from collections.abc import Sequence

import msgspec

from ninefold.connectors.csv.looking import ColumnSeen, TableSeen
from ninefold.connectors.tables import RESERVED

LONGEST_SIGNAL = 40
_ALL = 0.9  # of the rows: the number of different values is an estimate
PART = "part"  # the signal that numbers the parts
_TAKEN = {*RESERVED, PART, "t", "frame", "label", "t_start"}  # names that a recipe's result has of its own
_ANSWERS = re.compile(r"fail|defect|scrap|reject|fault|nok|error|label|target|ausschuss|ausfall|defekt|fehler", re.I)
_MACHINES = re.compile(r"machine|asset|station|line|press|device|anlage|maschine|linie", re.I)
_NUMBERS_OF = re.compile(r"(^|[^a-z])(id|uid|nr|no|number|serial|index|part)([^a-z]|$)", re.I)
_IN_BRACKETS = re.compile(r"[\[(]([^\])]{1,12})[\])]\s*$")
_UNITS = {
    "nm": "N.m", "n·m": "N.m", "rpm": "{rev}/min", "1/min": "{rev}/min", "u/min": "{rev}/min", "°c": "Cel", "c": "Cel",
    "k": "K", "min": "min", "s": "s", "h": "h", "ms": "ms", "mm": "mm", "m": "m", "um": "um", "µm": "um",
    "mm/s": "mm/s",
    "m/s": "m/s", "bar": "bar", "mbar": "mbar", "pa": "Pa", "kpa": "kPa", "mpa": "MPa", "%": "%", "a": "A", "v": "V",
    "w": "W", "kw": "kW", "kwh": "kW.h", "hz": "Hz", "khz": "kHz", "kg": "kg", "g": "g", "n": "N", "kn": "kN",
    "l/min": "L/min",
}  # fmt: skip


class Guess(msgspec.Struct, frozen=True):
    """Which column says when, which machine and what became of it; empty where none looks so."""

    time: str
    asset: str
    part: str
    label: str
    used: frozenset[str]  # what a model may learn from


def guess(seen: TableSeen) -> Guess:
    """Return what the columns probably are."""
    time = next((c.name for c in seen.columns if c.kind == "time"), "")
    machines = [c for c in seen.columns if c.kind == "text" and c.levels]
    asset = next((c.name for c in machines if _MACHINES.search(c.name)), "")
    answers = answers_of(seen)
    label = next((n for n in answers if _ANSWERS.search(n)), answers[-1] if answers else "")
    part = next(iter(numbers_of(seen)), "")
    taken = {time, asset, part, *answers}  # other answers, too: they may be causes that are known only afterwards
    used = frozenset(c.name for c in seen.columns if c.name not in taken and _informs(c, seen.rows))
    return Guess(time, asset, part, label, used)


def answers_of(seen: TableSeen) -> list[str]:
    """Return the columns that hold 1, 0 and nothing else: what can be told beforehand."""
    numbers = (c for c in seen.columns if c.kind == "number")
    return [c.name for c in numbers if c.distinct == 2 and (c.low, c.high) == ("0", "1")]


def numbers_of(seen: TableSeen) -> list[str]:
    """Return the columns that number the parts: named so, and another value in nearly every row."""
    return [c.name for c in seen.columns if _NUMBERS_OF.search(c.name) and c.distinct > _ALL * seen.rows]


def _informs(column: ColumnSeen, rows: int) -> bool:
    """Return whether a model can learn from a column: it varies, and is no number that only counts the parts."""
    if column.kind == "text":
        return len(column.levels) > 1
    counts = bool(_NUMBERS_OF.search(column.name)) and column.distinct > _ALL * rows
    return column.kind == "number" and column.distinct > 1 and not counts


def unit_of(name: str) -> str:
    """Return the UCUM unit that stands in brackets after a column's name, "1" without one."""
    found = _IN_BRACKETS.search(name)
    return _UNITS.get(found[1].strip().casefold(), "1") if found else "1"


def signals(names: Sequence[str]) -> dict[str, str]:
    """Return a signal's name for each column: lower-case letters, digits and underscores, all different."""
    found: dict[str, str] = {}
    for name in names:
        plain = unicodedata.normalize("NFKD", _IN_BRACKETS.sub("", name)).encode("ascii", "ignore").decode().lower()
        word = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST_SIGNAL].strip("_") or "column"
        word = f"c_{word}" if word[0].isdigit() or word in _TAKEN else word
        number, made = 2, word
        while made in found.values():
            number, made = number + 1, f"{word}_{number}"
        found[name] = made
    return found


def table_name(file_name: str) -> str:
    """Return the name that a table gets from its file's: lower-case letters, digits and single hyphens; "" for none."""
    plain = unicodedata.normalize("NFKD", file_name.rpartition("/")[2].rpartition("\\")[2])
    stem = plain.encode("ascii", "ignore").decode().lower().removesuffix(".csv").removesuffix(".txt")
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:40].strip("-")
