"""The reliability curve of a model on its test rows, with its confusion, or with the distribution of its errors."""

from itertools import pairwise

import numpy as np

from ninefold.development.validation.examining import Examination, Material, classes_of, units_of
from ninefold.development.validation.yardstick import plain
from ninefold.kernel.steps import Context
from ninefold.stats.influence import half_width
from ninefold.stats.intervals import wilson
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.reliability import ErrorQuantiles, Reliability, ReliabilityBin

BINS = 10
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
_SIDES = 0.975


def curve(foretold: Floats, seen: Floats, *, share: bool, groups: Array | None = None) -> tuple[ReliabilityBin, ...]:
    """Return bins of about equal rows by rising `foretold`; equal values are never parted.

    With `share` the seen values are 0 or 1 and get Wilson intervals by row, or by group when there are groups;
    otherwise the interval is that of a mean.
    """
    if not len(foretold):
        return ()
    order = np.argsort(foretold, kind="stable")
    ordered = foretold[order]
    cuts = np.searchsorted(ordered, ordered[(np.arange(1, BINS) * len(ordered)) // BINS], side="left")
    edges = np.unique(np.concatenate([[0], cuts, [len(ordered)]]))
    parts = [order[a:b] for a, b in pairwise(edges)]
    return tuple(_bin(foretold[p], seen[p], None if groups is None else groups[p], share=share) for p in parts)


def _bin(foretold: Floats, seen: Floats, groups: Array | None, *, share: bool) -> ReliabilityBin:
    rows, mean = len(seen), float(seen.mean())
    if share and groups is None:
        low, high = (float(wilson(float(seen.sum()), rows, _SIDES, side)) for side in ("lower", "upper"))
        return ReliabilityBin(rows, float(foretold.mean()), mean, low, high)
    kept = None if groups is None else np.unique(groups, return_inverse=True)[1]
    width = half_width(((seen - mean) / rows)[:, None], _SIDES, kept)[0]
    low, high = mean - width, mean + width
    if share:  # no row of a kind seen does not make it impossible
        low = min(max(low, 0.0), float(wilson(float(seen.sum()), rows, _SIDES, "lower")))
        high = max(min(high, 1.0), float(wilson(float(seen.sum()), rows, _SIDES, "upper")))
    return ReliabilityBin(rows, float(foretold.mean()), mean, plain(low), plain(high))


def calibration_error(bins: tuple[ReliabilityBin, ...]) -> float | None:
    """Return the mean distance of foretold and seen, weighted by rows; None without rows.

    Source: Naeini, Cooper and Hauskrecht, Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI 2015.
    """
    rows = sum(b.rows for b in bins)
    return sum(b.rows * abs(b.foretold - b.seen) for b in bins) / rows if rows else None


class ReliabilityStep(Examination):
    """Plans `reliability:MODEL`."""

    name = "reliability"
    version = "1"
    produces = frozenset({"reliability"})
    record = "reliability@1"

    def examine(self, found: Material, ctx: Context) -> Reliability:  # noqa: ARG002 - nothing is drawn
        """Return the curve, and the confusion or the errors."""
        known = found.known
        truth, scores = found.truth[known], found.scores[known]
        groups = units_of({"asset": found.test.features["asset"][known]})
        answers = found.decided(scores)
        if answers is None:
            bins = curve(scores, truth, share=False, groups=groups)
            errors = scores - truth
            values = tuple(float(v) for v in np.quantile(errors, SHARES)) if len(errors) else ()
            quantiles = ErrorQuantiles(SHARES, values) if values else None
            return Reliability(found.kind, len(truth), bins, calibration_error(bins), errors=quantiles)
        if found.kind == "multiclass":
            foretold, seen = scores.max(axis=1, initial=0.0), (answers == truth).astype(np.float64)
            labels = classes_of(found.model)
        else:
            foretold, seen, labels = scores, truth, ("normal", "alarm")
        bins = curve(foretold, seen, share=True, groups=groups)
        cells = np.zeros((len(labels), len(labels)), np.int64)
        np.add.at(cells, (truth.astype(np.int64), answers.astype(np.int64)), 1)
        confusion = tuple(tuple(row) for row in cells.tolist())
        return Reliability(found.kind, len(truth), bins, calibration_error(bins), labels, confusion)
