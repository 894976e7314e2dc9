"""Sensor faults on the test rows: each feature disturbed in seven ways, and what the model's figure becomes.

Where several features come from one sensor, a real fault hits all of them; here each is hit alone. A criterion that
names its sensors disturbs them as a whole (`worst`).
"""

import numpy as np

from ninefold.criteria.faults import FAULTS, SUITE
from ninefold.development.validation.disturbing import Disturbance
from ninefold.development.validation.examining import LEVEL, Examination, Material, drawn, units_of
from ninefold.development.validation.yardstick import Yardstick, plain, yardstick
from ninefold.kernel.steps import Context
from ninefold.stats.influence import half_width
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.faults import FaultEffect, Faults

MOST_ROWS = 4_000  # scored under each fault
MOST_FEATURES = 64


def trials(of: Disturbance) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Return (feature, fault) of everything that is tried, and why other features are not."""
    found: list[tuple[str, str]] = []
    left: dict[str, str] = {}
    for number, (name, spread) in enumerate(of.spreads.items()):
        if number >= MOST_FEATURES:
            left[name] = f"beyond the first {MOST_FEATURES} features"
        elif spread is None:
            found.append((name, "dropout"))
        elif spread > 0:
            found += [(name, fault) for fault in FAULTS]
        else:
            left[name] = "does not vary in training"
    return found, left


def suite(material: Material) -> Faults:
    """Return the effect of every fault on the model's figure, the worst first."""
    measure, rows = yardstick(material.kind), drawn(material, MOST_ROWS)
    truth, features = material.truth[rows], material.test.features
    groups = units_of({"asset": features["asset"][rows]})
    clean = _read(material, measure, truth, material.scores[rows], groups)
    trained = material.rows.of(material.rows.roles >= 0).features
    at_work = Disturbance.of(material.session, material.features, trained, features)
    tried, left = trials(at_work)
    effects = []
    for name, fault in tried:
        scores = at_work.scores(fault, (name,), material.rng, places=rows)
        value, bound, alarms = _read(material, measure, truth, scores, groups)
        change = None if value is None or clean[0] is None else value - clean[0]
        effects.append(FaultEffect(name, fault, value, bound, change, alarms))
    effects.sort(key=lambda e: _harm(e, measure))
    sizes = {name: fault.about for name, fault in FAULTS.items()}
    return Faults(measure.name, measure.unit, measure.higher_is_better, LEVEL, len(rows), *clean, sizes, tuple(effects),
                  left)  # fmt: skip


def _harm(effect: FaultEffect, measure: Yardstick) -> tuple[float, str, str]:
    """Return the key by which the worst fault comes first; one that leaves no figure at all is worse than any."""
    worse = -np.inf if effect.value is None else -measure.worse * effect.value
    return worse, effect.feature, effect.fault


def _read(
    material: Material, measure: Yardstick, truth: Floats, scores: Array, groups: Array | None
) -> tuple[float | None, float | None, float | None]:
    """Return value, bound on the bad side, and share of alarms; rows without a score count as none of these."""
    finite = np.isfinite(scores) if scores.ndim == 1 else np.isfinite(scores).all(axis=1)
    answers = material.decided(scores)
    alarms = float(answers.mean()) if answers is not None and answers.dtype == bool and len(answers) else None
    if not finite.any():
        return None, None, alarms
    kept = None if groups is None else np.unique(groups[finite], return_inverse=True)[1]
    value, influence = measure.measure(truth[finite], scores[finite])
    if not np.isfinite(value):
        return None, None, alarms
    width = half_width(influence[:, None], LEVEL, kept)[0]
    return float(value), plain(value + measure.worse * width), alarms


class FaultsStep(Examination):
    """Plans `faults:MODEL`."""

    name = "faults"
    version = SUITE
    produces = frozenset({"faults"})
    record = "faults@1"

    def examine(self, found: Material, ctx: Context) -> Faults:  # noqa: ARG002 - the material carries the generator
        """Return what each sensor fault does to the model."""
        return suite(found)


__all__ = ["FaultsStep", "suite", "trials"]
