"""What is normal of a feature, and the operating point of a model: from evidence that is there, never guessed."""

from collections.abc import Mapping

import numpy as np

from ninefold.bundle.monitors import reference_of
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.plan import Plan
from ninefold.vocabulary.monitor import MONITOR, Monitors

_LOW, _HIGH = 0.05, 0.95
_TASK = "operating-point:"


def normals(plan: Plan) -> dict[str, tuple[float, float]]:
    """Return the middle nine tenths of each feature that is watched for drift, as training saw it."""
    found: dict[str, tuple[float, float]] = {}
    for name, status in plan.statuses.items():
        record = status.last if name.startswith("monitor:") else None
        if record is None or record.data is None or record.kind != MONITOR:
            continue
        for monitor in record.body(Monitors).monitors.values():
            try:
                features = reference_of(monitor).features
            except InvalidInput:
                continue  # of another version: its normal is not known here, and none is drawn
            for feature, reference in features.items():
                edges, sums = np.array(reference.edges), np.cumsum(reference.share)[:-1]
                if len(edges) > 1:
                    low = edges[np.searchsorted(sums, _LOW - 0.01).clip(0, len(edges) - 1)]
                    high = edges[np.searchsorted(sums, _HIGH - 0.01).clip(0, len(edges) - 1)]
                    found[feature] = (float(low), float(high))
    return found


def operating_points(plan: Plan) -> Mapping[str, float]:
    """Return model -> the score from which it warns."""
    found = {}
    for name, status in plan.statuses.items():
        if name.startswith(_TASK) and status.last is not None and status.last.data is not None:
            threshold = status.last.plain.get("threshold")
            if isinstance(threshold, int | float):
                found[name.removeprefix(_TASK)] = float(threshold)
    return found
