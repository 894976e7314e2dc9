"""What the features looked like in training: the reference of the drift test, and of contributions and golden rows.

Blocks are as the agent counts them: so many rows of one asset in a row of time. The test on the validation rows and
the monitor on the device hold their blocks against this one reference.
"""

from collections.abc import Sequence

import numpy as np

from ninefold.bundle.manifest import Feature
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.blocks import equal_blocks
from ninefold.stats.drift import DriftReference
from ninefold.vocabulary.columns import Array, Columns, Floats, take

BLOCK = 50  # rows of one asset
DAY_US = 86_400_000_000
_QUARTILE = 0.6744897501960817  # of the standard normal distribution


def drift_reference(features: Columns, names: Sequence[str], block: int = BLOCK) -> DriftReference:
    """Return the reference of numeric features (with the columns asset and t) in blocks of rows of one asset.

    `blocks_per_day` are those of one asset, on days that have rows. Rows that fill no block are left out.

    Raises:
        InvalidInput: a feature is absent, or there are fewer than two blocks.
    """
    numbers = blocks_of(features, block)
    whole = numbers >= 0
    kept, codes = take(features, whole), numbers[whole]
    days = len({(a, t) for a, t in zip(kept["asset"].tolist(), (kept["t"] // DAY_US).tolist(), strict=True)})
    try:
        columns = {n: np.asarray(kept[n], np.float64) for n in names}
        return DriftReference.fit(columns, codes, len(np.unique(codes)) / max(days, 1))
    except KeyError as error:
        raise InvalidInput(f"There is no feature {error}.", hint=f"Use one of: {', '.join(features)}.") from None
    except ValueError as error:
        raise InvalidInput(f"There is no reference for drift: {error}.", hint="Train on a longer history.") from None


def blocks_of(features: Columns, block: int = BLOCK) -> Array:
    """Return the number of the block of each row, int64 `(n,)`; -1 for the last rows of an asset that fill none."""
    order = np.argsort(features["t"], kind="stable")
    out = np.empty(len(order), np.int64)
    out[order] = equal_blocks(features["asset"][order], block)
    return out


def feature_of(name: str, values: Array, unit: str = "") -> Feature:
    """Return a feature with where its values lie, as float32 has them; without a number it has no reference."""
    if values.dtype == object:
        return Feature(name, unit)
    numbers = np.asarray(values, np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return Feature(name, unit)
    low, first, centre, third, high = _plain(np.quantile(numbers, [0.0, 0.25, 0.5, 0.75, 1.0]))
    return Feature(name, unit, centre, (third - first) / (2 * _QUARTILE), low, high)


def _plain(values: Floats) -> list[float]:
    return [float(v) for v in np.asarray(values, np.float32)]
