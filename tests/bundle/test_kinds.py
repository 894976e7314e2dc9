"""Bundles that tell a number or a class: from the payload to decisions, with the self-test and what speaks for them."""

from typing import Any

import msgspec
import numpy as np
import pytest

from ninefold.bundle.deciding import clear, decided
from ninefold.bundle.failsafe import Failsafe
from ninefold.bundle.manifest import Decide, Golden
from ninefold.bundle.opening import check_device, open_scorer, session_of
from ninefold.bundle.payload import Payload, read_payload
from ninefold.bundle.session import Session
from ninefold.kernel.errors import InvalidInput, VerificationError
from ninefold.testing.bundles import (
    CONTRACT,
    FEATURES,
    class_graph,
    number_graph,
    raw_rows,
    small_graph,
    small_payload,
)
from ninefold.vocabulary.task import AlarmRule

GRADES = ("low", "middle", "high")
NOW = 1_790_000_300_000_000
SOON = AlarmRule("<=", 15.0)
HIGH = AlarmRule(classes=("high",))


def number(alarm: AlarmRule | None = SOON, **changes: Any) -> Payload:
    return read_payload(
        small_payload("life", number_graph(), threshold=None, task="regression", alarm=alarm, **changes)
    )


def classes(alarm: AlarmRule | None = HIGH, **changes: Any) -> Payload:
    contract = msgspec.structs.replace(CONTRACT, classes=GRADES)
    fields = {"threshold": None, "task": "multiclass", "alarm": alarm, "contract": contract, **changes}
    return read_payload(small_payload("grade", class_graph(), **fields))


def test_a_number_alarms_by_the_rule() -> None:
    """What remains falls from part to part; at 15 and below it alarms. Without a rule it never does."""
    found = open_scorer(number()).push(raw_rows(), NOW).decisions
    mean = np.array([38.375 + 4 * p for p in range(5)])
    for asset in ("m1", "m2"):
        mine = found["asset"] == asset
        assert found["score"][mine] == pytest.approx(60 - mean, abs=1e-5)
        assert found["alarm"][mine].tolist() == [False, False, True, True, True][: mine.sum()]
    assert set(found["label"].tolist()) == {None}
    assert not open_scorer(number(None)).push(raw_rows(), NOW).decisions["alarm"].any()


def test_a_class_is_told_with_its_probability() -> None:
    """The label is the most probable class; the alarm follows the classes of the rule."""
    found = open_scorer(classes()).push(raw_rows(), NOW).decisions
    mine = found["asset"] == "m1"
    assert found["label"][mine].tolist() == ["low", "middle", "middle", "high", "high"]
    assert found["alarm"][mine].tolist() == [False, False, False, True, True]
    assert (found["score"] > 1 / 3).all()
    assert not open_scorer(classes(None)).push(raw_rows(), NOW).decisions["alarm"].any()


def test_no_class_is_told_where_the_model_is_not_used() -> None:
    """A stale input is decided by the rule, and a rule knows no classes."""
    scorer = open_scorer(classes(), Failsafe(("stale_input",), "torque_mean > 50"))
    found = scorer.push(raw_rows(), NOW + 3_600_000_000).decisions
    assert set(found["by"].tolist()) == {"rule"}
    assert set(found["label"].tolist()) == {None}
    assert found["alarm"][found["asset"] == "m1"].tolist() == [False, False, False, True, True]


def test_the_self_test_holds_numbers_and_classes() -> None:
    """Each within a tolerance of its own size; one probability that is off is found."""
    for payload in (number(), classes()):
        assert check_device(payload).passed, check_device(payload).reason
    golden = classes().golden
    assert len(golden.scores[0]) == 3  # type: ignore[arg-type] # one for each class
    bad = [list(s) for s in golden.scores]  # type: ignore[arg-type] # as above
    bad[4][1] += 0.001
    wrong = msgspec.structs.replace(golden, scores=tuple(tuple(s) for s in bad))
    tested = check_device(classes(golden=wrong))
    assert (tested.passed, "golden row 4 scores" in tested.reason) == (False, True)
    short = msgspec.structs.replace(golden, scores=tuple(s[0] for s in bad))
    assert "not one score for each" in check_device(classes(golden=short)).reason
    ragged = msgspec.structs.replace(golden, scores=(*golden.scores[1:], (0.5,)))
    assert not check_device(classes(golden=ragged)).passed
    assert number().golden.tolerance == pytest.approx(1e-5 * 45, rel=0.1)


def test_decisions_that_rounding_may_flip_are_not_clear() -> None:
    """At the value of the rule, and where two classes are as probable."""
    decide = Decide(None, "regression", SOON)
    assert clear(decide, (), np.array([14.0, 15.0001, 16]), 0.001).tolist() == [True, False, True]
    assert clear(Decide(None, "regression"), (), np.array([15.0]), 0.001).tolist() == [True]
    p = np.array([[0.5, 0.4999, 0.0001], [0.6, 0.3, 0.1]])
    assert clear(Decide(None, "multiclass"), GRADES, p, 0.001).tolist() == [False, True]


def test_a_row_without_a_number_decides_nothing() -> None:
    """No alarm, no class: the scorer then says no_score."""
    missing = np.array([np.nan, 10.0])
    assert decided(Decide(None, "regression", SOON), (), missing).alarm.tolist() == [False, True]
    table = np.array([[np.nan, 1.0, 0.0], [0.0, 0.2, 0.8]])
    found = decided(Decide(None, "multiclass", AlarmRule(classes=("middle", "high"))), GRADES, table)
    assert found.alarm.tolist() == [False, True]
    assert np.array_equal(found.score, [np.nan, 0.8], equal_nan=True)
    none = decided(Decide(None, "multiclass"), GRADES, np.empty((0, 3)))
    assert (len(none.score), len(none.alarm), len(none.place)) == (0, 0, 0)


def test_what_speaks_loudest_pushes_to_the_alarm() -> None:
    """A high torque shortens what remains; for a class it raises its probability."""
    rows = {"torque_mean": np.array([58.0]), "speed_mean": np.array([1500.0])}
    first, second = open_scorer(number()).strongest(rows, 0)
    assert (first.feature, first.direction, second.feature) == ("torque_mean", "high", "speed_mean")
    assert first.weight == pytest.approx(18)
    longer = {**rows, "torque_mean": np.array([30.0])}
    assert open_scorer(number()).strongest(longer, 0)[0].feature == "speed_mean"  # 0 is louder than away from it
    assert open_scorer(number(None)).strongest(longer, 0)[0].feature == "torque_mean"
    assert open_scorer(classes()).strongest(rows, 0)[0].weight > 0.9


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: number(AlarmRule(classes=("low",))), "alarms by a finite value"),
        (lambda: number(AlarmRule("<=", float("inf"))), "alarms by a finite value"),
        (lambda: number(contract=msgspec.structs.replace(CONTRACT, classes=GRADES)), "expected"),
        (lambda: classes(AlarmRule(classes=("odd",))), "names odd, which is no class"),
        (lambda: classes(SOON), "names no class"),
        (lambda: classes(threshold=0.5), "has no threshold"),
        (lambda: read_payload(small_payload(alarm=SOON)), "decides by a finite threshold"),
        (lambda: read_payload(small_payload(threshold=None)), "decides by a finite threshold"),
    ],
)
def test_a_rule_fits_its_kind_of_task(make: Any, message: str) -> None:
    """What could never decide is not written."""
    with pytest.raises(InvalidInput, match=message):
        make()


def test_a_rule_is_checked_again_where_it_is_read() -> None:
    """A manifest from elsewhere whose alarm names no class."""
    from ninefold.bundle.archive import pack
    from ninefold.kernel.canonical import canonical

    payload = classes()
    decide = Decide(None, "multiclass", AlarmRule(classes=("odd",)))
    entries = {**payload.entries, "manifest.json": canonical(msgspec.structs.replace(payload.manifest, decide=decide))}
    with pytest.raises(VerificationError, match="names odd, which is no class"):
        read_payload(pack(entries))


def test_a_session_gives_what_its_classes_say() -> None:
    """Two classes stay two columns; another number of columns is refused; no rows keep the shape."""
    two = Session(class_graph(((1.0, -1.0), (0.0, 0.0)), (0.0, 0.0)), FEATURES, {}, ("a", "b"))
    assert two.score_matrix(np.zeros((3, 2), np.float32)).shape == (3, 2)
    assert session_of(classes()).score_matrix(np.zeros((0, 2), np.float32)).shape == (0, 3)
    assert Session(class_graph(), FEATURES).score_matrix(np.zeros((2, 2), np.float32)).shape == (2, 3)
    with pytest.raises(InvalidInput, match=r"one score for each of 2 classes is expected"):
        Session(class_graph(), FEATURES, {}, ("a", "b")).score_matrix(np.zeros((1, 2), np.float32))
    with pytest.raises(InvalidInput, match=r"one score for each of 3 classes is expected"):
        Session(small_graph(), FEATURES, {}, GRADES).score_matrix(np.zeros((1, 2), np.float32))


def test_a_binary_manifest_is_what_it_was() -> None:
    """The bytes of a bundle with a threshold have not changed with the other kinds."""
    payload = read_payload(small_payload())
    assert b'"decide":{"threshold":0.5}' in payload.entries["manifest.json"]
    assert isinstance(payload.golden, Golden)
    assert isinstance(payload.golden.scores[0], float)
