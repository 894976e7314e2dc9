"""Features as smooth models need them: missing and infinite values filled, centred, with a spread of one."""

from typing import NamedTuple

import numpy as np

from ninefold.development.modelling.trainers.contract import Matrix
from ninefold.vocabulary.columns import Floats


class Standard(NamedTuple):
    """What training rows say of each feature, (features,); all of it float32-exact."""

    fill: Floats  # the median; 0 for a column without a value
    centre: Floats
    scale: Floats  # the standard deviation; 1 for a constant column

    @classmethod
    def of(cls, x: Matrix) -> "Standard":
        """Return it of training rows."""
        values = np.where(np.isfinite(x), x, np.nan).astype(np.float64)
        seen = ~np.isnan(values)
        fill = np.array([np.median(c[s]) if s.any() else 0.0 for c, s in zip(values.T, seen.T, strict=True)])
        fill = exact(fill)
        values = np.where(seen, values, fill)
        spread = values.std(axis=0)
        return cls(fill, exact(values.mean(axis=0)), exact(np.where(spread > 0, spread, 1.0)))

    def filled(self, x: Matrix) -> Floats:
        """Return the rows without gaps."""
        return np.where(np.isfinite(x), x, self.fill).astype(np.float64)

    def scaled(self, x: Matrix) -> Floats:
        """Return the rows around 0 with a spread of about 1."""
        return (self.filled(x) - self.centre) / self.scale


def exact(values: Floats) -> Floats:
    """Return the nearest values that float32 holds."""
    return np.asarray(values, np.float64).astype(np.float32).astype(np.float64)
