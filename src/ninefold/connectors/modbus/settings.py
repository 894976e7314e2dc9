"""What a connection over Modbus TCP needs to know; every bad field of its file is reported at once."""

import math
from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from ninefold.connectors.contract import PlannedTag
from ninefold.connectors.modbus.address import Address, parse_address
from ninefold.vocabulary.quantity import Duration

MAX_TAGS = 20_000
MOST_REGISTERS, MOST_BITS = 125, 2000  # in one answer. Source: Modbus Application Protocol V1.1b3, 6.1 to 6.4
Kind = Literal[
    "bit", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", "text"
]  # of what lies there
Order = Literal["big", "little"]
WORDS = {
    "bit": 1, "int16": 1, "uint16": 1, "int32": 2, "uint32": 2, "float32": 2, "int64": 4, "uint64": 4, "float64": 4,
}  # fmt: skip


class ModbusTag(PlannedTag, frozen=True, forbid_unknown_fields=True):
    """A tag with what Modbus does not say itself: its type, the order of its words, its scale."""

    type: Kind | None = None  # default: bit where a bit is named, else uint16
    word_order: Order = "big"  # of the registers of one value; big: the most significant comes first
    byte_order: Order = "big"  # inside a register; the standard knows only big
    length: int = 1  # of a text, registers
    scale: float = 1.0  # value = what lies there * scale + offset
    offset: float = 0.0
    range: tuple[float, float] | None = None  # in the unit; a value outside is bad
    empty: int | None = None  # what lies there when there is no value, as an unsigned number: 0x8000
    every: Duration | None = None  # default: the connection's poll

    def __post_init__(self) -> None:
        """Refuse what cannot be read."""
        place = parse_address(self.address)
        if place.single_bit != (self.kind == "bit"):
            where = "one bit" if place.single_bit else "whole registers"
            raise ValueError(f"{self.address} is {where}, its type {self.kind} is not; name a bit as holding:12.5")
        if not 1 <= self.length <= MOST_REGISTERS or (self.length > 1 and self.kind != "text"):
            raise ValueError(f"length is {self.length}; a text has 1 to {MOST_REGISTERS} registers, others no length")
        if place.offset + self.words > 65536:
            raise ValueError(f"{self.address} of {self.words} registers ends beyond 65535")
        if not (math.isfinite(self.scale) and self.scale != 0 and math.isfinite(self.offset)):
            raise ValueError("scale and offset are finite numbers, and scale is not 0")
        if self.range is not None and not self.range[0] < self.range[1]:
            raise ValueError(f"range is {list(self.range)}; write it as [lowest, highest]")
        if self.every is not None and not 0.01 <= self.every <= 3600:
            raise ValueError(f"every is {float(self.every):g} s; it lies between 10 ms and 1 h")

    @property
    def place(self) -> Address:
        """Where it lies."""
        return parse_address(self.address)

    @property
    def kind(self) -> Kind:
        """What lies there."""
        return self.type or ("bit" if parse_address(self.address).single_bit else "uint16")

    @property
    def words(self) -> int:
        """The registers (or bits) that it takes."""
        return self.length if self.kind == "text" else WORDS[self.kind]


class DeviceTime(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Registers in which every unit keeps its clock, since 1970 in UTC; read together with the tags."""

    address: str
    type: Literal["uint32", "int64", "uint64", "float64"] = "uint32"
    counts: Literal["s", "ms", "us"] = "s"
    word_order: Order = "big"
    byte_order: Order = "big"

    def __post_init__(self) -> None:
        """Refuse what is no place of a number."""
        place = parse_address(self.address)
        if place.single_bit or place.unit is not None:
            raise ValueError("the clock lies in registers, and in the same ones of every unit: input:0")


class ModbusSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file connections/NAME.yaml of a connection over Modbus TCP."""

    connector: Literal["modbus"]
    endpoint: str  # tcp://host:502
    tags: tuple[ModbusTag, ...]
    unit: int = 1  # of addresses that name none
    zone: Literal["cell", "dmz", "enterprise"] = "cell"
    write: tuple[str, ...] = ()  # addresses
    poll: Duration = Duration(1.0)  # how often a tag is read that says nothing else
    timeout: Duration = Duration(1.0)  # of one request
    bridge: int = 16  # registers nobody asked for that are read, too, to save a request
    most: int = MOST_REGISTERS  # registers that the device gives in one answer
    time: DeviceTime | None = None

    def __post_init__(self) -> None:
        """Refuse what no device can answer."""
        parts = urlsplit(self.endpoint)
        if parts.username or parts.password:
            raise ValueError("the endpoint must not hold a user or a password: Modbus knows neither")
        if parts.scheme != "tcp" or not parts.hostname or parts.path or parts.query:
            raise ValueError(f"the endpoint {self.endpoint!r} is not of the form tcp://host:502")
        if not 1 <= len(self.tags) <= MAX_TAGS:
            raise ValueError(f"{len(self.tags)} tags are listed; a connection has 1 to {MAX_TAGS}")
        if not 0 <= self.unit <= 255:
            raise ValueError(f"unit is {self.unit}; it lies between 0 and 255")
        if not 0.01 <= self.poll <= 3600:
            raise ValueError(f"poll is {float(self.poll):g} s; it lies between 10 ms and 1 h")
        if not 0.05 <= self.timeout <= 60:
            raise ValueError(f"timeout is {float(self.timeout):g} s; it lies between 50 ms and 1 min")
        if not 0 <= self.bridge <= MOST_REGISTERS or not 4 <= self.most <= MOST_REGISTERS:
            raise ValueError(f"bridge lies between 0 and {MOST_REGISTERS}, most between 4 and {MOST_REGISTERS}")
        if longest := max((t.words for t in self.tags if t.words > self.most), default=0):
            raise ValueError(f"a tag takes {longest} registers, and most is {self.most}")
        guard = Guard(self.tags, self.unit)
        for address in self.write:
            if parse_address(address).table not in ("coil", "holding"):
                raise ValueError(f"{address} cannot be written: only coil and holding can")
            if safe := guard.touched(address):
                raise ValueError(f"{address} cannot be written: it lies in what {safe} takes, which is marked safety")

    @property
    def host(self) -> tuple[str, int]:
        """Name or number of the device, and its port."""
        parts = urlsplit(self.endpoint)
        return parts.hostname or "", parts.port or 502


class Guard:
    """Which registers and coils belong to tags marked safety, however an address of them is spelled."""

    def __init__(self, tags: Sequence[ModbusTag], unit: int) -> None:
        self._unit = unit
        self._words: dict[Address, int] = {}
        self._safe: list[tuple[int, str, int, int, str]] = []  # unit, table, first, behind the last, address
        for tag in tags:
            place = self._whole(tag.address)
            self._words[place] = max(tag.words, self._words.get(place, 1))
            if tag.safety:
                self._safe.append((*self._taken(place, tag.words), tag.address))

    def touched(self, address: str) -> str:
        """Return the tag marked safety that shares a register or coil with an address, or ""."""
        place = self._whole(address)
        unit, table, start, end = self._taken(place, self._words.get(place, 1))
        for other, of, first, behind, named in self._safe:
            if (other, of) == (unit, table) and first < end and start < behind:
                return named
        return ""

    def _whole(self, address: str) -> Address:
        place = parse_address(address)
        return place._replace(unit=self._unit) if place.unit is None else place

    def _taken(self, place: Address, words: int) -> tuple[int, str, int, int]:
        return place.unit or 0, place.table, place.offset, place.offset + words
