"""Flank wear of a milling tool in three phases: fast at first contact, steady, and fast again towards its end.

    dVB/dtau = r (1 + (VB / VB_turn)^4),   r = 0.85e-3 mm/min, VB_turn = 0.25 mm

tau is the effective cutting time in minutes: cutting time weighted by tool quality, hardness and load.
Source: the shape is Taylor's three-phase wear curve; the constants are chosen for counts of failures only.
"""

from functools import cache

import numpy as np

from ninefold.vocabulary.columns import Floats

RATE_MM_PER_MIN = 0.85e-3
TURN_MM = 0.25
_LARGEST_MM = 4.0


def slope(wear_mm: float) -> float:
    """Return dVB/dtau in mm/min."""
    return RATE_MM_PER_MIN * (1.0 + (wear_mm / TURN_MM) ** 4)


@cache
def _curve() -> tuple[Floats, Floats]:
    """Return tau (min) at evenly spaced wear (mm), by the closed form of the integral of 1 / (1 + x^4)."""
    wear = np.linspace(0.0, _LARGEST_MM, 40_001)
    x, root = wear / TURN_MM, np.sqrt(2.0)
    logs = np.log((x * x + root * x + 1) / (x * x - root * x + 1)) / (4 * root)
    arcs = (np.arctan(root * x + 1) + np.arctan(root * x - 1)) / (2 * root)
    return (logs + arcs) * TURN_MM / RATE_MM_PER_MIN, wear


def flank_wear(effective_min: Floats) -> Floats:
    """Return VB in mm after an effective cutting time in minutes, at most 4 mm (the curve has a pole near 327 min)."""
    tau, wear = _curve()
    worn: Floats = np.interp(effective_min, tau, wear)
    return worn
