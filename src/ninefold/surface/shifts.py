"""The plant's calendar over a stretch of time, for a drawing: shifts, planned stops, and the time without a shift."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ninefold.surface.calendar import Span
from ninefold.vocabulary.calendar import Calendar

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def spans(calendar: Calendar, start: datetime, end: datetime, stop: str, off: str) -> tuple[Span, ...]:
    """Return shifts under their names, planned stops and the rest of a stretch, in order; at most a month of it."""
    zone = ZoneInfo(calendar.zone)
    first = start.astimezone(zone).date() - timedelta(days=1)
    days = [first + timedelta(days=n) for n in range(min((end - start).days, 31) + 3)]
    found: list[Span] = []
    for day in days:
        if _stopped(calendar, day):
            found.append(Span(_at(day, time(), zone), _at(day + timedelta(days=1), time(), zone), stop, "stop"))
            continue
        for name, text in calendar.shifts.items():
            found.append(_shift(name, text, day, zone))
    return tuple(sorted([*found, *_between(found, start, end, off)], key=lambda s: s.start))


def _shift(name: str, text: str, day: date, zone: ZoneInfo) -> Span:
    begins, _, ends = text.partition("-")
    a, b = (
        time.fromisoformat(begins.strip().zfill(5)),
        time.fromisoformat(ends.strip().replace("24:00", "00:00").zfill(5)),
    )
    last = day if b > a else day + timedelta(days=1)
    return Span(_at(day, a, zone), _at(last, b, zone), name)


def _between(found: list[Span], start: datetime, end: datetime, off: str) -> list[Span]:
    """Return the stretches that no shift and no stop covers."""
    if not found:
        return []
    gaps, at = [], start
    for span in sorted(found, key=lambda s: s.start):
        if span.start > at and span.start < end:
            gaps.append(Span(at, span.start, off, "off"))
        at = max(at, span.end)
    if at < end:
        gaps.append(Span(at, end, off, "off"))
    return gaps


def _stopped(calendar: Calendar, day: date) -> bool:
    for stop in calendar.planned_stops:
        if stop.every is not None and _DAYS.index(stop.every) == day.weekday():
            return True
        if stop.on is not None and date.fromisoformat(stop.on) <= day <= date.fromisoformat(stop.to or stop.on):
            return True
    return False


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
