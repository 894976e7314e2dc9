"""The gap map of an availability check as a drawing: assets by days, planned stops hatched, gaps with their share."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ninefold.kernel.view import View
from ninefold.surface.blocks import Panel, Words
from ninefold.surface.calendar import Calendar as Over
from ninefold.surface.charts.gaps import GapCell, gap_map
from ninefold.surface.words import Language, Say, say
from ninefold.vocabulary.availability import Availability, GapMap
from ninefold.vocabulary.calendar import Calendar

_MAPS, _ASSETS = 3, 40


class Happened(NamedTuple):
    """What was done to each machine and which model decided there, how far that is known, and how the reader reads."""

    over: Mapping[str, Over]
    known: Say | None = None
    language: Language = "en"


NOTHING = Happened({})


def days_of(found: Availability | None) -> tuple[int, int] | None:
    """Return from when to when (µs UTC) the gap maps of a check reach, with a day of room; None without a map."""
    days = sorted(d for one in (found.gap_maps if found else ()) for d in one.days)
    if not days:
        return None
    ends = [datetime.fromisoformat(d).replace(tzinfo=UTC) for d in (days[0], days[-1])]
    first, last = ends[0] - timedelta(days=1), ends[1] + timedelta(days=2)
    return round(first.timestamp() * 1e6), round(last.timestamp() * 1e6)


def gap_maps(view: View, found: Availability | None, happened: Happened = NOTHING) -> Iterator[Panel]:
    """Yield the gap maps, those with the most missing first."""
    facet = view.facets.get("calendar")
    calendar = facet.body if facet is not None and isinstance(facet.body, Calendar) else Calendar("UTC")
    zone, language = ZoneInfo(calendar.zone), happened.language
    stopped, nothing = (say(f"data.map-{w}", language) for w in ("stopped", "nothing"))
    columns = tuple(say(f"data.map-{c}", language) for c in ("asset", "complete", "gaps", "done"))
    maps = sorted(found.gap_maps if found else (), key=_missing, reverse=True)
    for n, one in enumerate(maps[:_MAPS]):
        days = [date.fromisoformat(d) for d in one.days]
        assets = sorted(one.assets, key=lambda a: min((s for s in one.assets[a] if s is not None), default=1.0))[
            :_ASSETS
        ]
        cells: dict[str, Sequence[GapCell]] = {a: _cells(one, a) for a in sorted(assets)}
        told = f"{one.connection}: {', '.join(one.signals[:6])}"
        figure = gap_map(
            f"gaps-{n}", say("data.map-of", language, connection=one.connection), told, days, cells, stopped=stopped,
            nothing=nothing,
            day="%d.%m." if language == "de" else "%d %b", columns=columns,  # type: ignore[arg-type]  # four of them
            done={a: _done(happened.over[a], zone) for a in cells if a in happened.over},
            versions=_versions(happened.over, cells, zone),
        )  # fmt: skip
        notes = [Words(told, "note"), *(_notes(calendar, happened) if not n else ())]  # once, below the first
        if len(one.assets) > _ASSETS:
            notes.append(Words(Say("data.map-more", {"n": len(one.assets) - _ASSETS}), "note"))
        title = Say("data.map-of", {"connection": one.connection})
        yield Panel(title, (figure, *notes), end=Say("data.legend"))


def _notes(calendar: Calendar, happened: Happened) -> Iterator[Words]:
    """Yield what a map of whole days cannot draw: the shifts of a day, and how far maintenance is known."""
    if calendar.shifts:
        shifts = ", ".join(f"{name} {when}" for name, when in calendar.shifts.items())
        yield Words(Say("data.map-shifts", {"shifts": shifts, "zone": calendar.zone}), "note")
    if happened.known is not None:
        yield Words(happened.known, "note")


def _done(over: Over, zone: ZoneInfo) -> dict[date, str]:
    """Return what was done on each day, each word once with its number."""
    counts: dict[date, Counter[str]] = {}
    for m in over.moments:
        counts.setdefault(m.at.astimezone(zone).date(), Counter())[m.label] += 1
    return {d: ", ".join(f"{w} × {n}" if n > 1 else w for w, n in c.items()) for d, c in counts.items()}


def _versions(
    over: Mapping[str, Over], cells: Mapping[str, object], zone: ZoneInfo
) -> list[tuple[date, date, str]]:  # fmt: skip
    """Return from which day to which each version decided on one of the assets."""
    found: dict[str, tuple[date, date]] = {}
    for asset in cells:
        for v in over[asset].versions if asset in over else ():
            a, b = v.start.astimezone(zone).date(), v.end.astimezone(zone).date()
            first, last = found.get(v.label, (a, b))
            found[v.label] = min(first, a), max(last, b)
    return sorted((a, b, word) for word, (a, b) in found.items())


def _missing(of: GapMap) -> tuple[float, int]:
    shares = [1 - s for row in of.assets.values() for s in row if s is not None]
    return sum(shares), len(of.assets)


def _cells(of: GapMap, asset: str) -> list[GapCell]:
    return ["stop" if n in of.stops and s is None else s for n, s in enumerate(of.assets[asset])]
