"""Statistics of groups of rows, weighted by how long each value was valid: numpy and SQL give the same.

mean and std (population) are weighted; min, max, first, last and count are not. Nulls are skipped; a group without
values has null everywhere and a count of 0. Sums run strictly in row order, so that a result does not depend on how
the rows were cut into pushes.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.schema import Kind, Schema
from ninefold.recipes.sql import Dialect, quoted
from ninefold.recipes.table import null_mask
from ninefold.vocabulary.columns import Array, Floats

Statistic = Literal["mean", "std", "min", "max", "first", "last", "count"]
Wanted = Mapping[str, tuple[Statistic, ...]]

ANY_KIND = {"first", "last", "count"}


def named(wanted: Wanted) -> list[tuple[str, str, Statistic]]:
    """Return (result, column, statistic) in the one order that all engines use: by column, then as listed."""
    return [(f"{name}_{s}", name, s) for name, statistics in sorted(wanted.items()) for s in statistics]


def kinds(schema: Schema, wanted: Wanted, purpose: str) -> dict[str, Kind]:
    """Return the columns that statistics make.

    Raises:
        InvalidInput: a column is missing, a statistic stands twice, or does not fit text.
    """
    made: dict[str, Kind] = {}
    for result, name, statistic in named(wanted):
        kind = schema.kind(name)
        if name == schema.keys.time:
            raise InvalidInput(f"{purpose}: the time {name!r} has no statistics; t and t_start stand in the result.")
        if kind == "text" and statistic not in ANY_KIND:
            raise InvalidInput(f"{purpose}: {statistic} needs numbers, but {name!r} is text.")
        if result in made:
            raise InvalidInput(f"{purpose}: {statistic} of {name!r} stands twice.")
        made[result] = kind if statistic in {"first", "last"} else "number"
    return made


def summarise(values: Array, weights: Floats, group: Array, groups: int, wanted: Iterable[Statistic]) -> list[Array]:
    """Return one array `(groups,)` per statistic. `group` ascends; rows of a group are in time order."""
    ok = np.flatnonzero(~null_mask(values))
    v, w, g = values[ok], weights[ok], group[ok]
    count = np.bincount(g, minlength=groups).astype(np.float64)
    present = np.flatnonzero(count)
    begins = np.flatnonzero(np.concatenate(([True], g[1:] != g[:-1]))) if len(g) else np.empty(0, np.intp)
    ends = np.concatenate((begins[1:], [len(g)])) - 1 if len(g) else begins
    mean = _mean(v, w, g, groups) if values.dtype != object else count
    results = []
    for statistic in wanted:
        match statistic:
            case "count":
                results.append(count)
                continue
            case "mean":
                results.append(mean)
                continue
            case "std":
                results.append(_std(v, w, g, groups, mean))
                continue
            case "min":
                found = np.minimum.reduceat(v, begins) if len(v) else v
            case "max":
                found = np.maximum.reduceat(v, begins) if len(v) else v
            case "first":
                found = v[begins]
            case "last":
                found = v[ends]
        out = np.full(groups, None if values.dtype == object else np.nan, dtype=values.dtype)
        out[present] = found
        results.append(out)
    return results


def _mean(v: Floats, w: Floats, g: Array, groups: int) -> Floats:
    total = np.bincount(g, w, groups)
    with np.errstate(invalid="ignore"):
        return np.bincount(g, w * v, groups) / np.where(total > 0, total, np.nan)


def _std(v: Floats, w: Floats, g: Array, groups: int, mean: Floats) -> Floats:
    total = np.bincount(g, w, groups)
    square = np.bincount(g, w * (v - mean[g]) ** 2, groups)
    return np.sqrt(square / np.where(total > 0, total, np.nan))


def aggregate(dialect: Dialect, name: str, statistic: Statistic, weight: str, order: str) -> str:
    """Return a statistic as an SQL aggregate; std is made from the mean by `spread`."""
    column = quoted(name)
    match statistic:
        case "mean":
            valid = f"FILTER (WHERE {column} IS NOT NULL)"
            return f"(sum({weight} * {column}) / sum({weight}) {valid})"
        case "first":
            return dialect.first_by(column, order)
        case "last":
            return dialect.last_by(column, order)
        case "count":
            return f"CAST(count({column}) AS DOUBLE)"
    return f"{statistic}({column})"


def spread(name: str, mean: str, weight: str) -> str:
    """Return the population std as an SQL aggregate around a mean that is known already."""
    column = quoted(name)
    square = f"{weight} * ({column} - {mean}) * ({column} - {mean})"
    return f"sqrt(sum({square}) / sum({weight}) FILTER (WHERE {column} IS NOT NULL))"
