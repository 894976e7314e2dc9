"""A figure as a step returns it: a drawing in SVG with its words, and the table that says the same without it."""

import msgspec

from ninefold.surface.table import Table
from ninefold.surface.words import Text


class Figure(msgspec.Struct, frozen=True, tag=True):
    """A self-contained SVG (no script, no outside reference), what it shows in words, and its data as a table."""

    title: Text
    description: Text  # what a person who cannot see the drawing is told
    svg: str
    table: Table | None = None
