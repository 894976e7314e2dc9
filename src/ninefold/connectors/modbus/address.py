"""Where a tag lies in a device: `[UNIT/]TABLE:OFFSET[.BIT]`, such as holding:100, 3/input:7, coil:0, holding:12.5.

The offset is the one of the protocol and begins at 0; the 40001 of many manuals is holding:0.
"""

import re
from typing import Literal, NamedTuple, cast, get_args

Table = Literal["coil", "discrete", "holding", "input"]
REGISTERS = ("holding", "input")
_FORM = re.compile(r"(?:(\d{1,3})/)?(coil|discrete|holding|input):(\d{1,5})(?:\.(\d{1,2}))?")
_MANUAL = re.compile(r"([0134])(\d{4,5})")
_TABLES = {"0": "coil", "1": "discrete", "3": "input", "4": "holding"}
assert set(_TABLES.values()) == set(get_args(Table))  # noqa: S101 - a table without its digit would be a mistake of ours


class Address(NamedTuple):
    """One place. `unit` is None where the connection's own unit is meant, `bit` where the whole register is."""

    unit: int | None
    table: Table
    offset: int
    bit: int | None

    @property
    def single_bit(self) -> bool:
        """Whether the place holds a bit."""
        return self.table not in REGISTERS or self.bit is not None


def parse_address(text: str) -> Address:
    """Return the place that a text names.

    Raises:
        ValueError: the text names none; it says what an address looks like.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no address{_guess(text)}; write it as [UNIT/]TABLE:OFFSET[.BIT], as holding:100")
    unit, table, offset, bit = match.groups()
    found = Address(
        None if unit is None else int(unit), cast("Table", table), int(offset), None if bit is None else int(bit)
    )
    if found.unit is not None and found.unit > 255:
        raise ValueError(f"{text!r} names the unit {found.unit}; units go up to 255")
    if found.offset > 65535:
        raise ValueError(f"{text!r} names the offset {found.offset}; offsets go up to 65535")
    if found.bit is not None and (table not in REGISTERS or found.bit > 15):
        raise ValueError(f"{text!r} names the bit {found.bit}; a register has the bits 0 to 15, other tables none")
    return found


def _guess(text: str) -> str:
    """Return what the manual's way of counting means: 40001 is the first holding register."""
    match = _MANUAL.fullmatch(text)
    if match is None or int(match[2]) == 0:
        return ""
    return f" (if it is the number of a manual, it is {_TABLES[match[1]]}:{int(match[2]) - 1})"
