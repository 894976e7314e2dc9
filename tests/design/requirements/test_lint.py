"""The lint of a requirement: counter-criteria, bounds that cannot pass, and the evidence that they need."""

import math
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.design.requirements.sample import FILE, REQUIREMENT

from ninefold.design.requirements.bounds import check_bound, exposure_without_event, need, smallest_passing
from ninefold.design.requirements.files import RequirementReader
from ninefold.design.requirements.lint import counter_criteria, lint, lint_page
from ninefold.vocabulary.criterion import Bound, CriterionSpec, MetricSpec, Threshold, Where
from ninefold.vocabulary.requirement_lint import RequirementLint, SampleNeed


def read(text: str) -> RequirementLint:
    """Return the reading of a file's text."""
    bodies = {f.name.partition("#")[2]: f.body for f in RequirementReader().facets(text, FILE)}
    metrics = [b for b in bodies.values() if isinstance(b, MetricSpec)]
    criteria = {b.criterion: b for b in bodies.values() if isinstance(b, CriterionSpec)}
    return lint(bodies["index"], bodies["statement"], metrics, criteria)


def metric(id: str, name: str, *where: Where) -> MetricSpec:
    """Return what a criterion measures."""
    return MetricSpec("REQ-a", id, name, where)


def test_a_sound_requirement_has_no_warning():
    """The example of the documentation is what it preaches."""
    reading = read(REQUIREMENT)
    assert (reading.pattern, reading.findings) == ("state", ())
    assert {n.criterion for n in reading.needs} == {"recall", "false-alarms"}


@pytest.mark.parametrize(
    ("metrics", "found"),
    [
        ([metric("r", "recall", "validation")], ["r is met by a model that raises the alarm all the time (validation)."]),
        ([metric("f", "false_alarms_per_machine_week", "runtime")], ["f is met by a model that never raises the alarm (runtime)."]),
        ([metric("r", "recall", "validation"), metric("p", "precision", "validation")], []),
        (
            [metric("r", "recall", "validation", "runtime"), metric("p", "precision", "validation")],
            ["r is met by a model that raises the alarm all the time (runtime)."],
        ),
        ([metric("l", "input_to_decision_p99_ms", "deployment")], []),
        ([metric("r", "recall", "data")], []),
    ],
)  # fmt: skip
@pytest.mark.job("requirements/counter-criterion", against="cases", what="written cases")
def test_a_criterion_without_its_counter_criterion_is_found(metrics: list[MetricSpec], found: list[str]):
    """Both directions, place by place: what balances in validation says nothing about run time."""
    assert [f.message for f in counter_criteria(metrics)] == found


@pytest.mark.parametrize(
    ("old", "new", "rule", "words"),
    [
        ("min_samples: 100", "min_samples: 6", "min-samples", "cannot pass with 6 events: even without one miss the lower bound at 0.95 needs 7 to be >= 0.7"),
        ("value: 0.70", "value: 1", "never-passes", "recall can never pass"),
        ("value: 0.70", "value: 0", "always-passes", "recall always passes"),
        ("value: 2}", "value: 0}", "never-passes", "false-alarms can never pass"),
        ("    bound: {side: lower, method: wilson, level: 0.95}\n", "", "no-bound", "recall has no bound: a lucky small sample passes."),
    ],
)  # fmt: skip
def test_a_bound_that_cannot_decide_is_found(old: str, new: str, rule: str, words: str):
    """Before anybody labels data."""
    assert old in REQUIREMENT
    [finding] = read(REQUIREMENT.replace(old, new, 1)).findings
    assert finding.rule == rule
    assert words in finding.message


def test_a_requirement_without_criteria_is_found():
    """A sentence alone is not executable."""
    text = REQUIREMENT[: REQUIREMENT.index("criteria:")] + REQUIREMENT[REQUIREMENT.index("---\nWhile") :]
    assert [f.rule for f in read(text).findings] == ["no-criterion"]


def bounded(name: str, method: Literal["wilson", "poisson"], level: float, op: Literal[">=", "<="]) -> MetricSpec:
    """Return a metric with its bound on the hard side."""
    side: Literal["lower", "upper"] = "lower" if op == ">=" else "upper"
    return MetricSpec("REQ-a", "c", name, ("validation",), {}, (), Bound(side, method, level))


def test_an_upper_bound_of_a_share_needs_the_mirrored_samples():
    """At most 2 % missing is at least 98 % there."""
    sizes = ((0, 189.0), (1, 280.0), (2, 361.0), (3, 437.0), (5, 581.0), (7, 718.0))
    upper = need(bounded("missing_share", "wilson", 0.975, "<="), Threshold("<=", 0.02))
    lower = need(bounded("available_share", "wilson", 0.975, ">="), Threshold(">=", 0.98))
    assert upper == lower == SampleNeed("c", "counted", sizes)
    missing = bounded("missing_share", "wilson", 0.975, "<=")
    [finding] = check_bound(missing, CriterionSpec("REQ-a", "c", Threshold("<=", 0.02), 188))
    assert "needs 189 to be <= 0.02" in finding.message
    assert list(check_bound(missing, CriterionSpec("REQ-a", "c", Threshold("<=", 0.02), 189))) == []


def test_a_bounded_quantile_needs_readings_whatever_its_limit():
    """The limit of a p99 is in milliseconds; how many readings show it depends on the 99 % alone."""
    wanted = need(bounded("inference_p99_ms", "wilson", 0.95, "<="), Threshold("<=", 50))
    assert wanted is not None
    assert (wanted.unit, wanted.by_misses[0]) == ("readings", (0, 268.0))


def test_a_metric_without_a_closed_form_tells_no_need():
    """A bootstrap bound depends on the data."""
    spec = MetricSpec("REQ-a", "c", "auc", ("validation",), {}, (), Bound("lower", "bootstrap", 0.95))
    assert need(spec, Threshold(">=", 0.9)) is None
    assert list(check_bound(spec, CriterionSpec("REQ-a", "c", Threshold(">=", 0.9), 5))) == []


def test_a_limit_on_the_wrong_side_is_found():
    """At most 70 % recall is met by a model that finds nothing."""
    spec = CriterionSpec("REQ-a", "c", Threshold("<=", 0.7))
    [finding] = check_bound(metric("c", "recall", "validation"), spec)
    assert (finding.rule, finding.hint) == ("direction", "Write op: '>='.")


@pytest.mark.parametrize(
    ("share", "sizes"),
    [(0.95, [73, 110, 142, 173, 230, 284]), (0.90, [35, 53, 69, 84, 113, 140])],
)
def test_the_smallest_samples_are_the_known_ones(share: float, sizes: list[int]):
    """Two-sided 95 % Wilson, computed independently for the notes."""
    assert [smallest_passing(share, 0.975, m) for m in (0, 1, 2, 3, 5, 7)] == sizes


def wilson_lower(hits: int, n: int, z: float) -> float:
    """Return the Wilson lower bound in its usual form."""
    p = hits / n
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (p + z * z / (2 * n) - half) / (1 + z * z / n)


@settings(max_examples=80)
@given(st.floats(0.05, 0.995), st.floats(0.6, 0.995), st.integers(0, 20))
def test_one_sample_less_would_not_pass(share: float, level: float, misses: int):
    """The closed form is the smallest n, checked against the bound itself on both sides."""
    from statistics import NormalDist

    z = NormalDist().inv_cdf(level)
    n = smallest_passing(share, level, misses)
    assert n > misses
    assert wilson_lower(n - misses, n, z) >= share - 1e-9
    if n - 1 > misses:
        assert wilson_lower(n - 1 - misses, n - 1, z) < share + 1e-9


def test_a_rate_needs_exposure_even_without_an_event():
    """The rule of three: no event in 3/rate at 95 %."""
    assert exposure_without_event(1.0, 0.95) == pytest.approx(2.9957, abs=1e-4)


def test_the_page_lists_warnings_and_needs():
    """Every finding and every need is a row; a clean requirement says so."""
    readings = [read(REQUIREMENT), read(REQUIREMENT.replace("warn of", "quickly warn of"))]
    warnings, needs = lint_page(readings).sections
    assert [row[2] for row in warnings.rows] == ["weak-word"]
    assert "REQ-tool-failure-warning: state" in warnings.notes[0]
    assert needs.rows[0] == ("REQ-tool-failure-warning", "recall", "events", 0, "7")
