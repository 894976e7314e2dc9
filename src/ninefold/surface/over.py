"""A stretch of time as a drawing shows it: the axis, the calendar of a machine or of all, and the words of lanes."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from ninefold.surface.blocks import Block
from ninefold.surface.calendar import Calendar
from ninefold.surface.lanes import Labels
from ninefold.surface.timeaxis import Axis
from ninefold.surface.words import Language, Text


class Over(NamedTuple):
    """What the lanes of one machine need besides their signals; `known` says how far maintenance is known."""

    axis: Axis
    calendar: Calendar
    labels: Labels
    language: Language
    known: Text


class Strip(NamedTuple):
    """The calendar of all machines as blocks of a page, and its axis for the curves below it."""

    axis: Axis | None
    blocks: tuple[Block, ...]


OverOf: TypeAlias = Callable[[str, int, int], Over]  # of a machine, between two moments (µs UTC)
StripOf: TypeAlias = Callable[[int, int], Strip]
