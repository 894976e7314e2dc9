"""Spindle speed and power: the machine gives way under torque.

    n = 1503 rev/min (T / 40 N.m)^-0.37,   power = T n 2 pi / 60
Source: fitted to AI4I 2020 (slope -0.368 in the logarithms, residual 3.6 %).
"""

import numpy as np

from ninefold.vocabulary.columns import Floats

RATED_SPEED_RPM = 1503.0
SPEED_NOISE = 0.012  # relative, per sample


def speed_rpm(torque_nm: Floats) -> Floats:
    """Return the mean speed in rev/min under a torque in N.m."""
    speed: Floats = RATED_SPEED_RPM * (torque_nm / 40.0) ** -0.37
    return speed


def power_w(torque_nm: Floats, speed: Floats) -> Floats:
    """Return the mechanical power in W of a torque in N.m at a speed in rev/min."""
    power: Floats = torque_nm * speed * (2 * np.pi / 60)
    return power
