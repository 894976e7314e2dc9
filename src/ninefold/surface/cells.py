"""What may stand in a cell besides text and numbers: a state, a reference to an object, a moment, a measure, a drawing.

`str()` of each is what a surface shows that cannot draw or link.
"""

from typing import Literal

import msgspec

from ninefold.kernel.clock import iso
from ninefold.surface.words import Quote, Say, Text, say

StateName = Literal[
    "fresh", "pass", "normal", "available", "stale", "blocked", "failed", "insufficient", "partial", "running",
    "pending", "missing", "alarm", "idle", "revoked",
]  # fmt: skip
RefKind = Literal[
    "requirement", "use-case", "need", "dataset", "recipe", "model", "validation", "deployment", "device", "asset",
    "alarm", "proposal", "monitor", "record", "task", "file", "person", "decision", "page", "pipeline",
]  # fmt: skip


class State(msgspec.Struct, frozen=True, tag=True):
    """One of the states: a surface shows colour, shape and word. `text` replaces the word ("137 of 200 parts")."""

    name: StateName
    text: Text = ""

    def __str__(self) -> str:
        return str(self.text) or say(f"states.{self.name}", "en")


class Ref(msgspec.Struct, frozen=True, tag=True):
    """An object with a permanent address. `part` is a place inside it, such as a criterion."""

    kind: RefKind
    key: str
    text: Text = ""
    part: str = ""

    def __str__(self) -> str:
        return str(self.text) or self.key


class Moment(msgspec.Struct, frozen=True, tag=True):
    """A moment (µs UTC); a page shows it in its reader's zone."""

    us: int

    def __str__(self) -> str:
        return iso(self.us)


class Measure(msgspec.Struct, frozen=True, tag=True):
    """A number with its unit, to `digits` significant digits; None when it was not measured."""

    value: float | None
    unit: str = ""
    digits: int = 3

    def __str__(self) -> str:
        return "" if self.value is None else f"{self.value:.{self.digits}g} {self.unit}".rstrip()


class Drawing(msgspec.Struct, frozen=True, tag=True):
    """A small SVG inside a cell, and what it shows in words."""

    svg: str
    words: Text

    def __str__(self) -> str:
        return str(self.words)


class Noted(msgspec.Struct, frozen=True, tag=True):
    """A cell with a smaller line below it."""

    main: "str | int | float | State | Ref | Moment | Measure | Say | Quote | None"
    note: Text

    def __str__(self) -> str:
        return f"{'' if self.main is None else self.main} ({self.note})"


Cell = str | int | float | None | State | Ref | Moment | Measure | Drawing | Noted | Say | Quote
