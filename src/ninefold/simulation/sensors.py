"""What the sensors of a machine say: a sample every 10 s while it cuts, and one at rest when a part is done."""

import msgspec
import numpy as np

from ninefold.simulation.climate import HallAir, relax
from ninefold.simulation.spindle import SPEED_NOISE, power_w, speed_rpm
from ninefold.simulation.toollife import ToolLife
from ninefold.vocabulary.columns import Array, Floats, Times

PERIOD_S = 10.0
TORQUE_AR = 0.8  # of the noise inside a part, per sample
TEMPERATURE_SD_K = 0.05  # of a reading; ours, the notes of AI4I have none
SMALLEST_TORQUE_NM = 1.0
DIGITS = {"spindle_torque": 2, "spindle_speed": 1, "tool_wear": 2, "air_temperature": 2, "process_temperature": 2}
"""Decimal places that a transmitter sends; history and live feed carry the same rounded values."""
_STREAM = 4


class Placed(msgspec.Struct, frozen=True):
    """A tool life in its place: when its parts were cut, how warm the machine was, which numbers they have."""

    life: ToolLife
    begin_us: int  # when the tool was in
    start_us: Times  # of the cut of each part
    end_us: Times
    lift_k: Floats  # process minus air at the start of each part
    first_part: int  # number of its first part on this machine


def _torque(life: ToolLife, valid: Array, rng: np.random.Generator) -> Floats:
    """Return torque of the shape (n_parts, n_slots): the level along the part plus AR(1) noise."""
    parts, slots = life.parts, np.arange(valid.shape[1])
    level = parts.level_start[:, None] + (parts.level_end - parts.level_start)[:, None] * np.minimum(
        slots * PERIOD_S / parts.cut_s[:, None], 1.0
    )
    innovation = rng.standard_normal(valid.shape)
    innovation[:, 1:] *= np.sqrt(1 - TORQUE_AR**2)
    powers = TORQUE_AR**slots
    noise = powers * np.cumsum(innovation / powers, axis=1)
    torque: Floats = np.maximum(level + parts.noise_sd[:, None] * noise, SMALLEST_TORQUE_NM)
    return torque


def _append_rest(grid: Array, valid: Array, rest: Array) -> Array:
    """Return the valid samples part by part, each part closed by its sample at rest; shape (n_rows,)."""
    out = np.empty((grid.shape[0], grid.shape[1] + 1), grid.dtype)
    out[:, :-1], out[:, -1] = grid, rest
    keep = np.ones(out.shape, bool)
    keep[:, :-1] = valid
    rows: Array = out[keep]
    return rows


def read(seed: int, placed: Placed, air: HallAir) -> dict[str, Array]:
    """Return a life's samples without any fault, in time order; parts, variants and lives as numbers.

    Units: N.m, rev/min, min (wear counter), K, K; `cutting` is 1 or 0.
    """
    life, parts = placed.life, placed.life.parts
    rng = np.random.default_rng([seed, life.machine, life.index, _STREAM])
    slots = np.arange(int(np.ceil(parts.cut_s.max() / PERIOD_S)))
    valid = slots * PERIOD_S < parts.cut_s[:, None]
    torque = _torque(life, valid, rng)
    speed = speed_rpm(torque) * (1 + SPEED_NOISE * rng.standard_normal(valid.shape))
    since = np.broadcast_to(slots * PERIOD_S, valid.shape)
    level = (parts.level_start + parts.level_end) / 2
    power = power_w(level, speed_rpm(level))[:, None]
    rest = np.zeros(len(parts.cut_s))
    after = _append_rest(since, valid, parts.cut_s)
    rows = np.repeat(np.arange(len(parts.cut_s)), valid.sum(axis=1) + 1)
    ts = placed.start_us[rows] + np.round(after * 1e3).astype(np.int64) * 1000
    lift = relax(placed.lift_k[rows], power[rows, 0], after)
    hall, error = air.kelvin(ts), TEMPERATURE_SD_K * rng.standard_normal((2, len(ts)))
    readings = {
        "ts": ts,
        "part": placed.first_part + rows,
        "variant": parts.variant[rows],
        "tool_life": np.full(len(ts), life.index),
        "spindle_torque": _append_rest(torque, valid, rest),
        "spindle_speed": _append_rest(speed, valid, rest),
        "tool_wear": parts.counter_min[rows] + after / 60.0,
        "air_temperature": hall + error[0],
        "process_temperature": hall + lift + error[1],
        "cutting": _append_rest(np.ones(valid.shape), valid, rest),
    }
    return {name: np.round(a, DIGITS[name]) if name in DIGITS else a for name, a in readings.items()}
