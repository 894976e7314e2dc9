"""Slices: every value and every pair of values of context columns and binned features, searched for more errors.

The search looks at hundreds of slices, so some err more by chance alone: each is bounded at a level that holds for all
together (Bonferroni). Rows are taken as independent; rows of one part or tool are alike, which makes a bound too tight.
What is found is therefore a hypothesis, to be written into a requirement and confirmed on rows that came later.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np

from ninefold.development.validation.examining import LEVEL, Examination, Material
from ninefold.kernel.steps import Context
from ninefold.stats.intervals import wilson
from ninefold.vocabulary.columns import Array, Columns, Floats
from ninefold.vocabulary.slices import ErrorKind, Slice, Slices

FEWEST = 30  # rows that a slice needs
MOST_VALUES = 20  # of a text column; more of them name rows
MOST_COLUMNS = 60  # 1,770 pairs
PARTS = 4  # of a number: quarters of its rows
MOST_FOUND = 50
NULL = "null"


class Coded(NamedTuple):
    """A column as codes 0 to n_labels - 1, of shape (n_rows,), and what each says."""

    codes: Array
    labels: tuple[str, ...]


class Erring(NamedTuple):
    """One way to err: on which rows it can show, and on which it does; bool arrays of shape (n_rows,)."""

    about: str
    can: Array
    does: Array


class _Tally(NamedTuple):
    where: dict[str, str]
    parents: tuple[tuple[str, int], ...]  # (column, code)
    rows: int
    errors: int


def coded(columns: Columns) -> tuple[dict[str, Coded], dict[str, str]]:
    """Return columns by their values, or by quarters of their rows, and why the others are left out."""
    found: dict[str, Coded] = {}
    left: dict[str, str] = {}
    for name, values in columns.items():
        one = _quarters(values) if values.dtype.kind in "fiu" else _values(values)
        if len(one.labels) < 2:
            left[name] = "one value only"
        elif len(one.labels) > MOST_VALUES:
            left[name] = f"{len(one.labels)} values"
        elif len(found) >= MOST_COLUMNS:
            left[name] = f"beyond the first {MOST_COLUMNS} columns"
        else:
            found[name] = one
    return found, left


def _values(values: Array) -> Coded:
    text = np.array([NULL if v is None else str(v) for v in values.tolist()], dtype=object)
    labels, codes = np.unique(text.astype(str), return_inverse=True)
    return Coded(codes.astype(np.int64), tuple(str(v) for v in labels))


def _quarters(values: Array) -> Coded:
    numbers = values.astype(np.float64)
    present = np.isfinite(numbers)
    distinct = np.unique(numbers[present])
    if len(distinct) <= PARTS:
        labels = [f"{v:g}" for v in distinct]
        codes = np.searchsorted(distinct, numbers)
    else:
        cuts = np.unique(np.quantile(numbers[present], np.arange(1, PARTS) / PARTS))
        codes = np.searchsorted(cuts, numbers, side="left")
        edges = [f"{c:.4g}" for c in cuts]
        labels = [f"up to {edges[0]}", *(f"{a} to {b}" for a, b in pairwise(edges))]
        labels.append(f"above {edges[-1]}")
    if not present.all():
        codes = np.where(present, codes, len(labels))
        labels.append(NULL)
    used, again = np.unique(codes, return_inverse=True)
    return Coded(again.astype(np.int64), tuple(labels[int(u)] for u in used))


def search(columns: Mapping[str, Coded], erring: Mapping[str, Erring], level: float = LEVEL) -> Slices:
    """Return the slices that err surely more than the rest; a pair must err more than both of its sides do.

    Each column's values partition the rows, so the cost is a count per pair of columns, not per slice.
    """
    tallies = {name: list(_tallies(columns, kind)) for name, kind in erring.items()}
    wide = {name: [t for t in all_ if t.rows >= FEWEST] for name, all_ in tallies.items()}
    looked_at = sum(len(t) for t in wide.values())
    small = sum(len(t) for t in tallies.values()) - looked_at
    found: list[Slice] = []
    for name, tested in wide.items():
        found += _surely_worse(name, erring[name], tested, 1 - (1 - level) / max(looked_at, 1))
    found.sort(key=lambda s: (s.elsewhere - s.lower, -s.rows))
    kinds = {n: ErrorKind(k.about, int(k.can.sum()), int((k.can & k.does).sum())) for n, k in erring.items()}
    sizes = {n: len(c.labels) for n, c in columns.items()}
    return Slices(kinds, sizes, looked_at, small, FEWEST, level, tuple(found[:MOST_FOUND]))


def _tallies(columns: Mapping[str, Coded], kind: Erring) -> Iterator[_Tally]:
    """Return every non-empty one- and two-way slice with its rows and errors."""
    does = kind.does[kind.can].astype(np.int64)
    codes = {name: column.codes[kind.can] for name, column in columns.items()}
    for name, column in columns.items():
        counts = np.bincount(codes[name] * 2 + does, minlength=2 * len(column.labels)).reshape(-1, 2)
        for place, (right, wrong) in enumerate(counts.tolist()):
            if right + wrong:
                yield _Tally({name: column.labels[place]}, ((name, place),), right + wrong, wrong)
    twice = {name: code * 2 for name, code in codes.items()}
    for (a, first), (b, second) in combinations(columns.items(), 2):
        width = len(second.labels)
        joint = codes[a] * (2 * width) + (twice[b] + does)
        counts = np.bincount(joint, minlength=2 * len(first.labels) * width).reshape(-1, 2)
        for place in np.flatnonzero(counts.any(axis=1)).tolist():
            right, wrong = counts[place].tolist()
            i, j = divmod(place, width)
            where = {a: first.labels[i], b: second.labels[j]}
            yield _Tally(where, ((a, i), (b, j)), right + wrong, wrong)


def _surely_worse(name: str, kind: Erring, tested: list[_Tally], level: float) -> Iterator[Slice]:
    if not tested:
        return
    rows, errors = np.array([t.rows for t in tested]), np.array([t.errors for t in tested])
    all_rows, all_errors = int(kind.can.sum()), int((kind.can & kind.does).sum())
    lower: Floats = wilson(errors, rows, level, "lower")
    rest = all_rows - rows
    elsewhere = np.where(rest > 0, (all_errors - errors) / np.maximum(rest, 1), np.inf)  # the whole is no slice
    share = {t.parents: t.errors / t.rows for t in tested}
    for place in np.flatnonzero(lower > elsewhere).tolist():
        tally = tested[place]
        sides = [share.get((p,), 0.0) for p in tally.parents] if len(tally.parents) > 1 else []
        if all(lower[place] > side for side in sides):
            yield Slice(tally.where, name, tally.rows, tally.errors, tally.errors / tally.rows, float(lower[place]),
                        float(elsewhere[place]))  # fmt: skip


def erring_of(material: Material) -> dict[str, Erring]:
    """Return the ways to err of a kind of task, on the labelled test rows."""
    known = material.known
    truth, scores = material.truth[known], material.scores[known]
    answers = material.decided(scores)
    every = np.ones(len(truth), dtype=bool)
    if answers is None:
        distance = np.abs(scores - truth)
        limit = float(np.quantile(distance, 0.8)) if len(distance) else 0.0
        about = f"the error is above {limit:.4g}, as a fifth of all rows"
        return {"far off": Erring(about, every, distance > limit)}
    wrong = {"wrong": Erring("the answer is not the truth", every, answers != truth)}
    if material.kind == "multiclass":
        return wrong
    return wrong | {
        "missed": Erring("a positive without an alarm", truth == 1, ~answers),
        "false alarm": Erring("an alarm at a negative", truth == 0, answers),
    }


class SlicesStep(Examination):
    """Plans `slices:MODEL`."""

    name = "slices"
    version = "1"
    produces = frozenset({"slices"})
    record = "slices@1"

    def examine(self, found: Material, ctx: Context) -> Slices:  # noqa: ARG002 - nothing is drawn
        """Return where the model errs more than elsewhere."""
        known = found.known
        names = ("asset", *found.context, *found.features)
        columns, left = coded({n: found.test.features[n][known] for n in dict.fromkeys(names)})
        slices = search(columns, erring_of(found))
        return Slices(slices.errors, slices.columns, slices.looked_at, slices.small, slices.fewest, slices.level,
                      slices.found, left)  # fmt: skip
