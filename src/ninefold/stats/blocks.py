"""Blocks of equally many rows of one asset: the steps in which drift is watched where days hold unequal numbers.

A block must be so long that neighbouring blocks are nearly independent: take, per signal, the smallest size at which
the lag-1 correlation of block means is at most .15.
"""

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ninefold.stats.drift import MOST_CORRELATION, SCORES, DriftReference
from ninefold.stats.histograms import bin_index

Floats = NDArray[np.float64]


def equal_blocks(groups: NDArray[Any], size: int) -> NDArray[np.int64]:
    """Return the block of each row, for rows in time order: `size` rows of one group each; -1 in an incomplete one.

    Raises:
        ValueError: the size is below 1.
    """
    if size < 1:
        raise ValueError(f"a block holds at least one row, not {size}")
    _, codes = np.unique(groups.astype(str), return_inverse=True)
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes, minlength=1)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    rank = np.empty(len(codes), dtype=np.int64)
    rank[order] = np.arange(len(codes)) - np.repeat(first, counts)[: len(codes)]
    whole = counts // size
    offset = np.concatenate([[0], np.cumsum(whole)[:-1]])
    block = rank // size
    return np.asarray(np.where(block < whole[codes], offset[codes] + block, -1), dtype=np.int64)


def lag_correlation(values: Floats, size: int) -> float:
    """Return the lag-1 correlation of means of `size` values in a row; NaN for fewer than ten blocks."""
    blocks = len(values) // size
    means = np.nanmean(values[: blocks * size].reshape(blocks, size), axis=1) if blocks >= 10 else np.zeros(0)
    if len(means) == 0 or means.std() == 0:
        return float("nan")
    centred = means - means.mean()
    return float((centred[1:] * centred[:-1]).sum() / (centred**2).sum())


def smallest_block(values: Floats, sizes: Iterable[int], most: float = MOST_CORRELATION) -> int | None:
    """Return the smallest of some sizes whose block means are nearly independent; None when none is."""
    return next((s for s in sorted(sizes) if lag_correlation(values, s) <= most), None)


class BlockStream:
    """Rows of one asset in, scores of completed blocks out. It keeps sums, never rows."""

    def __init__(self, reference: DriftReference, size: int) -> None:
        if size < 1:
            raise ValueError(f"a block holds at least one row, not {size}")
        self._reference, self._size, self._rows = reference, size, 0
        self._sums = np.zeros((len(reference.features), SCORES))
        self._known = np.zeros(len(reference.features))

    def push(self, columns: dict[str, Floats]) -> list[Floats]:
        """Take the next rows and return the scores `(n_features, 3)` of each block that they complete."""
        rows = len(next(iter(columns.values()))) if columns else 0
        done, start = [], 0
        while start < rows:
            stop = min(rows, start + self._size - self._rows)
            self._add({name: columns[name][start:stop] for name in self._reference.features})
            self._rows += stop - start
            start = stop
            if self._rows == self._size:
                done.append(self._finish())
        return done

    def _add(self, columns: dict[str, Floats]) -> None:
        for row, (name, feature) in enumerate(self._reference.features.items()):
            values = columns[name][~np.isnan(columns[name])]
            self._sums[row] += feature.basis[bin_index(np.array(feature.edges), values)].sum(axis=0)
            self._known[row] += len(values)

    def _finish(self) -> Floats:
        known = self._known[:, None]
        scores = np.where(known > 0, self._sums / np.maximum(known, 1), np.nan)
        self._rows = 0
        self._sums, self._known = np.zeros_like(self._sums), np.zeros_like(self._known)
        return np.asarray(scores, dtype=np.float64)

    def state(self) -> dict[str, Any]:
        """Return plain values from which `resume` goes on."""
        return {"rows": self._rows, "sums": self._sums.tolist(), "known": self._known.tolist()}

    @classmethod
    def resume(cls, reference: DriftReference, size: int, state: dict[str, Any]) -> Self:
        """Return the stream whose `state` this is, on the same reference."""
        new = cls(reference, size)
        new._rows = int(state["rows"])
        new._sums = np.array(state["sums"], dtype=np.float64).reshape(new._sums.shape)
        new._known = np.array(state["known"], dtype=np.float64)
        return new
