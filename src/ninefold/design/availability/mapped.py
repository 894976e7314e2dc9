"""The gap map of an availability check as a drawing: assets by days, planned stops hatched, gaps with their share."""

from collections.abc import Iterator, Sequence
from datetime import date

from ninefold.surface.blocks import Panel, Words
from ninefold.surface.charts.gaps import GapCell, gap_map
from ninefold.surface.words import Say
from ninefold.vocabulary.availability import Availability, GapMap

_MAPS, _ASSETS = 3, 40


def gap_maps(found: Availability | None) -> Iterator[Panel]:
    """Yield the gap maps, those with the most missing first."""
    maps = sorted(found.gap_maps if found else (), key=_missing, reverse=True)
    for n, one in enumerate(maps[:_MAPS]):
        days = [date.fromisoformat(d) for d in one.days]
        assets = sorted(one.assets, key=lambda a: min((s for s in one.assets[a] if s is not None), default=1.0))[
            :_ASSETS
        ]
        cells: dict[str, Sequence[GapCell]] = {a: _cells(one, a) for a in sorted(assets)}
        title, words = str(Say("data.map")), f"{one.connection}: {', '.join(one.signals[:6])}"
        figure = gap_map(f"gaps-{n}", f"{title}, {one.connection}", words, days, cells)
        note = Say("data.map-more", {"n": len(one.assets) - _ASSETS}) if len(one.assets) > _ASSETS else words
        panel = Panel(Say("data.map-of", {"connection": one.connection}), (figure, Words(note, "note")))
        yield Panel(panel.title, panel.blocks, end=Say("data.legend"))


def _missing(of: GapMap) -> tuple[float, int]:
    shares = [1 - s for row in of.assets.values() for s in row if s is not None]
    return sum(shares), len(of.assets)


def _cells(of: GapMap, asset: str) -> list[GapCell]:
    return ["stop" if n in of.stops and s is None else s for n, s in enumerate(of.assets[asset])]
