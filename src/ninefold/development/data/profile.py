"""Profile a Parquet file in two streaming passes: moments first, then one fine histogram for quantiles and drift.

Bins lie between the 1 % and 99 % quantiles of a systematic sample: between minimum and maximum one outlier would put
everything into one bin. One thread, because several add up in any order, and the same file must give the same profile.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.duckdb import execute, opened, relation
from ninefold.recipes.sql import listed, number, quoted
from ninefold.vocabulary.profile import ColumnProfile, Histogram, Profile

FINE = 1024  # bins that quantiles are read from
SAMPLE = 100_000  # rows that the outer edges are read from
TOP = 20
MOST_BINS = 200
QUANTILES = (0.01, 0.05, 0.25, 0.50, 0.75, 0.95, 0.99)
KEYS = frozenset({"asset", "frame", "t", "t_start"})

_FLOATS = ("DOUBLE", "FLOAT", "DECIMAL", "BOOLEAN")


def profile(path: Path, columns: Sequence[str] | None = None, bins: int = 20) -> Profile:
    """Return the profile of a Parquet file's columns, by default of all but the keys of a feature table.

    Raises:
        InvalidInput: no file, an unknown column, a column that is neither number nor text, or more than 200 bins.
    """
    if not 2 <= bins <= MOST_BINS:
        raise InvalidInput(f"A histogram has 2 to {MOST_BINS} bins, not {bins}.")
    with opened("400MB") as con:
        table = relation(path)
        kinds = _kinds(con, table, columns)
        rows, moments = _moments(con, table, kinds)
        sampled = _outer(con, table, [n for n, kind in kinds.items() if kind == "number"], rows)
        made = []
        for name, kind in kinds.items():
            known = moments[name]
            if kind == "text":
                made.append(_text(con, table, name, rows, known))
            else:
                made.append(_number(con, table, name, rows, known, sampled[name], bins))
    return Profile(rows, tuple(made))


def _kinds(con: Any, table: str, columns: Sequence[str] | None) -> dict[str, str]:
    found = {n: t for n, t, *_ in execute(con, f"DESCRIBE SELECT * FROM {table}").fetchall()}
    wanted = [n for n in found if n not in KEYS] if columns is None else list(dict.fromkeys(columns))
    kinds = {}
    for name in wanted:
        if name not in found:
            raise InvalidInput(f"profile: the file has no column {name!r}.", hint=nearest(name, found))
        type_ = found[name]
        if type_ == "VARCHAR":
            kinds[name] = "text"
        elif type_.startswith(_FLOATS) or type_.endswith("INT") or type_ == "INTEGER":
            kinds[name] = "number"
        else:
            raise InvalidInput(f"profile: the column {name!r} has the type {type_}; expected numbers or text.")
    return kinds


def _plain(name: str) -> str:
    """Return a number with null for NaN and infinity."""
    value = f"CAST({quoted(name)} AS DOUBLE)"
    return f"(CASE WHEN abs({value}) <= 1e100 THEN {value} END)"


def _moments(con: Any, table: str, kinds: dict[str, str]) -> tuple[int, dict[str, Any]]:
    items = ["count(*)"]
    for name, kind in kinds.items():
        value = quoted(name) if kind == "text" else _plain(name)
        items += [f"count({value})", f"approx_count_distinct({value})"]
        if kind == "number":
            items += [f"{f}({value})" for f in ("min", "max", "avg", "stddev_samp")]
    values: Iterator[Any] = iter(execute(con, f"SELECT {listed(items)} FROM {table}").fetchone())
    rows = next(values)
    return rows, {n: [next(values) for _ in range(2 if kind == "text" else 6)] for n, kind in kinds.items()}


def _outer(con: Any, table: str, names: list[str], rows: int) -> dict[str, tuple[float, float]]:
    """Return the 1 % and 99 % quantiles of every k-th row: the same rows each time, unlike a random sample."""
    if not names:
        return {}
    every = max(1, rows // SAMPLE)
    items = listed(f"quantile_cont({_plain(n)}, [0.01, 0.99])" for n in names)
    source = f"(SELECT *, row_number() OVER () AS __row FROM {table})"
    found = execute(con, f"SELECT {items} FROM {source} WHERE __row % {every} = 0").fetchone()
    return {n: (q[0], q[1]) if q is not None else (np.nan, np.nan) for n, q in zip(names, found, strict=True)}


def _number(
    con: Any, table: str, name: str, rows: int, known: list[Any], outer: tuple[float, float], bins: int
) -> ColumnProfile:
    count, distinct, least, greatest, mean, std = known
    if count == 0:
        return ColumnProfile(name, "number", rows, 0)
    low, high = outer if np.isfinite(outer[0]) else (least, greatest)
    if not low < high:  # a constant: one bin's width on either side
        margin = max(0.5, abs(low) * 1e-6)
        low, high = low - margin, high + margin
    fine = -(-FINE // bins) * bins  # so that each of the wide bins is a whole number of fine ones
    counts, under, over = _fine(con, table, name, low, high, fine)
    wide = counts.reshape(bins, -1).sum(axis=1)
    return ColumnProfile(
        name, "number", rows - count, distinct, least, greatest, _rounded(mean), _rounded(std),
        _quantiles(counts, under, over, low, high, least, greatest),
        Histogram(low, high, tuple(wide.tolist()), under, over),
    )  # fmt: skip


def _fine(con: Any, table: str, name: str, low: float, high: float, fine: int) -> tuple[Any, int, int]:
    scale = number(fine / (high - low))
    place = (
        f"CASE WHEN x < {number(low)} THEN -1 WHEN x > {number(high)} THEN {fine} "
        f"ELSE least(CAST(floor((x - {number(low)}) * {scale}) AS INTEGER), {fine - 1}) END"
    )
    inner = f"SELECT {_plain(name)} AS x FROM {table}"
    found = execute(con, f"SELECT {place} AS bin, count(*) FROM ({inner}) WHERE x IS NOT NULL GROUP BY bin").fetchall()
    counts, outside = np.zeros(fine, np.int64), {-1: 0, fine: 0}
    for place_, n in found:
        if place_ in outside:
            outside[place_] = n
        else:
            counts[place_] = n
    return counts, outside[-1], outside[fine]


def _quantiles(
    counts: Any, under: int, over: int, low: float, high: float, least: float, greatest: float
) -> dict[str, float]:
    """Return quantiles by linear interpolation inside fine bins; below and above them between edge and extreme."""
    edges = np.concatenate(([min(least, low)], np.linspace(low, high, len(counts) + 1), [max(greatest, high)]))
    total = np.concatenate(([0], np.cumsum(np.concatenate(([under], counts, [over])))))
    found = np.interp(np.array(QUANTILES) * total[-1], total, edges)
    return {
        f"{q:.2f}": _rounded(float(np.clip(v, least, greatest))) or 0.0 for q, v in zip(QUANTILES, found, strict=True)
    }


def _text(con: Any, table: str, name: str, rows: int, known: list[Any]) -> ColumnProfile:
    count, distinct = known
    column = quoted(name)
    ranked = f"SELECT {column}, count(*) AS n FROM {table} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1"
    top = tuple((v[:200], n) for v, n in execute(con, f"{ranked} LIMIT {TOP}").fetchall())
    return ColumnProfile(name, "text", rows - count, distinct, top=top, other=count - sum(n for _, n in top))


def _rounded(value: float | None) -> float | None:
    """Return 12 digits; the rest is rounding."""
    return None if value is None else float(f"{value:.12g}")
