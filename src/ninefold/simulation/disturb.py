"""Faults of the sensors' side, laid over samples that were right."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ninefold.simulation.faults import HEAT_CAP_K, HEAT_RATE_K_PER_H, Fault
from ninefold.simulation.shifts import OperatingTime
from ninefold.vocabulary.columns import Array, take


def disturb(
    block: Mapping[str, Array], faults: Sequence[Fault], clock: OperatingTime, stuck_at: Callable[[Fault], float]
) -> dict[str, Array]:
    """Return a machine's samples with its faults: heat first, then stuck sensors, then the cut cable."""
    out, ts = dict(block), block["ts"]
    for fault in sorted(
        faults, key=lambda f: ("heat_dissipation", "sensor_stuck", "new_variant", "cable_cut").index(f.kind)
    ):
        within = (ts >= fault.start_us) & (ts < fault.end_us)
        if fault.kind == "heat_dissipation" and within.any():
            since_h = (clock.operating(ts) - clock.operating(np.array([fault.start_us]))) / 3600.0
            warmer = np.clip(HEAT_RATE_K_PER_H * since_h, 0.0, HEAT_CAP_K)
            out["air_temperature"] = out["air_temperature"] + np.where(within, warmer, 0.0)
        elif fault.kind == "sensor_stuck" and fault.signal is not None and within.any():
            out[fault.signal] = np.where(within, stuck_at(fault), out[fault.signal])
        elif fault.kind == "cable_cut":
            out, ts = take(out, ~within), ts[~within]
    return out
