"""Permutation importance on the test rows, and the loudest features of single rows.

A feature is shuffled among the rows and the loss of the model's figure is read; features that say the same share their
importance or hide each other's. Source: Breiman, Machine Learning 45 (2001) 5; Fisher, Rudin and Dominici, JMLR 20
(2019) 177.
"""

import numpy as np

from ninefold.bundle.contributions import strongest
from ninefold.bundle.manifest import Contract
from ninefold.bundle.reference import feature_of
from ninefold.development.validation.examining import Examination, Material, drawn, units_of
from ninefold.development.validation.yardstick import plain, yardstick
from ninefold.kernel.steps import Context
from ninefold.stats.influence import half_width
from ninefold.vocabulary.columns import Array, Floats, take
from ninefold.vocabulary.importance import FeatureImportance, Importance, Reason, RowReasons

MOST_ROWS = 3_000
REPEATS = 5
MOST_FEATURES = 256
ROWS_EXPLAINED = 10
_SIDES = 0.975


def importance(material: Material) -> tuple[float | None, int, tuple[FeatureImportance, ...]]:
    """Return the figure of the model, the rows that it was read on, and each feature's part, the largest first."""
    measure, rows = yardstick(material.kind), drawn(material, MOST_ROWS)
    truth, features = material.truth[rows], material.test.features
    groups = units_of({"asset": features["asset"][rows]})
    matrix = material.session.matrix(features)[rows]
    clean, base = measure.measure(truth, material.scores[rows])
    if not np.isfinite(clean):
        return None, len(rows), ()
    found = []
    for place, name in enumerate(material.features[:MOST_FEATURES]):
        shuffled = np.tile(matrix, (REPEATS, 1))
        for repeat in range(REPEATS):
            part = slice(repeat * len(rows), (repeat + 1) * len(rows))
            shuffled[part, place] = material.rng.permutation(matrix[:, place])
        scores = material.session.score_matrix(shuffled)
        losses, influence = [], np.zeros(len(rows))
        for repeat in range(REPEATS):
            value, moved = measure.measure(truth, scores[repeat * len(rows) : (repeat + 1) * len(rows)])
            losses.append(measure.worse * (value - clean))
            influence += measure.worse * (moved - base) / REPEATS
        found.append(_one(name, np.array(losses), influence, groups))
    found.sort(key=lambda f: (-np.inf if f.loss is None else -f.loss, f.feature))
    return float(clean), len(rows), tuple(found)


def _one(name: str, losses: Floats, influence: Floats, groups: Array | None) -> FeatureImportance:
    if not np.isfinite(losses).all():
        return FeatureImportance(name, None, None, None, None)
    loss, width = float(losses.mean()), half_width(influence[:, None], _SIDES, groups)[0]
    return FeatureImportance(name, loss, float(losses.std(ddof=1)), plain(loss - width), plain(loss + width))


def reasons(material: Material, count: int = ROWS_EXPLAINED) -> tuple[RowReasons, ...]:
    """Return the loudest features of the test rows with the highest scores; none for several classes, whose rows have
    no one score.
    """
    if material.scores.ndim != 1:
        return ()
    trained = material.rows.of(material.rows.roles >= 0).features
    centres = tuple(feature_of(name, trained[name]) for name in material.features)
    contract = Contract((), centres, dict(material.model.categories))
    finite = np.flatnonzero(np.isfinite(material.scores))
    order = finite[np.argsort(-material.scores[finite], kind="stable")][:count]
    return tuple(_row(material, contract, int(place)) for place in order)


def _row(material: Material, contract: Contract, place: int) -> RowReasons:
    row = take(material.test.features, np.array([place]))
    found = strongest(material.session, contract, {n: row[n] for n in contract.names})
    truth = material.truth[place]
    said = "" if np.isnan(truth) else f"{truth:g}"
    frame = row["frame"][0] if "frame" in row else row["t"][0]
    parts = tuple(Reason(c.feature, c.value, c.weight, c.direction) for c in found)
    return RowReasons(str(row["asset"][0]), str(frame), int(row["t"][0]), float(material.scores[place]), said, parts)


class ImportanceStep(Examination):
    """Plans `importance:MODEL`."""

    name = "importance"
    version = "1"
    produces = frozenset({"importance"})
    record = "importance@1"

    def examine(self, found: Material, ctx: Context) -> Importance:  # noqa: ARG002 - the material carries the generator
        """Return what the model loses without each feature."""
        measure = yardstick(found.kind)
        clean, rows, features = importance(found)
        return Importance(measure.name, measure.higher_is_better, clean, rows, REPEATS, features, reasons(found))
