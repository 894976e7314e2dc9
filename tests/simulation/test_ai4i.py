"""The benchmark mode: the published rules hold in every row, and the rates are those of the published file."""

import csv
from pathlib import Path

import numpy as np
import pytest

from ninefold.kernel.errors import InvalidInput
from ninefold.simulation.ai4i import COLUMNS, FEATURES, LEAKS, TARGET, ai4i, write_ai4i


def test_every_cause_follows_from_the_values_of_its_row() -> None:
    """Recounted row by row from the columns alone."""
    table = ai4i(3, 5000)
    rows = zip(*(table[name].tolist() for name in COLUMNS), strict=True)
    for row in (dict(zip(COLUMNS, values, strict=True)) for values in rows):
        gap = row["Process temperature [K]"] - row["Air temperature [K]"]
        power = row["Torque [Nm]"] * row["Rotational speed [rpm]"] * 2 * np.pi / 60
        limit = {"L": 11_000, "M": 12_000, "H": 13_000}[row["Type"]]
        assert row["HDF"] == (round(gap, 1) < 8.6 and row["Rotational speed [rpm]"] < 1380)
        assert row["PWF"] == (not 3500 <= power <= 9000)
        assert row["OSF"] == (row["Torque [Nm]"] * row["Tool wear [min]"] > limit)
        assert row[TARGET] == any(row[name] for name in LEAKS)
        assert row["TWF"] == 0 or row["Tool wear [min]"] > 190


def test_a_tool_wears_by_two_three_or_five_minutes_a_part_until_it_is_replaced() -> None:
    """Counted from one row to the next; a tool is replaced between 200 and 240 min."""
    table = ai4i(4)
    wear, kind = table["Tool wear [min]"], table["Type"]
    steps = np.diff(wear)
    want = np.array([{"L": 2, "M": 3, "H": 5}[k] for k in kind[:-1]])
    new = steps < 0
    assert np.array_equal(steps[~new], want[~new])
    assert (wear[1:][new] == 0).all()
    last = (wear[:-1] + want)[new]
    assert last.min() > 200
    assert last.max() <= 245


def test_causes_are_no_features() -> None:
    """The columns that say the target are named apart."""
    assert not set(LEAKS) & set(FEATURES)
    assert TARGET not in FEATURES


def test_the_file_is_the_table_and_the_seed_decides(tmp_path: Path) -> None:
    """Written twice it is the same file; another seed gives another."""
    first, again, other = (tmp_path / n for n in ("a.csv", "b.csv", "c.csv"))
    failed = write_ai4i(first, 1, 500)
    write_ai4i(again, 1, 500)
    write_ai4i(other, 2, 500)
    assert first.read_bytes() == again.read_bytes() != other.read_bytes()
    with first.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert sum(int(r[TARGET]) for r in rows) == failed
    assert rows[0].keys() == dict.fromkeys(COLUMNS).keys()


@pytest.mark.parametrize(("seed", "rows"), [(0, 0), (0, 5_000_001), (-1, 10)])
def test_impossible_tables_are_refused(seed: int, rows: int) -> None:
    """Rows and seed stand in the message."""
    with pytest.raises(InvalidInput, match=f"{rows} rows with the seed {seed}"):
        ai4i(seed, rows)


@pytest.mark.acceptance
def test_rates_and_shapes_are_those_of_the_published_file(data_sets: Path) -> None:
    """The file's counts lie within the spread of thirty simulated files, mean and spread of each signal are near."""
    with (data_sets / "ai4i2020" / "ai4i2020.csv").open(newline="", encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == COLUMNS
    worlds = [ai4i(seed) for seed in range(30)]
    for name in ("TWF", "HDF", "PWF", "OSF"):
        real = sum(int(r[name]) for r in rows)
        made = np.array([w[name].sum() for w in worlds])
        assert abs(real - made.mean()) < 3 * made.std(), (name, real, made.mean(), made.std())
    for name in FEATURES[1:]:
        real_values = np.array([float(r[name]) for r in rows])
        made_values = np.concatenate([w[name] for w in worlds])
        assert made_values.mean() == pytest.approx(real_values.mean(), rel=0.03), name
        assert made_values.std() == pytest.approx(real_values.std(), rel=0.6), name
    real_failed = sum(int(r[TARGET]) for r in rows)
    failed = np.array([w[TARGET].sum() for w in worlds])
    assert failed.min() <= real_failed <= failed.max()
