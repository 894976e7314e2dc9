"""What a table of samples or events holds, measured in a few aggregate passes on DuckDB."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ninefold.connectors.snapshot import literal, quoted
from ninefold.design.availability.days import covered, gap_map, recent_days
from ninefold.design.availability.operating import Operation
from ninefold.vocabulary.availability import GapMap

LONGEST_GAPS = 200_000  # that are looked at one by one


@dataclass(frozen=True)
class AssetHistory:
    """The samples of one signal of one asset. Times are µs UTC, lengths seconds."""

    rows: int
    first: int
    last: int
    inside: int  # samples inside the states
    intervals: int  # between successive samples inside, shorter than a gap
    covered_s: float  # their sum
    gaps: int = 0
    gap_s: float = 0.0  # working time inside gaps
    longest_s: float = 0.0
    longest_at: int | None = None

    @property
    def rate_hz(self) -> float | None:
        """Samples a second inside the states; None when there are too few to tell."""
        return self.intervals / self.covered_s if self.intervals >= 2 and self.covered_s > 0 else None


@dataclass(frozen=True)
class SignalHistory:
    """One signal of a table."""

    assets: dict[str, AssetHistory] = field(default_factory=dict)
    nulls: float | None = None  # share of rows inside the states that lack it; None: no such rows


@dataclass(frozen=True)
class EventHistory:
    """The events of one kind."""

    count: int
    assets: tuple[str, ...]
    first: int | None = None
    last: int | None = None
    recent: int = 0  # of the last 90 days before `last_known`
    days: float = 0.0  # how many days of these there are
    delay_s: float | None = None  # median from occurred to known


class Measures:
    """The samples of one table. Signals without a null share one pass: they have the same times."""

    def __init__(self, connection: Any, table: str, operation: Operation) -> None:
        self._connection = connection
        self._table = table
        self._operation = operation
        self._passes: dict[tuple[str, ...], dict[str, AssetHistory]] = {}
        self._maps: dict[tuple[str, ...], GapMap] = {}
        self._signals: dict[tuple[str, ...], list[str]] = {}
        self._gaps: list[tuple[str, int, int]] = []  # of the pass that was made last

    def signal(self, signal: str, assets: Sequence[str], inside: str, max_gap_s: float) -> SignalHistory:
        """Return what the table holds of a signal. `inside` is SQL over a row; a planned stop is no gap.

        An interval belongs to the state of the sample that begins it: a machine at rest sends nothing, and lacks
        nothing.
        """
        if not assets:
            return SignalHistory()
        chosen = f"asset IN ({', '.join(literal(a) for a in assets)}) AND ts IS NOT NULL"
        column = quoted(signal)
        query = (
            f"SELECT count(*) FILTER ({inside}), count(*) FILTER ({inside} AND {column} IS NULL), "
            f"count(*) FILTER ({column} IS NULL) FROM {self._table} WHERE {chosen}"
        )
        total, lacking, nulls = self._connection.execute(query).fetchone()
        where = chosen + (f" AND {column} IS NOT NULL" if nulls else "")
        key = (where, inside, str(max_gap_s))
        if key not in self._passes:
            self._passes[key] = self._pass(where, inside, max_gap_s)
            self._map(key, max_gap_s)
        self._signals.setdefault(key, []).append(signal)
        return SignalHistory(self._passes[key], lacking / total if total else None)

    def _pass(self, where: str, inside: str, max_gap_s: float) -> dict[str, AssetHistory]:
        limit = round(max_gap_s * 1e6)
        self._connection.execute(
            "CREATE OR REPLACE TEMP TABLE steps AS "
            f"SELECT asset, ts, {inside} AS inside, lead(ts) OVER (PARTITION BY asset ORDER BY ts) - ts AS step "
            f"FROM {self._table} WHERE {where}"
        )
        short = f"inside AND step > 0 AND step <= {limit}"
        rows = self._connection.execute(
            "SELECT asset, count(*), min(ts), max(ts), count(*) FILTER (inside), "
            f"count(*) FILTER ({short}), coalesce(sum(step) FILTER ({short}), 0) / 1e6 "
            "FROM steps GROUP BY asset ORDER BY asset"
        ).fetchall()
        gaps = self._connection.execute(
            "SELECT asset, ts, ts + step FROM steps "
            f"WHERE inside AND step > {limit} ORDER BY step DESC LIMIT {LONGEST_GAPS}"
        ).fetchall()
        self._gaps = gaps
        lost = _gaps(gaps, max_gap_s, self._operation)
        return {a: AssetHistory(*numbers, *lost.get(a, ())) for a, *numbers in rows}

    def maps(self) -> tuple[GapMap, ...]:
        """Return the days of all signals that were measured."""
        return tuple(msgspec.structs.replace(m, signals=tuple(self._signals[k])) for k, m in self._maps.items())

    def _map(self, key: tuple[str, ...], max_gap_s: float) -> None:
        """Measure the days of the pass that was made last; an asset that fell silent lacks what came after."""
        found, limit = self._passes[key], round(max_gap_s * 1e6)
        if not found:
            return
        last = max(h.last for h in found.values())
        days = recent_days(self._operation, min(h.first for h in found.values()), last)
        silent = self._connection.execute(
            f"SELECT asset, ts, {last}::BIGINT FROM steps WHERE step IS NULL AND inside AND {last} - ts > {limit}"
        ).fetchall()
        short = f"s.inside AND s.step > 0 AND s.step <= {limit}"
        have = covered(self._connection, days, short)
        gaps = [*self._gaps, *silent]
        self._maps[key] = gap_map(self._table, days, have, gaps, self._operation, sorted(found))


def measure_events(connection: Any, table: str, kind: str, assets: Sequence[str]) -> EventHistory:
    """Return what a log holds of one kind of event."""
    chosen = f"event = {literal(kind)}"
    if assets:
        chosen += f" AND asset IN ({', '.join(literal(a) for a in assets)})"
    window = 90 * 86_400_000_000
    query = (
        "SELECT count(*), min(occurred), max(occurred), median(known - occurred) / 1e6, "
        f"count(*) FILTER (occurred > (SELECT max(occurred) FROM {table}) - {window}), "
        f"(SELECT least(max(occurred) - min(occurred), {window}) FROM {table}) / 86400e6 FROM {table} WHERE {chosen}"
    )
    count, first, last, delay, recent, days = connection.execute(query).fetchone()
    query = f"SELECT DISTINCT asset FROM {table} WHERE {chosen} AND asset IS NOT NULL ORDER BY asset"
    named = tuple(a for (a,) in connection.execute(query).fetchall())
    return EventHistory(count, named, first, last, recent, float(days or 0), delay)


def _gaps(
    rows: Sequence[tuple[str, int, int]], max_gap_s: float, operation: Operation
) -> dict[str, tuple[int, float, float, int | None]]:
    """Return asset -> gaps, their working time, the longest one and its beginning."""
    if not rows:
        return {}
    worked = operation.worked([r[1] for r in rows], [r[2] for r in rows])
    found: dict[str, tuple[int, float, float, int | None]] = {}
    for (asset, start, _), seconds in zip(rows, worked.tolist(), strict=True):
        if seconds <= max_gap_s:
            continue
        number, total, longest, at = found.get(asset, (0, 0.0, 0.0, None))
        found[asset] = (number + 1, total + seconds, *((seconds, start) if seconds > longest else (longest, at)))
    return found
