"""Rows that tell a graph and its native model apart: test rows, thresholds and their neighbours, what is missing."""

from collections.abc import Mapping, Sequence

import numpy as np

from ninefold.development.modelling.trainers.contract import Matrix
from ninefold.vocabulary.columns import Array

MOST_THRESHOLDS = 20_000  # a larger ensemble is sampled; the counts say so


def probe_rows(
    test: Matrix, thresholds: Sequence[tuple[int, float]], categories: Mapping[int, int], seed: int
) -> tuple[Matrix, dict[str, int]]:
    """Return the rows, and how many there are of each case.

    `categories` maps the place of a text feature to the number of its known values: codes beyond them are unknown.
    Each adversarial row is a test row with one feature changed, so the rest of the path is one that occurs.
    """
    rng = np.random.default_rng(seed)
    n = test.shape[1]
    base = test if len(test) else np.zeros((1, n), np.float32)
    infinite = [np.inf, -np.inf]
    unknown = [_with_values(base, [f], [-1.0, float(k), 1e6], rng) for f, k in categories.items()]
    parts = {
        "test": np.asarray(test, np.float32),
        "threshold": _at_thresholds(base, thresholds, rng),
        "missing": _with_values(base, range(n), [np.nan], rng),
        "infinite": _with_values(base, range(n), infinite, rng),
        "unknown": np.concatenate([np.empty((0, n), np.float32), *unknown]),
        "all missing": np.full((1, n), np.nan, np.float32),
    }
    return np.concatenate(list(parts.values())), {name: len(rows) for name, rows in parts.items()}


def _at_thresholds(base: Matrix, thresholds: Sequence[tuple[int, float]], rng: np.random.Generator) -> Matrix:
    chosen = list(thresholds)
    if len(chosen) > MOST_THRESHOLDS:
        chosen = [chosen[i] for i in np.sort(rng.choice(len(chosen), MOST_THRESHOLDS, replace=False))]
    features = np.repeat(np.array([f for f, _ in chosen], dtype=np.int64), 3)
    values = np.array([t for _, t in chosen], dtype=np.float32)
    around = np.stack([np.nextafter(values, np.float32(-np.inf)), values, np.nextafter(values, np.float32(np.inf))], 1)
    return _changed(base, features, around.ravel(), rng)


def _with_values(base: Matrix, features: Sequence[int], values: Sequence[float], rng: np.random.Generator) -> Matrix:
    each = 8  # rows per feature and value: several paths through the model
    places = np.repeat(np.asarray(features, dtype=np.int64), len(values) * each)
    return _changed(base, places, np.tile(np.repeat(np.asarray(values, np.float32), each), len(features)), rng)


def _changed(base: Matrix, features: Array, values: Array, rng: np.random.Generator) -> Matrix:
    rows = np.array(base[rng.integers(0, len(base), len(features))], dtype=np.float32)
    rows[np.arange(len(features)), features] = values
    return rows
