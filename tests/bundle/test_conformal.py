"""Conformal answers of a bundle: the same from scorer, server and golden rows, and only what its kind of task has."""

from typing import Any

import msgspec
import numpy as np
import pytest

from ninefold.bundle.conformal import certain, interval, members
from ninefold.bundle.failsafe import Failsafe
from ninefold.bundle.opening import check_device, open_scorer, session_of
from ninefold.bundle.payload import Payload, read_payload
from ninefold.kernel.errors import InvalidInput
from ninefold.serving.model import Model
from ninefold.testing.bundles import CONTRACT, class_graph, number_graph, raw_rows, small_payload
from ninefold.vocabulary.conformal import ConformalRule

GRADES = ("low", "middle", "high")
NOW = 1_790_000_300_000_000
WIDTH = ConformalRule(0.9, width=2.5)
LEAST = ConformalRule(0.9, least=0.2)
BAND = ConformalRule(0.9, least=0.3, most=0.6)


def number(**changes: Any) -> Payload:
    fields = {"threshold": None, "task": "regression", "conformal": WIDTH, **changes}
    return read_payload(small_payload("life", number_graph(), **fields))


def classes(**changes: Any) -> Payload:
    contract = msgspec.structs.replace(CONTRACT, classes=GRADES)
    fields = {"threshold": None, "task": "multiclass", "contract": contract, "conformal": LEAST, **changes}
    return read_payload(small_payload("grade", class_graph(), **fields))


def binary(**changes: Any) -> Payload:
    return read_payload(small_payload(**{"conformal": BAND, **changes}))


MADE = {"number": number, "classes": classes, "binary": binary}


def served(payload: Payload) -> Model:
    manifest = payload.manifest
    return Model("m", 1, payload.digest, session_of(payload), manifest.contract, manifest.decide)


def test_a_number_comes_with_its_interval() -> None:
    """From the scorer as from the server, to the rounding of float32."""
    found = open_scorer(number()).push(raw_rows(), NOW)
    score = found.decisions["score"]
    assert found.decisions["low"] == pytest.approx(score - 2.5)
    assert found.decisions["high"] == pytest.approx(score + 2.5)
    assert "answer" not in found.decisions
    model = served(number())
    answers = model.answer(model.session.matrix(found.features))
    assert list(answers) == ["score", "alarm", "low", "high"]
    assert answers["low"].values == pytest.approx(found.decisions["low"], rel=1e-6)
    assert [o.name for o in model.describe(("1",)).outputs] == list(answers)


@pytest.mark.parametrize(("make", "values"), [(classes, GRADES), (binary, ("negative", "positive"))])
def test_a_class_comes_with_the_values_that_it_may_be(make: Any, values: tuple[str, ...]) -> None:
    """The decision names them, the server has a flag for each; its metadata say in which order."""
    found = open_scorer(make()).push(raw_rows(), NOW)
    model = served(make())
    inside = model.answer(model.session.matrix(found.features))["set"].values
    told = ["|".join(v for v, held in zip(values, row, strict=True) if held) for row in inside.tolist()]
    assert found.decisions["answer"].tolist() == told
    assert len(set(told)) > 1
    described = model.describe(("1",))
    assert described.outputs[-1].shape == (-1, len(values))
    assert described.parameters["values"] == values


def test_a_bundle_that_is_not_asked_says_what_it_said_before() -> None:
    """No column, no tensor and no key more; the bytes are those of a bundle from before."""
    plain = binary(conformal=None)
    assert not {"low", "high", "answer"} & set(open_scorer(plain).push(raw_rows(), NOW).decisions)
    assert list(served(plain).answer(np.zeros((1, 2), np.float32))) == ["score", "alarm"]
    assert b"conformal" not in plain.entries["manifest.json"]
    assert b"answers" not in plain.entries["golden.json"]


@pytest.mark.parametrize("kind", ["number", "classes"])
def test_no_answer_where_the_model_is_not_used(kind: str) -> None:
    """A rule decides instead, and a rule knows no coverage."""
    scorer = open_scorer(MADE[kind](), Failsafe(("stale_input",), "torque_mean > 50"))
    found = scorer.push(raw_rows(), NOW + 3_600_000_000).decisions
    assert set(found["by"].tolist()) == {"rule"}
    if kind == "number":
        assert np.isnan(found["low"]).all()
        assert np.isnan(found["high"]).all()
    else:
        assert set(found["answer"].tolist()) == {None}


@pytest.mark.parametrize("kind", sorted(MADE))
def test_golden_rows_hold_the_answers(kind: str) -> None:
    """One that is another, one too few, or none at all is found by the self-test; so is one that is no number."""
    good = MADE[kind]()
    assert check_device(good).passed, check_device(good).reason
    golden = good.golden
    name = next(iter(golden.answers))
    values = golden.answers[name]
    odd: Any = "negative|middle" if name == "answer" else 1e6
    for changed, said in (
        ({name: [odd, *values[1:]]}, "golden row 0 has another conformal answer"),
        ({name: values[1:]}, "conformal answers to"),
        ({}, "conformal answers, its golden rows none"),
    ):
        answers: Any = {**golden.answers, **changed} if changed else {}
        bad = MADE[kind](golden=msgspec.structs.replace(golden, answers=answers))
        result = check_device(bad)
        assert (result.passed, said in result.reason) == (False, True), result.reason
    if kind == "number":
        text: Any = {**golden.answers, name: ["x", *values[1:]]}
        assert not check_device(number(golden=msgspec.structs.replace(golden, answers=text))).passed


def test_edges_belong_to_the_answer_and_near_them_nothing_is_certain() -> None:
    """Another processor may round to the other side: such a row is not held against a device."""
    assert members(LEAST, np.array([[0.2, 0.5, 0.3], [0.19, 0.01, 0.8]])).tolist() == [[True] * 3, [False, False, True]]
    assert members(BAND, np.array([0.1, 0.45, 0.9, np.nan])).tolist() == [
        [True, False], [True, True], [False, True], [False, False]
    ]  # fmt: skip
    assert members(ConformalRule(0.9, least=0.8, most=0.2), np.array([0.5])).tolist() == [[False, False]]
    assert certain(BAND, np.array([0.30001, 0.45]), 0.001).tolist() == [False, True]
    assert certain(LEAST, np.array([[0.2, 0.8], [0.5, 0.5]]), 0.001).tolist() == [False, True]
    assert certain(WIDTH, np.array([1.0]), 0.001).tolist() == [True]
    assert np.isnan(interval(WIDTH, np.array([np.nan])).low).all()


@pytest.mark.parametrize(
    ("make", "rule", "message"),
    [
        (number, LEAST, "a regression model has width, and nothing else"),
        (classes, BAND, "a multiclass model has least, and nothing else"),
        (binary, LEAST, "a binary model has least and most"),
        (number, ConformalRule(0.9, width=float("inf")), "the width of a conformal answer is inf"),
        (number, ConformalRule(0.9, width=-1.0), "is below 0"),
        (number, ConformalRule(1.0, width=1.0), "a share of 1"),
    ],
)
def test_a_rule_fits_its_kind_of_task(make: Any, rule: ConformalRule, message: str) -> None:
    """What could never be answered is not written."""
    with pytest.raises(InvalidInput, match=message):
        make(conformal=rule)
