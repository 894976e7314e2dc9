"""Conformal answers: calibrated on out-of-fold predictions of the training rows, tried on the test rows.

The guarantee needs rows that could have been swapped: it ends with the first drift, and it is an average over all rows.
The out-of-fold models are not the model that ships (each saw less), so the coverage is measured, never assumed.
Source: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005; for classes one by one (binary bands)
Vovk, Machine Learning 92 (2013) 349.
"""

import io
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from ninefold.development.validation.examining import Examination, Material, truth_of, units_of
from ninefold.development.validation.yardstick import plain
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.steps import Context
from ninefold.stats.influence import half_width
from ninefold.stats.intervals import wilson
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.conformal import SHARES, Conformal, ConformalLevel, Coverage
from ninefold.vocabulary.model import Leaderboard

_SIDES = 0.975  # each side of a two-sided 95 % interval


def edge(distances: Floats, wanted: float) -> float:
    """Return the smallest distance that a share `wanted` of new rows keeps within; infinite with too few rows.

    It is the ceil((n + 1) * wanted)-th smallest of n.
    """
    rank = int(np.ceil((len(distances) + 1) * wanted))
    return float(np.partition(distances, rank - 1)[rank - 1]) if 0 < rank <= len(distances) else float("inf")


def covered(inside: Array, groups: Array | None) -> Coverage:
    """Return how often the truth was inside, with its own uncertainty: Wilson by row, else by asset."""
    rows, hits = len(inside), int(inside.sum())
    share = hits / rows if rows else 0.0
    if groups is None:
        low, high = (float(wilson(hits, rows, _SIDES, side)) for side in ("lower", "upper"))
        return Coverage(rows, hits, share, low if rows else None, high if rows else None)
    influence = ((inside - share) / max(rows, 1))[:, None]
    width = half_width(influence, _SIDES, np.unique(groups, return_inverse=True)[1])[0]
    return Coverage(rows, hits, share, plain(max(share - width, 0.0)), plain(min(share + width, 1.0)))


def intervals(truth: Floats, predicted: Floats, calibration: Floats, wanted: float, groups: Array | None
              ) -> ConformalLevel | None:  # fmt: skip
    """Return the half width from calibration errors `(n,)`, and its coverage; None with too few of them."""
    width = edge(np.abs(calibration), wanted)
    if not np.isfinite(width):
        return None
    return ConformalLevel(wanted, {"all": covered(np.abs(predicted - truth) <= width, groups)}, width=width)


def sets(truth: Floats, probabilities: Array, calibration: Floats, wanted: float, groups: Array | None
         ) -> ConformalLevel | None:  # fmt: skip
    """Return the least probability of a class in the set from those of the true class `(n,)`, and its coverage."""
    least = 1.0 - edge(1.0 - calibration, wanted)
    if not np.isfinite(least):
        return None
    inside = probabilities >= least
    sizes = inside.sum(axis=1)
    hits = inside[np.arange(len(truth)), truth.astype(np.int64)]
    return ConformalLevel(wanted, {"all": covered(hits, groups)}, least=least, sizes=_sizes(sizes),
                          mean_size=float(sizes.mean()))  # fmt: skip


def bands(truth: Floats, score: Floats, positive: Floats, negative: Floats, wanted: float, groups: Array | None
          ) -> ConformalLevel | None:  # fmt: skip
    """Return the edges of the band from the calibration scores of positives and of negatives, and its coverage.

    A row is called positive at or above `least`, negative at or below `most`; each class is covered by itself.
    """
    least, most = -edge(-positive, wanted), edge(negative, wanted)
    if not np.isfinite(least) or not np.isfinite(most):
        return None
    may, need_not = score >= least, score <= most
    inside = np.where(truth == 1, may, need_not)
    coverage = {"all": covered(inside, groups)}
    for name, mask in (("positive", truth == 1), ("negative", truth == 0)):
        if mask.any():
            coverage[name] = covered(inside[mask], None if groups is None else groups[mask])
    return ConformalLevel(wanted, coverage, least=least, most=most, sizes=_sizes(may.astype(int) + need_not),
                          mean_size=float((may.astype(int) + need_not).mean()))  # fmt: skip


def _sizes(sizes: Array) -> dict[str, float]:
    counts = np.bincount(sizes)
    return {str(size): float(count / len(sizes)) for size, count in enumerate(counts.tolist()) if count}


class ConformalStep(Examination):
    """Plans `conformal:MODEL`."""

    name = "conformal"
    version = "1"
    consumes = frozenset({"model", "features", "labels", "candidates"})
    produces = frozenset({"conformal"})
    record = "conformal@1"
    candidates: ClassVar[bool] = True

    def examine(self, found: Material, ctx: Context) -> Conformal:
        """Return intervals, sets or bands at the usual shares, and how they did.

        Raises:
            InvalidInput: the out-of-fold predictions do not belong to these rows.
        """
        truth, scores = _calibration(found, ctx)
        known = found.known
        features = {"asset": found.test.features["asset"][known]}
        levels = _levels(found, found.truth[known], found.scores[known], (truth, scores), units_of(features))
        kept = tuple(level for level in levels.values() if level is not None)
        notes = tuple(f"{len(truth)} rows are too few for a share of {w:g}" for w, o in levels.items() if o is None)
        return Conformal(found.kind, len(truth), int(known.sum()), kept, notes)


def _levels(
    found: Material, truth: Floats, scores: Array, calibration: tuple[Floats, Array], groups: Array | None
) -> Mapping[float, ConformalLevel | None]:
    before, given = calibration
    if not len(truth):
        return dict.fromkeys(SHARES)
    if found.kind == "regression":
        return {w: intervals(truth, scores, given - before, w, groups) for w in SHARES}
    if found.kind == "multiclass":
        own = given[np.arange(len(before)), before.astype(np.int64)]
        return {w: sets(truth, scores, own, w, groups) for w in SHARES}
    return {w: bands(truth, scores, given[before == 1], given[before == 0], w, groups) for w in SHARES}


def _calibration(found: Material, ctx: Context) -> tuple[Floats, Array]:
    """Return truth and out-of-fold prediction of the labelled training rows."""
    board = ctx.inputs["candidates"].body(Leaderboard)
    blob = board.candidate(found.model.candidate).out_of_fold
    try:
        scores = np.load(io.BytesIO(ctx.blobs.read(blob)), allow_pickle=False).astype(np.float64)
    except (ValueError, OSError, EOFError) as error:
        raise InvalidInput(f"The out-of-fold predictions cannot be read: {error}.") from None
    if len(scores) != len(found.rows.roles):
        message = f"There are {len(scores)} out-of-fold predictions and {len(found.rows.roles)} rows."
        raise InvalidInput(message, hint="Run the candidates again.")
    truth = truth_of(found.model, found.rows.labels)
    finite = np.isfinite(scores) if scores.ndim == 1 else np.isfinite(scores).all(axis=1)
    kept = (found.rows.roles >= 0) & finite & ~np.isnan(truth)
    return truth[kept], scores[kept]
