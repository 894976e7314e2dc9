"""What is normal of a feature, and the operating point of a model: from evidence that is there, never guessed."""

from collections.abc import Mapping

from ninefold.bundle.normal import Ranges, of_bundle, of_monitors
from ninefold.kernel.plan import Plan
from ninefold.lifecycle.live.scene import Scene
from ninefold.vocabulary.monitor import MONITOR, Monitors

_TASK = "operating-point:"


def normals(scene: Scene, bundle: str) -> Ranges:
    """Return the middle nine tenths of each feature in training: as the bundle that decided carries it.

    Where the bundle (a digest) is not at the centre, that of the features which are watched for drift now.
    """
    return of_bundle(scene.service.blobs, bundle) or _watched(scene.plan)


def _watched(plan: Plan) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for name, status in plan.statuses.items():
        record = status.last if name.startswith("monitor:") else None
        if record is not None and record.data is not None and record.kind == MONITOR:
            found |= of_monitors(record.body(Monitors).monitors)
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
