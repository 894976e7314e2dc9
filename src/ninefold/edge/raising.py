"""From decisions to alarm episodes: each acted decision raises, confirms or clears the episode of its asset."""

import numpy as np

from ninefold.edge.alarms import Alarms
from ninefold.edge.judge import Judged
from ninefold.vocabulary.alarm import AlarmEpisode

RESET = "tool_life"  # a context column: an alarm of an earlier tool says nothing about this one


def raised(alarms: Alarms, judged: Judged, now: int) -> list[AlarmEpisode]:
    """Return the episodes that the acted decisions of one bundle raise or clear."""
    found, features = judged.scored.decisions, judged.scored.features
    changed = []
    for row in np.flatnonzero(judged.acted).tolist():
        asset, alarm = str(found["asset"][row]), bool(found["alarm"][row])
        cause = judged.unit.model
        fresh = alarm and not alarms.is_open(asset, cause)
        signals = judged.unit.scorer.strongest(features, row) if fresh else ()
        reset = str(features[RESET][row]) if RESET in features else ""
        changed += alarms.part(
            asset, cause, alarm=alarm, now=now, decision=str(found["id"][row]), bundle=judged.unit.digest,
            signals=signals, reset=reset,
        )  # fmt: skip
    return changed
