"""Importance: what the model follows, and the loudest features of its highest scores."""

import numpy as np
import pytest
from tests.development.validation.made import machining, material

from ninefold.development.validation.importance import importance, reasons


def test_what_the_model_follows_is_important_and_nothing_else() -> None:
    """Without torque the order is a coin's; a shuffled speed changes no score."""
    clean, rows, features = importance(machining(np.random.default_rng(1)))
    assert rows <= 3000
    assert [f.feature for f in features] == ["torque", "speed", "still"]
    assert features[0].loss == pytest.approx(clean - 0.5, abs=0.05)
    assert features[0].low is not None
    assert features[0].low > 0.3
    assert features[0].spread < 0.05
    assert (features[1].loss, features[1].spread) == (0.0, 0.0)


def test_every_kind_of_task_has_an_importance() -> None:
    """Classes by the balanced share of right answers, numbers by their error; losses are above 0 where they matter."""
    x, y = np.random.default_rng(2).normal(0, 1, (2, 900))
    number = importance(material({"x": x, "y": y}, x, lambda m: m[:, 0], kind="regression"))
    assert number[0] == pytest.approx(0.0, abs=1e-6)
    assert number[2][0].feature == "x"
    assert number[2][0].loss == pytest.approx(np.sqrt(2), rel=0.1)
    label = np.where(x > 1, "b", "a").astype(object)
    several = material({"x": x, "y": y}, label, lambda m: np.stack([m[:, 0] <= 1, m[:, 0] > 1], 1).astype(float),
                       kind="multiclass", classes=("a", "b"))  # fmt: skip
    clean, _, features = importance(several)
    assert clean == 1.0
    assert features[0].loss == pytest.approx(0.5, abs=0.08)
    assert reasons(several) == ()


@pytest.mark.job("validation/reasons", against="cases", what="a known model")
def test_reasons_tell_what_lifts_the_highest_scores() -> None:
    """The rows with the most torque, each because of it; the truth stands beside them."""
    made = machining(np.random.default_rng(3))
    found = reasons(made)
    assert [r.score for r in found] == sorted((r.score for r in found), reverse=True)
    assert all(r.reasons[0].feature == "torque" for r in found)
    assert found[0].reasons[0].direction == "high"
    assert found[0].reasons[0].weight > 0.5
    assert {r.truth for r in found} <= {"0", "1"}


def test_one_class_only_gives_no_figure() -> None:
    """An order of positives and negatives needs both."""
    x = np.arange(100.0)
    assert importance(material({"x": x}, np.zeros(100), lambda m: m[:, 0])) == (None, 40, ())
