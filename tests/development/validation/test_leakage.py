"""Leakage as an adversary plants it, each case found by its check; and nothing found where nothing was planted."""

import numpy as np
import pytest
from tests.development.validation.made import MINUTE, material, sigmoid

from ninefold.development.validation.examining import Material
from ninefold.development.validation.leakage import check, power
from ninefold.vocabulary.columns import Array
from ninefold.vocabulary.leakage import LeakFinding
from ninefold.vocabulary.model import TEST

N = 4000


def _plant(kind: str = "binary", seed: int = 1, **features: Array) -> Material:
    """Return an honest plant (a label that follows torque and speed a little, in runs of a few rows), with columns added."""
    rng = np.random.default_rng(seed)
    given = {"torque": rng.normal(40, 5, N), "speed": rng.normal(1500, 50, N), **features}
    return material(given, _label(given["torque"], kind, seed), lambda x: sigmoid(x[:, 0] - 48), kind=kind,
                    classes=("a", "b", "c") if kind == "multiclass" else (),
                    context={"product": np.array(["L", "M"], object)[rng.integers(0, 2, N)]},
                    codes={n: tuple(sorted({v for v in a.tolist() if v})) for n, a in features.items() if a.dtype == object})  # fmt: skip


def _label(torque: Array, kind: str = "binary", seed: int = 1) -> Array:
    """Return labels that last: the torque of the last rows of the same asset (every eighth row) decides, with noise."""
    rng = np.random.default_rng(seed + 100)
    smooth = sum(np.roll(torque, 8 * k) for k in range(5)) / 5 + rng.normal(0, 1.0, len(torque))
    if kind == "regression":
        return smooth
    if kind == "multiclass":
        return np.array(["a", "b", "c"], object)[np.digitize(smooth, [39, 41])]
    return (smooth > 42.5).astype(float)


def _planted(found: list[LeakFinding], check_: str, column: str) -> bool:
    return any((f.check, f.column) == (check_, column) for f in found)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_nothing_is_found_where_nothing_was_planted(kind: str) -> None:
    """Every check looked, and none cried."""
    found = check(_plant(kind))
    assert found.findings == ()
    assert {c.name: c.found for c in found.checks} == dict.fromkeys(["duplicates", "group", "single feature", "future", "identifier"], 0)  # fmt: skip
    assert all(c.looked_at > 0 for c in found.checks)


@pytest.mark.job("validation/leakage", against="cases", what="planted leaks")
def test_fifty_copied_rows_are_found() -> None:
    """Fifty of 1,600 test rows are training rows, feature by feature; one of them with a null."""
    rng = np.random.default_rng(2)
    torque, speed = rng.normal(40, 5, N), rng.normal(1500, 50, N)
    torque[7] = np.nan
    to = np.arange(N - 50, N)
    torque[to], speed[to] = torque[:50], speed[:50]
    [found] = check(
        material({"torque": torque, "speed": speed}, _label(np.nan_to_num(torque)), lambda x: x[:, 0])
    ).findings
    assert (found.check, found.severity) == ("duplicates", "leak")
    assert found.message.startswith("50 of 1600 test rows")


def test_data_that_repeat_themselves_everywhere_are_no_leak() -> None:
    """Two switches have four states; they stand in every fold."""
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 2, (2, N)).astype(float)
    assert check(material({"a": a, "b": b}, rng.integers(0, 2, N).astype(float), lambda x: x[:, 0])).findings == ()


def test_a_part_on_both_sides_of_the_split_is_found() -> None:
    """Orders of forty rows each, drawn row by row into training and test; kept whole there is nothing to find."""
    rng = np.random.default_rng(4)
    torque = rng.normal(40, 5, N)
    order = np.array([f"order {i // 320}" for i in range(N)], object)
    drawn = np.where(rng.random(N) < 0.3, TEST, 0).astype(np.int8)
    whole = np.where(np.arange(N) // 320 % 3 == 0, TEST, 0).astype(np.int8)

    def findings(roles: Array) -> tuple[LeakFinding, ...]:
        return check(material({"torque": torque}, _label(torque), lambda x: x[:, 0], context={"order": order}, roles=roles)).findings  # fmt: skip

    assert [(f.check, f.column, f.severity) for f in findings(drawn)] == [("group", "order", "look")]
    assert findings(whole) == ()


def test_a_feature_that_is_the_answer_is_found() -> None:
    """The label with a little noise; upside down; as text; by where it is null; and for numbers and classes."""
    label = _label(_plant().rows.features["torque"])
    noise = np.random.default_rng(5).normal(0, 0.05, N)
    cases = {
        "copy": label + noise, "inverse": 3 - label + noise, "word": np.where(label == 1, "NOK", "OK").astype(object),
        "inspected": np.where(label == 1, noise, np.nan),
    }  # fmt: skip
    for name, column in cases.items():
        found = [f for f in check(_plant(**{name: column})).findings if f.check == "single feature"]
        assert [(f.column, f.severity) for f in found] == [(name, "leak")], name
    number = _label(_plant().rows.features["torque"], "regression")
    assert _planted(list(check(_plant("regression", scaled=number * 7 + noise)).findings), "single feature", "scaled")
    places = np.unique(_label(_plant().rows.features["torque"], "multiclass"), return_inverse=True)[1]
    assert power(places.astype(float), _places(_plant("multiclass")), "multiclass") < 1.0  # b lies between a and c
    one = np.array(["x", "y", "z"], object)[places]
    assert _planted(list(check(_plant("multiclass", word=one)).findings), "single feature", "word")


def _places(made: Material) -> Array:
    return np.array([("a", "b", "c").index(v) for v in made.rows.labels["label"].tolist()], float)


@pytest.mark.parametrize("ahead", [1, 2, 5])
def test_a_label_of_later_rows_is_found(ahead: int) -> None:
    """A column that says now what the label of the asset says some rows later; its own row it tells less well."""
    label = _label(_plant().rows.features["torque"])
    later = np.append(label[8 * ahead :], np.zeros(8 * ahead)) + np.random.default_rng(6).normal(0, 0.01, N)
    found = check(_plant(later=later)).findings
    assert _planted(list(found), "future", "later")
    assert all(f.column == "later" for f in found)


def test_a_time_after_the_end_of_the_row_is_found() -> None:
    """The inspection comes an hour after the part; the one before it is no finding."""
    t = _plant().rows.features["t"].astype(float)
    assert _planted(list(check(_plant(inspected_at=t + 60 * MINUTE)).findings), "future", "inspected_at")
    before = check(_plant(begun_at=t - 60 * MINUTE)).findings
    assert not any(f.check == "future" for f in before)


def test_a_column_that_is_filled_in_later_is_found() -> None:
    """Empty in the latest rows of every asset, full before; a column that is empty now and then is none."""
    rng = np.random.default_rng(7)
    value = rng.normal(0, 1, N)
    late = np.where(np.arange(N) >= N - 100, np.nan, value)
    gaps = np.where(rng.random(N) < 0.15, np.nan, value)
    found = check(_plant(lab_result=late, gaps=gaps)).findings
    assert [(f.check, f.column, f.severity) for f in found] == [("future", "lab_result", "look")]


def test_what_names_a_row_is_found() -> None:
    """A serial number as number and as text, and a counter that goes on into the test rows."""
    serial = np.random.default_rng(8).permutation(N).astype(float)
    text = np.array([f"SN{i:06d}" for i in range(N)], object)
    hours = np.arange(N) * 0.25 + np.random.default_rng(9).normal(0, 0.01, N)
    found = check(_plant(serial=serial, text=text, hours=hours)).findings
    assert [(f.check, f.column, f.severity) for f in found] == [
        ("identifier", n, "leak") for n in ("hours", "serial", "text")
    ]


def test_a_whole_number_that_is_measured_names_no_row() -> None:
    """A place in micrometres or a sum of pixels is hardly ever the same twice, and leaves most of its range out."""
    places = np.random.default_rng(11).integers(0, 12_000_000, N).astype(float)
    assert check(_plant(place=places)).findings == ()


def test_few_rows_and_no_labels_are_no_finding_and_no_error() -> None:
    """Twenty rows, none labelled; a column without a number."""
    x = np.random.default_rng(10).normal(0, 1, 20)
    assert check(material({"x": x, "none": np.full(20, np.nan)}, np.full(20, np.nan), lambda m: m[:, 0])).findings == ()
