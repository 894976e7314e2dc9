"""Whether two engines gave the same features: rows, text and times equal, numbers within 1e-9 of their scale.

The scale of a statistic is that of the values that it was made from: the std of values around 1e8 has no digits below
1e-8 on any engine. It is read off the columns of one root: x, x_mean, x_std.
"""

import re
from collections.abc import Mapping
from itertools import pairwise

import msgspec
import numpy as np

from ninefold.recipes.batch import ordered, run
from ninefold.recipes.recipe import Recipe
from ninefold.recipes.stream import Runner
from ninefold.recipes.table import null_mask
from ninefold.vocabulary.columns import Array, Columns, length, take

TOLERANCE = 1e-9

_STATISTIC = re.compile(r"_(mean|std|slope)(_[0-9]+)?$")


class Comparison(msgspec.Struct, frozen=True):
    """What a comparison found: the rows of both sides, and the largest difference as a share of its scale."""

    rows: int
    other_rows: int
    largest: float = 0.0
    column: str = ""  # of the largest difference
    differences: tuple[str, ...] = ()  # sentences; empty when equal

    @property
    def equal(self) -> bool:
        """Whether there is no difference."""
        return not self.differences


def compare(left: Columns, right: Columns, tolerance: float = TOLERANCE) -> Comparison:
    """Return how two results differ, both sorted by (asset, t)."""
    rows, others = length(left), length(right)
    if list(left) != list(right):
        return Comparison(rows, others, differences=(f"columns {list(left)} and {list(right)}",))
    if rows != others:
        return Comparison(rows, others, differences=(f"{rows} and {others} rows",))
    wrong, largest, worst = [], 0.0, ""
    for name in left:
        difference, problem = _column(left[name], right[name], _scale(left, name))
        if difference > largest:
            largest, worst = difference, name
        if problem or difference > tolerance:
            wrong.append(f"{name}: {problem or f'differs by {difference:.3g} of its scale'}")
    return Comparison(rows, others, largest, worst, tuple(wrong))


def _scale(columns: Columns, name: str) -> float:
    """Return the largest magnitude among the columns of one root."""
    root = _STATISTIC.sub("", name)
    kin = [a for n, a in columns.items() if (n in {name, root} or n.startswith(root + "_")) and a.dtype == float]
    found = [np.abs(a[np.isfinite(a)]).max(initial=0.0) for a in kin]
    return float(max(found, default=0.0)) or 1.0


def _column(a: Array, b: Array, scale: float) -> tuple[float, str]:
    missing = null_mask(a)
    unlike = np.flatnonzero(missing != null_mask(b))
    if len(unlike):
        return 0.0, f"row {unlike[0]} is null on one side: {a[unlike[0]]!r} and {b[unlike[0]]!r}"
    if missing.all():  # an engine may give nulls without a type
        return 0.0, ""
    if a.dtype == object or b.dtype == object:
        different = np.flatnonzero(np.asarray(a != b, dtype=bool))
        return 0.0, f"row {different[0]} is {a[different[0]]!r} and {b[different[0]]!r}" if len(different) else ""
    x, y = a[~missing].astype(np.float64), b[~missing].astype(np.float64)
    return float(np.abs(x - y).max()) / scale, ""


def certify(
    recipe: Recipe, inputs: Mapping[str, Columns], reference: Columns, cuts: int, rng: np.random.Generator
) -> dict[str, Comparison]:
    """Return the comparison of a reference (DuckDB's rows) with batch, stream in random cuts, and restarted stream."""
    rights = {n: inputs[n] for n in recipe.rights}
    rows = length(inputs[recipe.rows])
    bounds = [0, *np.sort(rng.integers(0, rows + 1, cuts)).tolist(), rows]
    found = {"batch": compare(reference, run(recipe, inputs))}
    for name, restart in (("stream", False), ("restarted", True)):
        runner, parts = Runner(recipe, rights), []
        for begin, end in pairwise(bounds):
            parts.append(runner.push(take(inputs[recipe.rows], np.arange(begin, end))))
            if restart:
                runner = Runner.restore(recipe, runner.state(), rights)
        joined = {n: np.concatenate([p[n] for p in parts]) for n in parts[0]}
        found[name] = compare(reference, ordered(joined))
    return found
