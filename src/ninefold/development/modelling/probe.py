"""Rows that tell a graph and its native model apart: test rows, thresholds and their neighbours, what is missing."""

from collections.abc import Mapping, Sequence

import numpy as np

from ninefold.development.modelling.trainers.contract import Matrix
from ninefold.vocabulary.columns import Array

MOST_THRESHOLDS = 20_000  # a larger ensemble is sampled; the counts say so
MOST_CELLS = 30_000_000  # values of all rows together, 120 MB; of very many features some are drawn
_EACH = 8  # rows per feature and value: several paths through the model


def probe_rows(
    test: Matrix, thresholds: Sequence[tuple[int, float]], categories: Mapping[int, int], seed: int
) -> tuple[Matrix, dict[str, int]]:
    """Return the rows, and how many there are of each case.

    `categories` maps the place of a text feature to the number of its known values: codes beyond them are unknown.
    Each adversarial row is a test row with one feature changed, so the rest of the path is one that occurs.
    """
    rng = np.random.default_rng(seed)
    n = test.shape[1]
    room = MOST_CELLS // max(n, 1)  # rows
    test = test[: room // 2]
    changed = _some(n, room // 2 // (3 * _EACH), rng)
    thresholds = [thresholds[i] for i in _some(len(thresholds), min(MOST_THRESHOLDS, room // 2 // 3), rng)]
    base = test if len(test) else np.zeros((1, n), np.float32)
    infinite = [np.inf, -np.inf]
    unknown = [_with_values(base, [f], [-1.0, float(k), 1e6], rng) for f, k in categories.items()]
    parts = {
        "test": np.asarray(test, np.float32),
        "threshold": _at_thresholds(base, thresholds, rng),
        "missing": _with_values(base, changed, [np.nan], rng),
        "infinite": _with_values(base, changed, infinite, rng),
        "unknown": np.concatenate([np.empty((0, n), np.float32), *unknown]),
        "all missing": np.full((1, n), np.nan, np.float32),
    }
    return np.concatenate(list(parts.values())), {name: len(rows) for name, rows in parts.items()}


def _at_thresholds(base: Matrix, thresholds: Sequence[tuple[int, float]], rng: np.random.Generator) -> Matrix:
    features = np.repeat(np.array([f for f, _ in thresholds], dtype=np.int64), 3)
    values = np.array([t for _, t in thresholds], dtype=np.float32)
    around = np.stack([np.nextafter(values, np.float32(-np.inf)), values, np.nextafter(values, np.float32(np.inf))], 1)
    return _changed(base, features, around.ravel(), rng)


def _some(count: int, most: int, rng: np.random.Generator) -> list[int]:
    """Return all places, or so many of them, drawn."""
    places = np.arange(count) if count <= most else np.sort(rng.choice(count, most, replace=False))
    return [int(place) for place in places]


def _with_values(base: Matrix, features: Sequence[int], values: Sequence[float], rng: np.random.Generator) -> Matrix:
    places = np.repeat(np.asarray(features, dtype=np.int64), len(values) * _EACH)
    return _changed(base, places, np.tile(np.repeat(np.asarray(values, np.float32), _EACH), len(features)), rng)


def _changed(base: Matrix, features: Array, values: Array, rng: np.random.Generator) -> Matrix:
    rows = np.array(base[rng.integers(0, len(base), len(features))], dtype=np.float32)
    rows[np.arange(len(features)), features] = values
    return rows
