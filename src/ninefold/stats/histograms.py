"""Histograms with fixed bins: what edge and centre count, add and compare. Exact, mergeable, plain JSON.

The edges are set once, on the reference; what falls below, above, outside the declared range or is missing is counted
apart, so that a saturated or dead sensor stays visible.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def uniform_edges(values: Floats, bins: int = 20) -> Floats:
    """Return `bins + 1` equal steps from the 1 % to the 99 % quantile; heavy tails fall into under- and overflow.

    A constant signal gets one bin that holds exactly its value. No finite value gives one bin from 0 to 1.
    """
    finite = values[np.isfinite(values)]
    if len(finite) == 0:
        return np.array([0.0, 1.0])
    low, high = np.quantile(finite, [0.01, 0.99])
    edges = np.unique(np.linspace(low, high, bins + 1))
    return edges if len(edges) > 1 else np.array([low, np.nextafter(low, np.inf)])


def quantile_edges(values: Floats, bins: int = 20) -> Floats:
    """Return the `bins - 1` inner quantiles, without repeats: with under- and overflow, bins of about equal share."""
    finite = values[np.isfinite(values)]
    if len(finite) == 0:
        return np.array([0.0, 1.0])
    edges = np.unique(np.quantile(finite, np.arange(1, bins) / bins))
    return edges if len(edges) > 1 else np.array([edges[0], np.nextafter(edges[0], np.inf)])


def bin_index(edges: Floats, values: Floats) -> NDArray[np.intp]:
    """Return 0 below the first edge, i in [edge i-1, edge i), `len(edges)` from the last edge on; NaN goes last."""
    inner = len(edges) - 1
    width = (edges[-1] - edges[0]) / inner
    even = np.isfinite(width) and width > 0 and np.allclose(np.diff(edges), width, rtol=1e-6, atol=0)
    if inner < 4 or not even:
        return np.searchsorted(edges, values, side="right")
    with np.errstate(invalid="ignore", over="ignore"):
        guess = np.clip((values - edges[0]) / width, -1.0, inner + 0.5)
        index = np.where(np.isnan(guess), inner, np.floor(guess)).astype(np.intp) + 1
    padded = np.concatenate([[-np.inf], edges, [np.inf]])  # rounding moves a value by at most one bin
    index -= values < padded[index]
    index += (values >= padded[index + 1]) & (index < inner + 1)
    return index


@dataclass(frozen=True)
class Histogram:
    """Counts by bin. `counts` is `(len(edges) + 1,)`: underflow, the bins, overflow (from the last edge on)."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int = 0
    below_range: int = 0  # of the values counted, those under the declared range of the signal
    above_range: int = 0

    @classmethod
    def of(cls, values: Floats, edges: Iterable[float], limits: tuple[float, float] | None = None) -> Self:
        """Return the histogram of values on given edges; `limits` is the range that the signal's sensor declares."""
        fixed = np.asarray(tuple(edges), dtype=np.float64)
        if len(fixed) < 2 or not np.all(np.isfinite(fixed)) or not np.all(np.diff(fixed) > 0):
            raise ValueError(f"edges must be finite and rise, at least two of them; found {fixed.tolist()[:6]}")
        known = values[~np.isnan(values)]
        counts = np.bincount(bin_index(fixed, known), minlength=len(fixed) + 1)
        low, high = limits if limits is not None else (-np.inf, np.inf)
        below, above = int((known < low).sum()), int((known > high).sum())
        return cls(tuple(fixed.tolist()), tuple(counts.tolist()), len(values) - len(known), below, above)

    @property
    def rows(self) -> int:
        """The number of values seen, missing ones included."""
        return sum(self.counts) + self.missing

    def __add__(self, other: Self) -> Self:
        """Return the histogram of both together.

        Raises:
            ValueError: the edges differ.
        """
        if self.edges != other.edges:
            raise ValueError("histograms on different edges cannot be added")
        counts = tuple(a + b for a, b in zip(self.counts, other.counts, strict=True))
        sums = (self.missing + other.missing, self.below_range + other.below_range)
        return type(self)(self.edges, counts, *sums, self.above_range + other.above_range)

    def to_plain(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"edges": list(self.edges), "counts": list(self.counts), "missing": self.missing,
                "below_range": self.below_range, "above_range": self.above_range}  # fmt: skip

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """Return the histogram that `to_plain` wrote.

        Raises:
            ValueError: a field lacks or the counts do not fit the edges.
        """
        try:
            edges, counts = tuple(map(float, plain["edges"])), tuple(map(int, plain["counts"]))
            rest = [int(plain[name]) for name in ("missing", "below_range", "above_range")]
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is no histogram: {error!r}") from error
        if len(counts) != len(edges) + 1 or min(counts + tuple(rest)) < 0:
            raise ValueError(f"{len(counts)} counts do not fit {len(edges)} edges, or one is negative")
        return cls(edges, counts, *rest)
