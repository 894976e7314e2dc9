"""The threshold: chosen on out-of-fold predictions so that the test set most probably passes every criterion named."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from ninefold.development.modelling.curves import Curve, OutOfFold, Wanted, curve_of
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.model import Baseline, Expectation, OperatingPoint

CANDIDATES = 240
AS_GOOD = 0.01  # a joint probability within this of the best counts as equal; the minimised metric then decides
HOPELESS = 1e-3


def choose(candidate: str, wanted: Sequence[Wanted], data: OutOfFold, native: Floats) -> OperatingPoint:
    """Return the operating point. `native` are scores of the final model: the threshold keeps away from them, so that
    rounding flips no label.

    Raises:
        InvalidInput: there are no scores, or a criterion cannot be measured out of fold.
    """
    if not len(data.score):
        raise InvalidInput("There are no out-of-fold predictions to choose a threshold on.")
    thresholds = grid_of(data.score)
    curves = [curve_of(w, data, thresholds) for w in wanted]
    joint = joint_probability(curves)
    place = _best(curves, joint)
    holds = bool(np.all([c.holds[place] for c in curves if c.wanted.satisfy]))
    threshold = clear_of(thresholds[place], data.score, native)
    probability = None if joint is None else float(joint[place])
    return OperatingPoint(
        candidate, threshold, "out_of_fold", probability, holds, tuple(_expectation(c, place) for c in curves),
        _reason(curves, place, joint, holds=holds),
    )  # fmt: skip


def best_of(points: Sequence[OperatingPoint], size_kb: Mapping[str, float], winner: str) -> OperatingPoint:
    """Return the point that most probably passes; within 0.01 of it the race's winner, else the smallest candidate.

    Without probabilities, a point that satisfies comes first, the winner's before others'.
    """
    most = max(p.probability or 0.0 for p in points)
    if most >= HOPELESS:
        good = [p for p in points if (p.probability or 0.0) >= most - AS_GOOD]
    else:
        good = [p for p in points if p.satisfied] or list(points)
    best = min(good, key=lambda p: (p.candidate != winner, size_kb[p.candidate], p.candidate))
    if best.candidate == winner:
        return best
    (other,) = [p for p in points if p.candidate == winner]
    passes = "misses a limit" if other.probability is None else f"passes with {other.probability:.2f}"
    why = f"{best.candidate} is taken before {winner}, the winner of the race, which {passes}."
    return msgspec.structs.replace(best, reason=f"{best.reason} {why}")


def grid_of(score: Floats) -> Floats:
    """Return thresholds in falling order, midway between neighbouring scores; dense where few rows alarm."""
    distinct = np.unique(score)[::-1]
    if len(distinct) == 1:
        return np.array([float(np.float32(distinct[0]))])
    ranks = np.unique(np.geomspace(1, len(distinct) - 1, CANDIDATES).astype(int))
    middle = (distinct[ranks - 1] + distinct[ranks]) / 2
    return np.unique(middle.astype(np.float32))[::-1].astype(np.float64)


def joint_probability(curves: Sequence[Curve]) -> Floats | None:
    """Return the probability that the test set passes all, taking the criteria as independent; None when unknown."""
    known = [c.probability for c in curves if c.probability is not None]
    return np.prod(known, axis=0) if known else None


def _best(curves: Sequence[Curve], joint: Floats | None) -> int:
    minimised = [c for c in curves if not c.wanted.satisfy]
    cost = np.zeros(len(curves[0].values))
    for curve in minimised:
        sign = 1.0 if curve.wanted.criterion.threshold.op == "<=" else -1.0
        cost = cost + sign * np.nan_to_num(curve.values, nan=np.inf)
    if joint is not None and joint.max() >= HOPELESS:
        good = np.flatnonzero(joint >= joint.max() - AS_GOOD)
        return int(good[np.argmin(cost[good])])
    short = np.sum([_shortfall(c) for c in curves if c.wanted.satisfy or joint is not None], axis=0)
    good = np.flatnonzero(short <= short.min() + 1e-12)
    return int(good[np.argmin(cost[good])])


def _shortfall(curve: Curve) -> Floats:
    """Return by which share of the limit the point value misses it."""
    threshold = curve.wanted.criterion.threshold
    sign = 1.0 if threshold.op == ">=" else -1.0
    missing = np.maximum(sign * (threshold.value - curve.values), 0) / max(abs(threshold.value), 1e-9)
    return np.where(np.isnan(curve.values), np.inf, missing) if np.isfinite(curve.values).any() else missing * 0


def clear_of(threshold: float, score: Floats, native: Floats) -> float:
    """Return a float32 threshold with the same decisions on `score`, as far from all native scores as may be."""
    lower, upper = score[score < threshold], score[score >= threshold]
    below = lower.max() if len(lower) else threshold - 1e-3
    above = upper.min() if len(upper) else threshold + 1e-3
    choices = np.unique(np.linspace(below, above, 65)[1:].astype(np.float32))
    choices = choices[(choices > np.float32(below)) & (choices <= np.float32(above))].astype(np.float64)
    if not len(native) or not len(choices):
        return float(np.float32(threshold))
    ordered = np.sort(native)
    right = np.searchsorted(ordered, choices)
    gaps = np.minimum(
        np.abs(choices - ordered[np.maximum(right - 1, 0)]),
        np.abs(ordered[np.minimum(right, len(ordered) - 1)] - choices),
    )
    return float(choices[np.argmax(gaps)])


def _expectation(curve: Curve, place: int) -> Expectation:
    value = float(curve.values[place])
    probability = None if curve.probability is None else float(curve.probability[place])
    return Expectation(curve.wanted.name, value if np.isfinite(value) else None, probability, curve.note)


def _reason(curves: Sequence[Curve], place: int, joint: Floats | None, *, holds: bool) -> str:
    shown = ", ".join(f"{c.wanted.name} {c.values[place]:.3g}" for c in curves)
    if not holds:
        missed = ", ".join(
            f"{c.wanted.name} {c.values[place]:.3g} where {c.wanted.criterion.threshold.op} "
            f"{c.wanted.criterion.threshold.value:g} is asked"
            for c in curves if c.wanted.satisfy and not c.holds[place]
        )  # fmt: skip
        any_holds = np.all([c.holds for c in curves if c.wanted.satisfy], axis=0).any()
        lead = "The most probable threshold misses" if any_holds else "No threshold satisfies the criteria out of fold:"
        return f"{lead} {missed}. Chosen all the same, as the best there is ({shown})."
    if joint is None:
        return f"Out of fold: {shown}; no probability is predicted for the test set."
    return f"Out of fold: {shown}. The test set passes all with probability {joint[place]:.2f}."


def baseline_of(rule: str, fires: Array, wanted: Sequence[Wanted], data: OutOfFold) -> Baseline:
    """Return what a rule would reach beside the model; `fires` is its decision per row of `data`."""
    scored = OutOfFold(
        data.rows, np.nan_to_num(fires.astype(np.float64)), data.test_rows, data.test_weeks, data.events, data.clock,
        data.reset,
    )  # fmt: skip
    curves = [curve_of(w, scored, np.array([0.5])) for w in wanted]
    return Baseline(rule, tuple(_expectation(c, 0) for c in curves), "measured on the rows that the folds predicted")
