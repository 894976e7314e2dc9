"""Metrics of numbers and of classes, against their definitions and against scikit-learn."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.criteria.judging import judge
from ninefold.criteria.measuring import measure
from ninefold.criteria.subjects import Samples
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.intervals import wilson
from ninefold.vocabulary.criterion import Bound, CriterionSpec, MetricSpec, Threshold
from ninefold.vocabulary.measurement import Measurement

LOWER = Bound("lower", "wilson", 0.95)
UPPER = Bound("upper", "bootstrap", 0.95)
ABC = ("a", "b", "c")


def found(
    metric: str, subject: Samples, bound: Bound | None = None, by: tuple[str, ...] = (), **params: Any
) -> Measurement:
    return measure(MetricSpec("REQ-x", "c", metric, ("validation",), params, by, bound), subject)


def classed(y: Any, told: Any, classes: tuple[str, ...] = ABC, **more: Any) -> Samples:
    truth = np.array(y, dtype=float)
    names = np.array([None if np.isnan(v) else classes[int(v)] for v in truth], dtype=object)
    return Samples(truth, decision=np.array(told, dtype=float), classes=classes, slices={"class": names}, **more)


PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40)


@given(PAIRS, st.integers(0, 9))
@settings(max_examples=30)
def test_class_metrics_equal_scikit_learn(rows: list[tuple[int, int]], seed: int) -> None:
    """On any labels and decisions; classes that never occur are left out of macro f1."""
    sk = pytest.importorskip("sklearn.metrics")
    y, told = np.array(rows).T
    p = np.random.default_rng(seed).dirichlet(np.ones(3), len(y))
    subject = Samples(y.astype(float), p, told.astype(float), classes=ABC)
    assert found("accuracy", subject).overall.value == pytest.approx(sk.accuracy_score(y, told))
    assert found("macro_f1", subject).overall.value == pytest.approx(sk.f1_score(y, told, average="macro"))
    assert found("log_loss", subject).overall.value == pytest.approx(sk.log_loss(y, p, labels=[0, 1, 2]))
    confusion = found("accuracy", subject).confusion
    assert confusion is not None
    assert np.array_equal(confusion.counts, sk.confusion_matrix(y, told, labels=[0, 1, 2]))
    assert found("log_loss", subject).confusion is None  # it looks at no decision


def test_the_lowest_class_stands_for_all_and_each_has_its_own_bound() -> None:
    """Wilson on the rows of each class; the unlabelled row counts nowhere."""
    subject = classed([0] * 10 + [1] * 4 + [2] * 6 + [np.nan], [0] * 9 + [1] + [1] * 3 + [0] + [2] * 6 + [0])
    m = found("class_recall", subject, LOWER, ("class",))
    assert (m.overall.successes, m.overall.samples, m.overall.note) == (3, 4, "of b")
    shown = {s.where["class"]: (s.estimate.successes, s.estimate.samples, s.estimate.bound) for s in m.slices}
    assert shown["a"] == (9, 10, pytest.approx(float(wilson(9, 10, 0.95, "lower"))))
    assert (shown["b"][:2], shown["c"][:2]) == ((3, 4), (6, 6))
    precision = found("class_precision", subject, LOWER).overall
    assert (precision.successes, precision.samples, precision.note) == (3, 4, "of b")
    assert found("class_recall", subject, LOWER, classes=["a", "c"]).overall.note == "of a"
    assert found("class_recall", subject, classes=["a", "c"]).overall.value == 0.9


def test_a_class_that_nothing_shows_leaves_the_demand_open() -> None:
    """Not passed, however well the others do."""
    m = found("class_recall", classed([0] * 99 + [1] * 99, [0] * 99 + [1] * 99), LOWER)
    verdict = judge(CriterionSpec("REQ-x", "c", Threshold(">=", 0.5)), m)
    assert verdict.outcome == "insufficient"
    assert "no row of c" in verdict.overall.reason


def test_one_class_that_fails_fails_the_whole_through_its_slice() -> None:
    """Though another class, with fewer rows, has the lowest bound."""
    y, told = [0] * 100 + [1] * 3 + [2] * 100, [0] * 40 + [1] * 60 + [1] * 2 + [0] + [2] * 100
    m = found("class_recall", classed(y, told), LOWER, ("class",))
    assert m.overall.note == "of b"
    verdict = judge(CriterionSpec("REQ-x", "c", Threshold(">=", 0.6), slices="required"), m)
    assert verdict.outcome == "fail"
    assert {s.where["class"]: s.outcome for s in verdict.slices} == {"a": "fail", "b": "insufficient", "c": "pass"}


def engines(error: Any, life: int = 20, **more: Any) -> Samples:
    """Return one engine for each error: it runs `life` cycles to its end, and is predicted so far off."""
    y = np.tile(np.arange(life)[::-1].astype(float), len(error))
    names = np.repeat(np.array([f"e{i}" for i in range(len(error))], object), life)
    return Samples(y, y + np.repeat(np.asarray(error, float), life), groups=names, **more)


def test_a_late_warning_exceeds_the_truth_by_more_than_the_tolerance() -> None:
    """By row, by engine, and only where little remains."""
    subject = engines([0, 5, 6, -30])
    assert found("late_warning_share", subject, tolerance=5).overall.value == 0.25
    assert found("late_warning_share", subject).overall.value == 0.5
    near = found("late_warning_share", subject, within=4).overall
    assert (near.successes, near.samples) == (10, 20)
    one = Samples(
        subject.y, np.where((subject.groups == "e0") & (subject.y == 3), 99, subject.score), groups=subject.groups
    )
    by_engine = found("late_warning_share", one, LOWER, tolerance=5, per="group").overall
    assert (by_engine.successes, by_engine.samples) == (2, 4)
    assert by_engine.bound == pytest.approx(float(wilson(2, 4, 0.95, "lower")))
    assert found("late_warning_share", one, UPPER, tolerance=5, per="group").overall.note.startswith("too few")
    assert found("late_warning_share", subject, within=-0.0).overall.samples == 4
    nothing = found("late_warning_share", Samples(subject.y + 9, subject.score), within=2).overall
    assert (nothing.value, nothing.note) == (None, "no samples")


def test_bounds_rest_on_how_engines_differ() -> None:
    """Rows of one engine err together: by row the bound would be far too narrow. min_samples may count engines."""
    error = np.random.default_rng(1).normal(0, 10, 30)
    subject = engines(error)
    together = found("mae", subject, UPPER).overall
    apart = found("mae", Samples(subject.y, subject.score), UPPER).overall
    assert together.bound is not None
    assert apart.bound is not None
    assert together.value is not None
    assert together.bound - together.value > 3 * (apart.bound - together.value)
    m = found("rmse", subject, UPPER, count="groups")
    assert (m.overall.samples, m.detail["groups"]) == (30, 30.0)
    verdict = judge(CriterionSpec("REQ-x", "c", Threshold("<=", 50), 40), m)
    assert (verdict.outcome, verdict.overall.reason) == ("insufficient", "30 of 40 samples; 10 more would decide.")


def test_a_rate_of_rows_foretells_no_engines() -> None:
    """Where min_samples counts groups there is no rate a day."""
    time = np.arange(600) * 3_600_000_000
    subject = engines(np.zeros(30), time=time)
    assert found("mae", subject).rate_per_day is not None
    assert found("mae", subject, count="groups").rate_per_day is None
    assert found("late_warning_share", subject, per="group").rate_per_day is None


@pytest.mark.parametrize(
    ("metric", "subject", "params", "words"),
    [
        ("recall", classed([0, 1], [0, 1]), {}, "needs two outcomes"),
        ("auc", Samples(np.zeros(1), np.ones((1, 3)) / 3, classes=ABC), {}, "needs two outcomes"),
        ("brier", Samples(np.zeros(1), np.ones((1, 3)) / 3, classes=ABC), {}, "needs two outcomes"),
        ("rmse", Samples(np.zeros(1), np.ones((1, 3)) / 3, classes=ABC), {}, "not numbers"),
        ("macro_f1", Samples(np.zeros(1), decision=np.zeros(1)), {}, "of no classes"),
        ("macro_f1", classed([0, 1], [0, 3]), {}, "3 is the place of no class of 3"),
        ("macro_f1", Samples(np.zeros(1), classes=ABC), {}, "no decision"),
        ("class_recall", classed([0, 1], [0, 1]), {"classes": ["a", "d"]}, "no class 'd'"),
        ("log_loss", Samples(np.zeros(1), np.ones((1, 3)) * 2, classes=ABC), {}, "no probability"),
        ("mae", Samples(np.zeros(1), np.zeros(1)), {"count": "groups"}, "no groups to count"),
        ("late_warning_share", Samples(np.zeros(1), np.zeros(1)), {"per": "group"}, "no groups to count"),
        ("late_warning_share", Samples(np.zeros(1), np.zeros(1)), {"tolerance": -1}, "from 0 up"),
    ],
)
def test_what_does_not_fit_is_refused(metric: str, subject: Samples, params: dict[str, Any], words: str) -> None:
    """The message names what lacks, or what to use instead."""
    with pytest.raises(InvalidInput, match=words):
        found(metric, subject, **params)


def test_a_wilson_bound_on_rows_of_engines_is_refused() -> None:
    """It would take them as independent."""
    with pytest.raises(InvalidInput, match="late together"):
        found("late_warning_share", engines([1, 2]), Bound("upper", "wilson", 0.95))


def test_scores_have_a_column_for_each_class() -> None:
    """Checked where they enter."""
    with pytest.raises(InvalidInput, match="3 classes"):
        Samples(np.zeros(2), np.zeros((2, 2)), classes=ABC)
