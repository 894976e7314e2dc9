"""Lots: the parts of one variant and one hardness that a machine mills in a row."""

import msgspec
import numpy as np

from ninefold.simulation.variants import ALL_VARIANTS, NEW_VARIANT, VARIANTS

SMALLEST, LARGEST = 40, 160
HARDNESS_SD = 0.05
_NEW = ALL_VARIANTS.index(NEW_VARIANT)
_STREAM = 1


class Lot(msgspec.Struct, frozen=True):
    """One lot of one machine."""

    variant: int  # index into ALL_VARIANTS
    hardness: float  # relative, 1 = nominal
    size: int


def lot(seed: int, machine: int, index: int, new_share: float) -> Lot:
    """Return a machine's lot by its number; with probability `new_share` it is one of the new variant."""
    rng = np.random.default_rng([seed, machine, index, _STREAM])
    size = int(rng.integers(SMALLEST, LARGEST + 1))
    hardness = 1.0 + HARDNESS_SD * float(rng.standard_normal())
    old = int(np.searchsorted(np.cumsum([v.share for v in VARIANTS])[:-1], rng.random(), side="right"))
    return Lot(_NEW if rng.random() < new_share else old, hardness, size)
