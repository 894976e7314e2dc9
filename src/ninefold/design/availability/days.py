"""Day by day: how much of each asset's time inside the states has samples; days without work are told apart.

Measured where the samples are loaded anyway, so that a page draws the gap map from the record alone.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from ninefold.design.availability.operating import Operation
from ninefold.vocabulary.availability import GapMap

MOST_DAYS = 42
MOST_ASSETS = 200


class Day(NamedTuple):
    """A local day: its date, its ends in µs UTC, and the seconds that the plant works in it."""

    name: str
    start: int
    end: int
    worked_s: float


def recent_days(operation: Operation, first: int, last: int) -> list[Day]:
    """Return the local days up to the one of the last sample, at most 42."""
    day = datetime.fromtimestamp(last / 1e6, UTC).astimezone(operation.zone).date()
    oldest = datetime.fromtimestamp(first / 1e6, UTC).astimezone(operation.zone).date()
    names = [day - timedelta(days=n) for n in range(min((day - oldest).days + 1, MOST_DAYS))][::-1]
    ends = [_midnight(n, operation) for n in (*names, day + timedelta(days=1))]
    worked = operation.worked(ends[:-1], ends[1:]).tolist()
    return [Day(n.isoformat(), *span) for n, span in zip(names, zip(ends, ends[1:], worked, strict=False), strict=True)]


def _midnight(day: Any, operation: Operation) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=operation.zone).timestamp() * 1e6)


def covered(connection: Any, days: Sequence[Day], short: str) -> dict[tuple[str, int], float]:
    """Return (asset, number of the day) -> covered seconds, from the table `steps`; `short` is SQL for no gap."""
    starts = ", ".join(f"({n}, {d.start}::BIGINT)" for n, d in enumerate(days))
    rows = connection.execute(
        f"WITH days(n, start) AS (VALUES {starts}) "
        f"SELECT s.asset, d.n, sum(s.step) FILTER ({short}) / 1e6 FROM steps s ASOF JOIN days d ON s.ts >= d.start "
        f"WHERE s.ts >= {days[0].start} GROUP BY s.asset, d.n"
    ).fetchall()
    return {(asset, n): float(seconds) for asset, n, seconds in rows if seconds is not None}


def gap_map(
    connection: str, days: Sequence[Day], found: dict[tuple[str, int], float], gaps: Sequence[tuple[str, int, int]],
    operation: Operation, assets: Sequence[str],
) -> GapMap:  # fmt: skip
    """Return the share of each day that is covered; None where nothing was to be measured. `gaps` are in µs UTC."""
    lost = _lost(days, gaps, operation)
    shares = {}
    for asset in assets[:MOST_ASSETS]:
        row = []
        for n in range(len(days)):
            have, miss = found.get((asset, n), 0.0), lost.get((asset, n), 0.0)
            row.append(round(have / (have + miss), 4) if have + miss > 0 else None)
        shares[asset] = tuple(row)
    stops = tuple(n for n, d in enumerate(days) if d.worked_s <= 0)
    return GapMap(connection, (), tuple(d.name for d in days), stops, shares)


def _lost(
    days: Sequence[Day], gaps: Sequence[tuple[str, int, int]], operation: Operation
) -> dict[tuple[str, int], float]:
    """Return (asset, number of the day) -> working seconds inside gaps; a gap over midnight counts in both days."""
    parts = [
        (asset, n, max(start, d.start), min(end, d.end))
        for asset, start, end in gaps
        for n, d in enumerate(days)
        if start < d.end and end > d.start
    ]
    if not parts:
        return {}
    worked = operation.worked([p[2] for p in parts], [p[3] for p in parts]).tolist()
    lost: dict[tuple[str, int], float] = {}
    for (asset, n, _, _), seconds in zip(parts, worked, strict=True):
        lost[asset, n] = lost.get((asset, n), 0.0) + seconds
    return lost
