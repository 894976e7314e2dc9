"""A page as a step returns it: the title is the finding, then blocks in order."""

from typing import Literal

import msgspec

from ninefold.surface.blocks import Act, Block, Go
from ninefold.surface.cells import Ref, State
from ninefold.surface.figure import Figure
from ninefold.surface.words import Text


class Page(msgspec.Struct, frozen=True):
    """What a surface shows together. A terminal shows the tables and sentences and leaves out what it cannot draw."""

    title: Text
    sections: tuple[Block, ...]
    figures: tuple[Figure, ...] = ()
    subtitle: Text = ""
    states: tuple[State, ...] = ()
    actions: tuple[Go | Act, ...] = ()
    crumbs: tuple[Ref, ...] = ()
    watch: str = ""  # NAME/KEY of panels that the stream draws while the page is open
    layout: Literal["page", "kiosk"] = "page"
    place: str = ""  # the entry of the navigation that it belongs to
    refresh_s: int = 0  # drawn anew after so many seconds, also without scripts; 0 for never
