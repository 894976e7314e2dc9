"""Slices: a planted weak spot is found, chance alone finds nothing, and every count is the one by hand."""

import numpy as np
import pytest
from tests.development.validation.made import material, sigmoid

from ninefold.development.validation.slices import (
    FEWEST,
    Erring,
    SlicesStep,
    coded,
    erring_of,
    search,
)
from ninefold.stats.intervals import wilson
from ninefold.testing.steps import context
from ninefold.vocabulary.columns import Array


def _erring(wrong: Array) -> dict[str, Erring]:
    return {"wrong": Erring("", np.ones(len(wrong), bool), wrong)}


@pytest.mark.job("validation/found-slices", against="cases", what="a planted weak spot")
def test_a_planted_weak_spot_is_the_surest_slice() -> None:
    """Product H at high torque errs in 30 % of the rows, all else in 2 %."""
    rng = np.random.default_rng(1)
    product = np.array(["L", "M", "H"], object)[rng.integers(0, 3, 12_000)]
    torque = rng.normal(40, 5, 12_000)
    weak = (product == "H") & (torque > np.quantile(torque, 0.75))
    columns, left = coded({"product": product, "torque": torque, "speed": rng.normal(0, 1, 12_000)})
    found = search(columns, _erring(rng.random(12_000) < np.where(weak, 0.3, 0.02)))
    assert left == {}
    first = found.found[0]
    assert first.where.keys() == {"product", "torque"}
    assert first.where["product"] == "H"
    assert first.where["torque"].startswith("above ")
    assert first.lower > first.elsewhere


def test_chance_alone_finds_nothing() -> None:
    """The level holds for all slices together: 40 data sets without a weak spot, at most four finds at 95 %."""
    rng, finds = np.random.default_rng(2), 0
    for _ in range(40):
        columns, _left = coded({f"x{i}": rng.normal(0, 1, 1500) for i in range(5)})
        finds += bool(search(columns, _erring(rng.random(1500) < 0.1)).found)
    assert finds <= 4


def test_counts_are_those_of_a_loop() -> None:
    """Every pair, recounted; a pair is reported only when it is surely worse than each of its sides."""
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 3, 3000).astype(str).astype(object), rng.integers(0, 4, 3000).astype(str).astype(object)
    wrong = rng.random(3000) < np.where((a == "1") & (b == "2"), 0.5, 0.05)
    found = search(coded({"a": a, "b": b})[0], _erring(wrong))
    assert found.looked_at == 3 + 4 + 12
    assert found.columns == {"a": 3, "b": 4}
    by_hand = (a == "1") & (b == "2")
    [pair] = [s for s in found.found if s.where == {"a": "1", "b": "2"}]
    assert (pair.rows, pair.errors) == (int(by_hand.sum()), int(wrong[by_hand].sum()))
    assert pair.lower == pytest.approx(float(wilson(pair.errors, pair.rows, 1 - 0.05 / 19, "lower")))
    assert pair.elsewhere == pytest.approx(wrong[~by_hand].mean())


def test_small_slices_are_counted_and_not_judged() -> None:
    """Fewer than thirty rows say nothing, however bad."""
    rare = np.array(["x"] * (FEWEST - 1) + ["y"] * 2000, object)
    found = search(coded({"a": rare})[0], _erring(rare == "x"))
    assert (found.looked_at, found.small, found.found) == (1, 1, ())


def test_columns_are_coded_by_value_quarter_and_null() -> None:
    """Text and few numbers by value; many numbers by quarters of their rows; null is a value; names are left out."""
    numbers = np.append(np.arange(100.0), np.nan)
    columns, left = coded({
        "number": numbers, "flag": np.append(np.tile([0.0, 1.0], 50), 1.0), "one": np.ones(101),
        "id": np.array([f"part {i}" for i in range(101)], object), "text": np.array(["a"] * 100 + [None], object),
    })  # fmt: skip
    assert columns["number"].labels == ("up to 24.75", "24.75 to 49.5", "49.5 to 74.25", "above 74.25", "null")
    assert np.bincount(columns["number"].codes).tolist() == [25, 25, 25, 25, 1]
    assert columns["flag"].labels == ("0", "1")
    assert columns["text"].labels == ("a", "null")
    assert left == {"one": "one value only", "id": "101 values"}


def test_every_kind_of_task_has_its_errors() -> None:
    """Alarms miss or are false, classes are wrong, numbers are far off."""
    rng = np.random.default_rng(4)
    x = rng.normal(0, 1, 500)
    binary = erring_of(material({"x": x}, (x > 0).astype(float), lambda m: sigmoid(m[:, 0])))
    assert {n: int(k.can.sum()) for n, k in binary.items()}.keys() == {"wrong", "missed", "false alarm"}
    number = erring_of(material({"x": x}, x, lambda m: m[:, 0] + 0.1 * np.sin(40 * m[:, 0]), kind="regression"))
    assert number["far off"].does.mean() == pytest.approx(0.2, abs=0.01)
    label = np.where(x > 0, "b", "a").astype(object)
    several = material({"x": x}, label, lambda m: np.stack([m[:, 0] < 0.5, m[:, 0] >= 0.5], 1).astype(float),
                       kind="multiclass", classes=("a", "b"))  # fmt: skip
    wrong = erring_of(several)["wrong"]
    expected = (several.test.features["x"] > 0) & (several.test.features["x"] < 0.5)
    assert wrong.does.tolist() == expected.tolist()


def test_rows_without_a_label_are_in_no_slice(tmp_path: object) -> None:
    """Nothing is known of them; a model with no labelled row at all has no slices and no error."""
    x = np.arange(100.0)
    made = material({"x": x}, np.full(100, np.nan), lambda m: sigmoid(m[:, 0]))
    found = SlicesStep().examine(made, context(tmp_path, {}))  # type: ignore[arg-type]  # a folder of the test
    assert found.found == ()
    assert found.errors["wrong"].rows == 0
