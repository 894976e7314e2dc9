"""Temperatures: the air of the hall, and how far the process lies above it.

    air           298 K + 1.5 sin(day) + 0.4 sin(week) + 3 sin(year) + a day-to-day AR(1) of 0.8 with sd 1.5 K
    process - air first order, 45 min, towards 6 K + 4 K per 6.3 kW of spindle power
Source: level and spread of AI4I 2020 (air near 300 K, process about 10 K above it); periods and lag are chosen.
"""

import math

import numpy as np

from ninefold.simulation.shifts import HORIZON_DAYS
from ninefold.vocabulary.columns import Floats, Times

IDLE_LIFT_K = 6.0
POWER_LIFT_K_PER_W = 4.0 / 6300.0
LAG_S = 45 * 60.0
_DAY_US = 86_400_000_000
_AR, _AR_SD = 0.8, 1.5
_STREAM = 3


class HallAir:
    """The air of the hall, the same for every machine."""

    def __init__(self, seed: int, start_us: int) -> None:
        """Draw the weather of all days once."""
        noise = np.random.default_rng([seed, _STREAM]).standard_normal(HORIZON_DAYS + 3)
        weather = [float(noise[0]) * _AR_SD]
        for innovation in noise[1:].tolist():
            weather.append(_AR * weather[-1] + _AR_SD * math.sqrt(1 - _AR * _AR) * innovation)
        self._first_us = (start_us // _DAY_US - 1) * _DAY_US
        self._weather = np.array(weather)

    def kelvin(self, time_us: Times) -> Floats:
        """Return the temperature at moments in µs UTC; the day-to-day part runs straight from noon to noon."""
        days = time_us / _DAY_US
        slow = np.interp((time_us - self._first_us) / _DAY_US, np.arange(len(self._weather)) + 0.5, self._weather)
        day = 1.5 * np.sin(2 * np.pi * (days - 9 / 24))
        week, year = 0.4 * np.sin(2 * np.pi * days / 7), 3.0 * np.sin(2 * np.pi * (days - 105) / 365.25)
        air: Floats = 298.0 + day + week + year + slow
        return air


def relax(lift_k: Floats | float, power_w: Floats | float, after_s: Floats | float) -> Floats:
    """Return process minus air in K some seconds after it was `lift_k`, under a constant spindle power."""
    towards = IDLE_LIFT_K + POWER_LIFT_K_PER_W * np.asarray(power_w, np.float64)
    lift: Floats = towards + (lift_k - towards) * np.exp(-np.asarray(after_s, np.float64) / LAG_S)
    return lift


def lifts_at_start(lift_k: float, idle_s: Floats, power_w: Floats, cut_s: Floats) -> tuple[Floats, float]:
    """Return process minus air at the start of each part, and at the end of the last one.

    `lift_k` is the value before the first idle time, `idle_s` the pause before each part, all of shape (n_parts,).
    """
    cool, warm = np.exp(-idle_s / LAG_S).tolist(), np.exp(-cut_s / LAG_S).tolist()
    towards = (IDLE_LIFT_K + POWER_LIFT_K_PER_W * power_w).tolist()
    starts, now = np.empty(len(power_w)), lift_k
    for k in range(len(power_w)):
        now = IDLE_LIFT_K + (now - IDLE_LIFT_K) * cool[k]
        starts[k] = now
        now = towards[k] + (now - towards[k]) * warm[k]
    return starts, now
