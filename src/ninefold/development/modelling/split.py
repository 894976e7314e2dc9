"""Rows to roles: test, out-of-fold blocks, or unused in a gap; after the model file, never after a trainer's wish.

The split by time cuts at a moment. A group that must stay whole and ends after the cut is test with all its rows, so
training holds only rows before `cut - gap`; the same rule divides training into contiguous blocks, each predicted by
a model that saw no row within the gap around it. Rows without a label have a role like any other: they are
predicted, never trained on.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ninefold.development.modelling.specification import Split, TaskSpec
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Columns, Floats, Times
from ninefold.vocabulary.model import TEST, UNUSED

BINARY = TaskSpec()


class Rows(NamedTuple):
    """The divided rows; every array is of shape (n_rows,)."""

    roles: Array  # int8: fold number, TEST or UNUSED
    groups: Array  # int64 code of what is kept whole; the row's own number when nothing is
    clock: Times  # µs UTC when the split is by time, otherwise the row's place
    edges: Times  # ends of the out-of-fold blocks on that clock, of shape (folds,); empty for drawn folds
    gap: int  # on that clock
    test_from: int | None  # µs UTC

    def fit_rows(self, fold: int | None, y: Floats) -> Array:
        """Return the indices to train on for a fold, or for the final model with None; unlabelled rows are left out."""
        keep = (self.roles >= 0) & ~np.isnan(y)
        if fold is not None:
            keep &= self.roles != fold
            if self.edges.size:
                start = self.edges[fold - 1] if fold else np.iinfo(np.int64).min // 2
                keep &= (self.clock <= start - self.gap) | (self.clock > self.edges[fold] + self.gap)
        return np.flatnonzero(keep)

    def predict_rows(self, fold: int) -> Array:
        """Return the indices that a fold's model predicts."""
        return np.flatnonzero(self.roles == fold)


def divide(
    context: Columns, y: Floats, split: Split, rng: np.random.Generator, task: TaskSpec = BINARY,
    classes: Sequence[str] = (),
) -> Rows:  # fmt: skip
    """Return the roles of the rows. `context` holds `t` (µs UTC) for a split by time, and what is kept whole.

    Raises:
        InvalidInput: a column is absent, or a part would hold no rows, only one label, or not every class.
    """
    n = len(y)
    groups = group_codes(context, split.keep_whole, n)
    by_clock = split.kind in {"time", "order"}
    rows = _by_clock(context, groups, split, n) if by_clock else _drawn(groups, y, split, rng)
    _check(rows, y, split, task, classes)
    return rows


def group_codes(context: Columns, names: Sequence[str], n: int) -> Array:
    """Return a code per row: equal where every named column is equal, on the same asset; null is a value of its own.

    Raises:
        InvalidInput: a column is absent.
    """
    if not names:
        return np.arange(n, dtype=np.int64)
    absent = [name for name in names if name not in context]
    if absent:
        message = f"The split keeps {absent[0]!r} whole, but the features have no such column."
        raise InvalidInput(message, hint=f"Use one of: {', '.join(sorted(context))}.")
    codes = np.zeros(n, dtype=np.int64)
    for name in dict.fromkeys((*(["asset"] if "asset" in context else []), *names)):
        column = context[name]
        text = np.array(["" if v is None else str(v) for v in column]) if column.dtype == object else column
        _, inverse = np.unique(text, return_inverse=True)
        _, codes = np.unique(codes * (int(inverse.max(initial=0)) + 1) + inverse, return_inverse=True)
    return codes.astype(np.int64)


def _by_clock(context: Columns, groups: Array, split: Split, n: int) -> Rows:
    if split.kind == "time":
        if "t" not in context:
            raise InvalidInput("A split by time needs the column 't', and the features have none.",
                               hint="Use order, group or stratified instead.")  # fmt: skip
        clock = context["t"].astype(np.int64)
        cut = int(clock.min() + (1 - split.share) * (clock.max() - clock.min())) if n else 0
    else:
        clock = np.arange(n, dtype=np.int64)
        cut = round((1 - split.share) * n) - 1
    gap = round(split.gap_s * 1e6)
    last = np.full(int(groups.max(initial=-1)) + 1, np.iinfo(np.int64).min)
    np.maximum.at(last, groups, clock)
    ends = last[groups]
    roles = np.full(n, UNUSED, dtype=np.int8)
    roles[ends > cut] = TEST
    train = (ends <= cut) & (clock <= cut - gap)
    edges = np.empty(0, dtype=np.int64)
    if train.any():
        shares = np.linspace(0, 1, split.folds + 1)[1:]
        edges = np.quantile(ends[train], shares, method="lower").astype(np.int64)
        roles[train] = np.searchsorted(edges, ends[train], side="left").astype(np.int8)
    return Rows(roles, groups, clock, edges, gap, cut if split.kind == "time" else None)


def _drawn(groups: Array, y: Floats, split: Split, rng: np.random.Generator) -> Rows:
    n_groups = int(groups.max(initial=-1)) + 1
    stratum = np.zeros(n_groups)  # of a group: its largest label, so a positive among its rows makes it positive
    np.fmax.at(stratum, groups, y)
    role_of = np.full(n_groups, UNUSED, dtype=np.int8)
    values = np.unique(stratum)[::-1] if split.kind == "stratified" else ()
    kinds = [stratum == value for value in values] or [np.ones(n_groups, dtype=bool)]
    for members in kinds:
        order = rng.permutation(np.flatnonzero(members))
        n_test = round(split.share * order.size)
        role_of[order[:n_test]] = TEST
        role_of[order[n_test:]] = np.arange(order.size - n_test) % split.folds
    none = np.empty(0, dtype=np.int64)
    return Rows(role_of[groups], groups, np.arange(len(y), dtype=np.int64), none, 0, None)


def _check(rows: Rows, y: Floats, split: Split, task: TaskSpec, classes: Sequence[str]) -> None:
    known = y[~np.isnan(y)]
    if task.kind == "binary" and known.size and not np.isin(known, (0.0, 1.0)).all():
        odd = known[~np.isin(known, (0.0, 1.0))][0]
        raise InvalidInput(f"A binary label is 0, 1 or null; found {odd:g}.", hint="Correct the recipe's label.")
    if not (rows.roles == TEST).any():
        raise InvalidInput("The split leaves no test rows.", hint="Raise split.test, or bring more data.")
    for fold in (*range(split.folds), None):
        labels = np.unique(y[rows.fit_rows(fold, y)])
        if labels.size < 2:
            what = "the final model" if fold is None else f"fold {fold + 1} of {split.folds}"
            found = "no labelled rows" if not labels.size else f"only label {_named(labels[0], classes)}"
            message = f"The split leaves {found} to train {what}."
            hint = "Use fewer folds, a shorter gap, another split, or more labelled data."
            constant = np.unique(known).size < 2
            hint = "Look at the label: a constant target can only be repeated." if constant and known.size else hint
            raise InvalidInput(message, hint=hint)
    if absent := sorted(set(range(len(classes))) - set(labels.astype(int))):  # the last look was at the final model
        message = f"The class {classes[absent[0]]!r} has no row to train the final model."
        raise InvalidInput(message, hint="Take it out of task.classes, use another split, or label more rows.")


def _named(label: float, classes: Sequence[str]) -> str:
    return repr(classes[int(label)]) if classes else f"{label:g}"
