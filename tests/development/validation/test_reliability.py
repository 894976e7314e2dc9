"""The reliability curve: bins of equal rows, bounds that hold, confusion and errors by hand."""

from pathlib import Path

import numpy as np
import pytest
from tests.development.validation.made import machining, material

from ninefold.development.validation.reliability import ReliabilityStep, calibration_error, curve
from ninefold.testing.steps import context


def test_scores_that_are_right_lie_on_the_diagonal() -> None:
    """Nine of ten bins at least hold the foretold share in their interval."""
    rng = np.random.default_rng(1)
    p = rng.random(8000)
    bins = curve(p, (rng.random(8000) < p).astype(float), share=True)
    assert [b.rows for b in bins] == [800] * 10
    assert sum(b.low <= b.foretold <= b.high for b in bins) >= 9
    assert calibration_error(bins) < 0.03
    wrong = curve(p, (rng.random(8000) < p**3).astype(float), share=True)
    assert calibration_error(wrong) > 0.2


def test_equal_scores_are_never_parted() -> None:
    """A model of three scores has three bins at most; none has rows of two scores."""
    p = np.repeat([0.1, 0.5, 0.9], 100)
    bins = curve(p, np.zeros(300), share=True)
    assert [(b.rows, b.foretold) for b in bins] == [(100, pytest.approx(v)) for v in (0.1, 0.5, 0.9)]
    assert bins[0].high > 0.02  # none of a hundred is no proof of never
    assert curve(np.empty(0), np.empty(0), share=True) == ()
    assert calibration_error(()) is None


def test_confusion_and_errors_are_counted(tmp_path: Path) -> None:
    """Truth by answer of a binary model and of classes; quantiles of a number's errors."""
    ctx = context(tmp_path, {})
    made = machining(np.random.default_rng(2))
    found = ReliabilityStep().examine(made, ctx)
    alarm, truth = made.scores >= 0.5, made.truth == 1
    assert found.confusion == (
        (int((~truth & ~alarm).sum()), int((~truth & alarm).sum())),
        (int((truth & ~alarm).sum()), int((truth & alarm).sum())),
    )
    x = np.arange(1000.0)
    number = ReliabilityStep().examine(material({"x": x}, x, lambda m: m[:, 0] + 2, kind="regression"), ctx)
    assert number.errors is not None
    assert number.errors.values == (2.0, 2.0, 2.0, 2.0, 2.0)
    assert number.calibration_error == pytest.approx(2.0)
    label = np.where(x % 2 == 0, "a", "b").astype(object)
    several = material(
        {"x": x}, label, lambda m: np.tile([0.7, 0.3], (len(m), 1)), kind="multiclass", classes=("a", "b")
    )
    assert ReliabilityStep().examine(several, ctx).confusion == ((200, 0), (200, 0))
