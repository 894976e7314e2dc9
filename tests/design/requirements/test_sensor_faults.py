"""Criteria on sensor faults in requirement files: their facets, each mistake at its line, the form, and the lint."""

import pytest
from tests.design.requirements.sample import FILE, REQUIREMENT

from ninefold.design.requirements.editing import change_criterion, values_of
from ninefold.design.requirements.files import RequirementReader, read_requirement
from ninefold.design.requirements.item import faults_of
from ninefold.design.requirements.lint import counter_criteria
from ninefold.design.requirements.pages import Filled, criterion_form
from ninefold.kernel.errors import InvalidFile
from ninefold.surface.words import Say
from ninefold.vocabulary.criterion import MetricSpec, SensorFaults

STURDY = """\
  - id: sturdy
    where: [validation]
    metric: recall
    faults: {worst_of: [stuck, dropout], size: 1.5, signals: {drive: [torque_std, torque_mean]}}
    threshold: {op: ">=", value: 0.5}
"""
TEXT = REQUIREMENT.replace("  - id: false-alarms\n", f"{STURDY}  - id: false-alarms\n")
LINE = TEXT.split("\n").index("  - id: sturdy") + 1  # of the criterion's first line


def contents(text: str) -> dict[str, str]:
    """Return the content of each facet."""
    return {f.name.partition("#")[2]: f.content for f in RequirementReader().facets(text, FILE)}


def moved(old: str, new: str) -> set[str]:
    """Return the facets whose content moves when a text is replaced."""
    assert old in TEXT
    before, after = contents(TEXT), contents(TEXT.replace(old, new))
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_faults_are_part_of_what_is_measured() -> None:
    """In the metric's facet, in one spelling; the other criteria keep theirs, whatever is new in the vocabulary."""
    [facet] = [f for f in RequirementReader().facets(TEXT, FILE) if f.name.endswith("#metric/sturdy")]
    spec = facet.body
    assert isinstance(spec, MetricSpec)
    assert spec.faults == SensorFaults(("dropout", "stuck"), 1.5, {"drive": ("torque_mean", "torque_std")})
    plain = contents(REQUIREMENT)
    assert plain.items() <= {**contents(TEXT), "index": plain["index"]}.items()


@pytest.mark.parametrize(
    ("old", "new", "facets"),
    [
        pytest.param("[stuck, dropout]", "[dropout, stuck]", set(), id="order of faults"),
        pytest.param("[torque_std, torque_mean]", "[torque_mean, torque_std]", set(), id="order of features"),
        pytest.param("size: 1.5", "size: 1.50", set(), id="spelling"),
        pytest.param("size: 1.5", "size: 2", {"metric/sturdy"}, id="size"),
        pytest.param("[stuck, dropout]", "[stuck]", {"metric/sturdy"}, id="fault"),
        pytest.param("drive: [torque_std, torque_mean]", "drive: [torque_std]", {"metric/sturdy"}, id="signal"),
        pytest.param("value: 0.5}", "value: 0.4}", {"criterion/sturdy"}, id="threshold"),
    ],
)
def test_an_edit_moves_what_must_be_measured_again_and_nothing_else(old: str, new: str, facets: set[str]) -> None:
    """A changed limit is judged again only."""
    assert moved(old, new) == facets


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("[stuck, dropout]", "[stuk, dropout]", 3, "faults.worst_of[0]: There is no sensor fault 'stuk'. Use 'stuck'."),
        ("[stuck, dropout]", "[]", 3, "No sensor fault is named"),
        ("size: 1.5", "size: 11", 3, "above 0 and at most 10, found 11"),
        ("size: 1.5", "size: much", 3, "expected a number"),
        ("size: 1.5", "severity: 1", 3, "The key 'severity' is not known"),
        ("[torque_std, torque_mean]", "[]", 3, "The sensor 'drive' stands behind no feature"),
        ("where: [validation]\n    metric: recall\n    faults", "where: [validation, runtime]\n    metric: recall\n    faults", 1,
         "Sensor faults are planted on test rows, not at runtime"),
        ("    threshold: {op: \">=\", value: 0.5}", "    threshold: {op: \">=\", value: 0.5}\n    slices: {by: [variant]}", 5,
         "measured under each fault, not by slice"),
        ("where: [validation]\n    metric: recall", "where: [validation]\n    metric: drift", 3,
         "The metric drift is not measured on rows that a sensor fault reaches"),
    ],
)  # fmt: skip
def test_each_mistake_stands_at_its_line(old: str, new: str, line: int, message: str) -> None:
    """With what was found, and what to write instead."""
    assert TEXT.count(old) == 1
    with pytest.raises(InvalidFile) as caught:
        list(RequirementReader().facets(TEXT.replace(old, new), FILE))
    found = [(p.line - LINE, str(p)) for p in caught.value.problems]
    assert any(at == line and message in told for at, told in found), found


def test_the_form_shows_the_faults_and_changes_their_size() -> None:
    """One value of one line; a size that is none is told at its field."""
    of = next(c for c in read_requirement(TEXT, FILE).requirement.criteria if c.id == "sturdy")
    assert of.faults is not None
    assert faults_of(of.faults) == "stuck, dropout (drive) × 1.5"
    form = criterion_form("REQ-tool-failure-warning", of, Filled("e"))
    [size] = [f for f in form.fields if f.name == "size"]
    assert (size.value, size.hint) == ("1.5", Say("requirements.fault-hint", {"faults": faults_of(of.faults)}))
    was = {f"was-{n}": v for n, v in values_of(of).items()}
    changed = change_criterion(TEXT, FILE, "sturdy", was | {"size": "2"})
    assert (changed.problems, changed.text) == ({}, TEXT.replace("size: 1.5", "size: 2"))
    wrong = change_criterion(TEXT, FILE, "sturdy", was | {"size": "12"})
    assert wrong.problems == {"size": Say("requirements.wrong-size", {"value": "12", "most": "10"})}
    without = TEXT.replace(", size: 1.5", "")
    added = change_criterion(without, FILE, "sturdy", {"size": "2"})
    assert read_requirement(added.text, FILE).requirement.criteria[1].faults == SensorFaults(
        of.faults.worst_of, 2.0, of.faults.signals
    )


def test_a_criterion_under_faults_is_no_counter_to_one_without() -> None:
    """Few false alarms under a fault do not say that there are few without one; a recall under faults is countered."""

    def spec(id: str, metric: str, faults: SensorFaults | None = None) -> MetricSpec:
        return MetricSpec("REQ-x", id, metric, ("validation",), faults=faults)

    stuck = SensorFaults(("stuck",))
    open_ = counter_criteria([spec("recall", "recall"), spec("spares", "precision", stuck)])
    assert {f.criterion for f in open_} == {"recall"}
    whole = [spec("recall", "recall"), spec("precision", "precision"), spec("sturdy", "recall", stuck)]
    assert list(counter_criteria(whole)) == []
