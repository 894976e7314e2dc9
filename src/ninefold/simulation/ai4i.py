"""The rules of AI4I 2020, part by part, for benchmarks: every row is one part, and failures follow from its values.

Source: S. Matzka, "Explainable Artificial Intelligence for Predictive Maintenance Applications", AI4I 2020; UCI 601.
Where the paper leaves a number open it is taken from the published file: speed follows torque with the slope -0.368
and a spread of 3.6 % in logarithms, and 46 of the 119 tools fail.
"""

import csv
from pathlib import Path

import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Floats

FEATURES = (
    "Type", "Air temperature [K]", "Process temperature [K]", "Rotational speed [rpm]", "Torque [Nm]", "Tool wear [min]"
)  # fmt: skip
TARGET = "Machine failure"
LEAKS = ("TWF", "HDF", "PWF", "OSF", "RNF")
"""The causes: they say the target and are known only with it. No feature may be made of them."""
COLUMNS = ("UID", "Product ID", *FEATURES, TARGET, *LEAKS)

ROWS = 10_000
MOST_ROWS = 5_000_000
_TYPES, _SHARES = np.array(["L", "M", "H"], dtype=object), (0.6, 0.3, 0.1)
_WEAR_MIN = np.array([2.0, 3.0, 5.0])
_OVERSTRAIN = np.array([11_000.0, 12_000.0, 13_000.0])
_TOOL_MIN = (200.0, 240.0)  # the paper; in the file the median is 215
_SERIAL = np.array([47_180, 14_859, 29_410])


def _wandering(rng: np.random.Generator, rows: int, mean: float, sd: float) -> Floats:
    """Return a random walk scaled to a mean and a standard deviation, as the paper makes its temperatures."""
    walk = np.cumsum(rng.standard_normal(rows))
    spread = float(walk.std()) or 1.0
    scaled: Floats = mean + sd * (walk - walk.mean()) / spread
    return scaled


def _tools(rng: np.random.Generator, kind: Array) -> tuple[Floats, Array]:
    """Return the wear counter before each part, and whether the tool fails in it."""
    worn, fails = np.empty(len(kind)), np.zeros(len(kind), bool)
    now, end = 0.0, float(rng.uniform(*_TOOL_MIN))
    for row, wear in enumerate(_WEAR_MIN[kind].tolist()):
        worn[row] = now
        now += wear
        if now > end:
            fails[row] = float(rng.random()) < 46 / 119
            now, end = 0.0, float(rng.uniform(*_TOOL_MIN))
    return worn, fails


def ai4i(seed: int, rows: int = ROWS) -> dict[str, Array]:
    """Return parts with the columns of the published file.

    Raises:
        InvalidInput: no rows, more than 5 million, or a negative seed.
    """
    if not 1 <= rows <= MOST_ROWS or seed < 0:
        raise InvalidInput(
            f"{rows} rows with the seed {seed} cannot be made.", hint="Use 1 to 5,000,000 rows, seed >= 0."
        )
    rng = np.random.default_rng([seed, 41])
    kind = rng.choice(3, size=rows, p=_SHARES)
    air = np.round(_wandering(rng, rows, 300.0, 2.0), 1)
    process = np.round(air + _wandering(rng, rows, 10.0, 1.0), 1)
    torque = np.round(np.clip(rng.normal(40.0, 10.0, rows), 3.8, None), 1)
    speed = np.round(1509.8 * (torque / 40.0) ** -0.3677 * np.exp(rng.normal(0.0, 0.0357, rows)))
    wear, worn_out = _tools(rng, kind)
    power = torque * speed * 2 * np.pi / 60
    causes = {
        "TWF": worn_out,
        "HDF": (process - air < 8.6 - 1e-9) & (speed < 1380),
        "PWF": (power < 3500) | (power > 9000),
        "OSF": torque * wear > _OVERSTRAIN[kind],
        "RNF": rng.random(rows) < 0.001,
    }
    number = np.arange(1, rows + 1)
    product = [f"{_TYPES[k]}{_SERIAL[k] + n}" for k, n in zip(kind.tolist(), number.tolist(), strict=True)]
    failed = np.logical_or.reduce(list(causes.values()))
    values = (
        number,
        np.array(product, dtype=object),
        _TYPES[kind],
        air,
        process,
        speed,
        torque,
        wear,
        failed.astype(int),
    )
    flags = {name: flag.astype(int) for name, flag in causes.items()}
    return dict(zip(COLUMNS, values, strict=False)) | flags


def write_ai4i(path: Path, seed: int, rows: int = ROWS) -> int:
    """Write parts as CSV with the header of the published file; return how many failed."""
    table = ai4i(seed, rows)
    whole = {"Rotational speed [rpm]", "Tool wear [min]"}
    columns = [(c.astype(int) if n in whole else c).tolist() for n, c in table.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(zip(*columns, strict=True))
    return int(table[TARGET].sum())
