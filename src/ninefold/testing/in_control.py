"""Simulated plants in control: what a drift monitor's false-alarm budget and its power are shown on.

Rows are normal and, within a feature, independent or AR(1); every reference is estimated from the plant's own days.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ninefold.stats.drift import DriftReference, block_scores
from ninefold.stats.sequential import Detector, limit, smallest_shift

Floats = NDArray[np.float64]

YEAR = 365  # days


@dataclass(frozen=True)
class Process:
    """How rows come: lag-1 correlation, rows a day, features watched, days of reference, days watched."""

    correlation: float = 0.0
    rows: int = 500
    features: int = 50
    reference_days: int = 40
    days: int = YEAR


@dataclass(frozen=True)
class Watched:
    """What a monitor did on a number of plants."""

    alarms: NDArray[np.int64]  # by plant
    first_alarm: Floats  # day of the first one, by plant; NaN for none
    effective_rows_per_day: float  # median over plants and features
    smallest_shift: float  # found within a week about half the time, sd; median over plants and features


def autoregressive(rng: np.random.Generator, rows: int, correlation: float) -> Floats:
    """Return AR(1) rows of variance 1: the recursion as a product of doublings, exact to 1e-12 of the innovations."""
    x = rng.normal(size=rows)
    if correlation == 0:
        return x
    lag, factor = 1, correlation
    while abs(factor) > 1e-12 and lag < rows:
        x[lag:] = x[lag:] + factor * x[:-lag]
        lag, factor = lag * 2, factor * factor
    return np.asarray(x * np.sqrt(1 - correlation**2), dtype=np.float64)


def watch(process: Process, plants: int, rng: np.random.Generator, budget: float = 1.0, shift: float = 0.0) -> Watched:
    """Return the alarms of `plants` monitors, each with its own reference, under a budget of alarms a year.

    `shift` (standard deviations) moves the level of each plant's first feature from the first watched day on.
    """
    means, scatters, scores, effective, smallest = [], [], [], [], []
    need = limit(budget, YEAR)
    for _ in range(plants):
        for feature in range(process.features):
            reference, days = _feature(process, rng, shift if feature == 0 else 0.0)
            means.append(reference.mean[0])
            scatters.append(reference.scatter[0])
            scores.append(days)
            effective.append(reference.effective_rows_per_day()["x"])
        smallest.append(smallest_shift(reference, need * process.features)["x"])
    detector = Detector(np.array(means), np.array(scatters), process.reference_days, process.rows)
    alarms, first = np.zeros(plants, dtype=np.int64), np.full(plants, np.nan)
    for day, block in enumerate(np.stack(scores, axis=1)):
        detector.push(block)
        evidence = detector.evidence.reshape(plants, process.features)
        for plant in np.flatnonzero(evidence.mean(axis=1) >= need).tolist():
            alarms[plant] += 1
            first[plant] = min(day + 1, first[plant]) if alarms[plant] > 1 else day + 1
            detector.restart(plant * process.features + int(evidence[plant].argmax()))
    return Watched(alarms, first, float(np.median(effective)), float(np.median(smallest)))


def _feature(process: Process, rng: np.random.Generator, shift: float) -> tuple[DriftReference, Floats]:
    """Return the reference of one feature and its block scores `(days, 3)`."""
    split = process.reference_days * process.rows
    x = autoregressive(rng, split + process.days * process.rows, process.correlation)
    reference = DriftReference.fit({"x": x[:split]}, np.repeat(np.arange(process.reference_days), process.rows))
    feature = reference.features["x"]
    codes = np.repeat(np.arange(process.days), process.rows)
    return reference, block_scores(x[split:] + shift, codes, process.days, np.array(feature.edges), feature.basis)
