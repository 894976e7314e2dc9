"""A page as a step returns it: a heading, its tables in order, and its figures."""

import msgspec

from ninefold.surface.figure import Figure
from ninefold.surface.table import Table


class Page(msgspec.Struct, frozen=True):
    """What a surface shows together. Surfaces that cannot draw leave the figures out; the tables say all."""

    title: str
    sections: tuple[Table, ...]
    figures: tuple[Figure, ...] = ()
