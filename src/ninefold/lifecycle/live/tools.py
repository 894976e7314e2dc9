"""When a tool was changed, where a model counts its wear: the count was set back."""

from datetime import UTC, datetime

import numpy as np

from ninefold.lifecycle.live.machine import Machine, values_of
from ninefold.surface.calendar import Moment
from ninefold.surface.trace import Floats
from ninefold.surface.words import Language, say

_WEAR_DROP = 0.5  # a wear count that falls by half was set back: a tool change


def tool_changes(m: Machine, times: Floats, language: Language) -> tuple[Moment, ...]:
    """Return when a wear count was set back; nothing where the model has no such feature."""
    name = next((f for f in m.features() if "wear" in f and "last" in f), "")
    if not name:
        return ()
    wear = values_of(m.course, name)
    fell = np.flatnonzero(wear[1:] < wear[:-1] * _WEAR_DROP) + 1
    word = say("live.tool-change", language)
    return tuple(Moment(datetime.fromtimestamp(float(times[i]), UTC), word) for i in fell[-40:])
