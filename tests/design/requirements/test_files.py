"""Requirement files become facets, and every mistake in them is named with its line and field."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.design.requirements.sample import FILE, REQUIREMENT, project, small

from ninefold.design.requirements.files import RequirementReader, first_paragraph
from ninefold.design.requirements.links import circles
from ninefold.kernel.errors import InvalidFile, Problem
from ninefold.vocabulary.criterion import ActionSpec, CriterionSpec, MetricSpec, Threshold

READER = RequirementReader()


def contents(text: str) -> dict[str, str]:
    """Return the content of each facet."""
    return {f.name.partition("#")[2]: f.content for f in READER.facets(text, FILE)}


def changed(old: str, new: str) -> set[str]:
    """Return the facets whose content moves when a text is replaced in the sample."""
    assert old in REQUIREMENT
    before, after = contents(REQUIREMENT), contents(REQUIREMENT.replace(old, new))
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def problems(text: str, file: str = FILE) -> list[Problem]:
    """Return the problems of a text."""
    with pytest.raises(InvalidFile) as caught:
        list(READER.facets(text, file))
    return list(caught.value.problems)


def test_a_requirement_becomes_its_facets():
    """Statement, index, and metric, criterion and action of each criterion, each with its line."""
    facets = {f.name.partition("#")[2]: f for f in READER.facets(REQUIREMENT, FILE)}
    ids = ["recall", "false-alarms", "decision-latency", "input-drift"]
    assert set(facets) == {"statement", "index"} | {f"{k}/{i}" for k in ("metric", "criterion", "action") for i in ids}
    metric = facets["metric/recall"].body
    assert isinstance(metric, MetricSpec)
    assert (metric.requirement, metric.criterion, metric.by) == ("REQ-tool-failure-warning", "recall", ("variant",))
    assert facets["criterion/recall"].body == CriterionSpec(
        "REQ-tool-failure-warning", "recall", Threshold(">=", 0.7), 100, "report"
    )
    assert facets["action/input-drift"].body == ActionSpec("REQ-tool-failure-warning", "input-drift", "propose_retrain")
    assert facets["statement"].body.text.endswith("five minutes and at most two hours before it occurs.")
    lines = REQUIREMENT.split("\n")
    assert lines[facets["statement"].line - 1].startswith("While a machine")
    assert lines[facets["criterion/recall"].line - 1].strip().startswith("threshold:")


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        pytest.param("scraps the part", "ruins the part", set(), id="rationale"),
        pytest.param("# never changes", "# changed", set(), id="comment"),
        pytest.param("minutes and\nat most", "minutes\nand at most", set(), id="line breaks of the statement"),
        pytest.param("value: 0.70", "value: 0.7", set(), id="spelling of a number"),
        pytest.param("validation, shadow, runtime]", "runtime, validation, shadow]", set(), id="order of places"),
        pytest.param("[5 min, 2 h]", "[300 s, 120 min]", set(), id="spelling of a length of time"),
        pytest.param("value: 0.70", "value: 0.75", {"criterion/recall"}, id="threshold"),
        pytest.param("min_samples: 100", "min_samples: 120", {"criterion/recall"}, id="least samples"),
        pytest.param("mode: report", "mode: required", {"criterion/recall"}, id="slice mode"),
        pytest.param("by: [variant]", "by: [asset]", {"metric/recall"}, id="slice columns"),
        pytest.param("level: 0.95}\n    min", "level: 0.9}\n    min", {"metric/recall"}, id="level"),
        pytest.param("[5 min, 2 h]", "[10 min, 2 h]", {"metric/recall"}, id="metric parameter"),
        pytest.param("then: propose_retrain", "then: alert", {"action/input-drift"}, id="action"),
        pytest.param("at most two", "at most three", {"statement"}, id="statement"),
        pytest.param("priority: must", "priority: should", {"index"}, id="priority"),
        pytest.param(
            'op: ">=", value: 1}', 'op: ">=", value: 0.5}', {"criterion/input-drift"}, id="drift limit"
        ),
    ],
)  # fmt: skip
def test_an_edit_moves_exactly_the_facets_that_it_touches(old: str, new: str, moved: set[str]):
    """Each consumer reads its part only: that is what keeps evidence fresh."""
    assert changed(old, new) == moved


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "message", "hint"),
    [
        ("owner: main", "ownr: main", 6, "ownr", "The key 'ownr' is not known here.", "Did you mean 'owner'?"),
        ("metric: recall", "metrik: recall", 13, "criteria[0].metrik", "The key 'metrik' is not known here.", "Did you mean 'metric'?"),
        ("value: 0.70", "value: high", 15, "criteria[0].threshold.value", "Found 'high', expected a number.", ""),
        ("value: 0.70", "value: .nan", 15, "criteria[0].threshold.value", "nan is no limit.", "Write a number."),
        ("value: 0.70", "value: .inf", 15, "criteria[0].threshold.value", "inf is no limit.", "Write a number."),
        ("priority: must", "priority: most", 7, "priority", "Found 'most', expected one of must, should, could.", "Did you mean 'must'?"),
        ("id: false-alarms", "id: recall", 19, "criteria[1].id", "The criterion id 'recall' stands twice.", "Give one of them another id."),
        ("id: recall", "id: Recall!", 11, "criteria[0].id", "'Recall!' is not an id of a criterion.", "Use lower-case letters, digits and single hyphens."),
        ("6a1f5b1e", "6a1f5b1", 3, "uuid", "'6a1f5b1-6f0e-4c58-9a53-0d6a3f6d8a11' is not a UUID.", "Write 32 hexadecimal digits as 8-4-4-4-12; python -m uuid -u uuid4 makes one."),
        ("id: REQ-tool-failure-warning", "id: REQ-other", 2, "id", "The id is 'REQ-other' but the file is called 'REQ-tool-failure-warning.md'.", "Rename the file to REQ-other.md."),
        ("id: REQ-tool-failure-warning", "id: REQ_tool", 2, "id", "'REQ_tool' is not an id of a requirement.", "Write REQ- and then lower-case letters, digits and single hyphens."),
        ("where: [deployment]", "where: [deploy]", 26, "criteria[2].where[0]", "Found 'deploy', expected one of data, validation, deployment, shadow, runtime.", "Did you mean 'deployment'?"),
        ("where: [deployment]", "where: []", 26, "criteria[2].where", "The criterion applies nowhere.", "Name at least one of data, validation, deployment, shadow, runtime."),
        ("where: [deployment]", "where: [data, data]", 26, "criteria[2].where[1]", "'data' stands twice.", "Remove one."),
        ("level: 0.95}\n    min", "level: 95}\n    min", 16, "criteria[0].bound.level", "Found 95.0, expected a level between 0.5 and 1, neither included.", "Write 0.95 unless there is a reason."),
        ("side: lower", "side: upper", 16, "criteria[0].bound.side", "The upper bound passes >= most easily when there is least evidence.", "Write side: lower."),
        ("min_samples: 100", "min_samples: -1", 17, "criteria[0].min_samples", "Found -1, expected 0 to 1,000,000,000.", "Write how many samples the whole needs at least."),
        ("min_samples: 100", "min_samples: 99.5", 17, "criteria[0].min_samples", "Found 99.5, expected a whole number.", ""),
        ("by: [variant]", "by: []", 18, "criteria[0].slices.by", "No column is named.", "Name the columns whose values make the slices."),
        ("title: Tool failures are announced in time", 'title: " "', 5, "title", "The title is empty.", "Write a few words."),
        ("metric: recall", "metric: recal", 13, "criteria[0].metric", "There is no metric 'recal'.", "Did you mean 'recall'?"),
        ("clock: operating", "clok: operating", 14, "criteria[0].params.clok", "The metric recall has no parameter 'clok'.", "Did you mean 'clock'?"),
        ("clock: operating", "clock: wall", 14, "criteria[0].params.clock", "Expected one of operating, calendar.", "Write operating or calendar."),
        ("[5 min, 2 h]", "[2 h, 5 min]", 14, "criteria[0].params.lead", "Expected the shorter one first, none below 0.", "Write the shortest and longest time ahead, such as [5 min, 2 h]."),
        ("[5 min, 2 h]", "[5, 120]", 14, "criteria[0].params.lead", "Expected a unit as in '5 min', found 5.", "Write the shortest and longest time ahead, such as [5 min, 2 h]."),
        ("clock: operating", "clock: .nan", 14, "criteria[0].params", "clock: nan cannot be recorded; use null and say why.", "Write a finite number, text or a list of them."),
        ("unit: episode, lead: [5 min, 2 h]", "unit: event, lead: [5 min, 2 h]", 14, "criteria[0].params.unit", "Metric recall has no unit 'event'.", "Use sample or episode."),
        ("method: wilson", "method: poisson", 16, "criteria[0].bound.method", "The metric recall has no poisson bound.", "Use one of: bootstrap, wilson."),
        ("metric: input_to_decision_p99_ms", "metric: input_to_decision_p99_ms\n    slices: {by: [asset]}", 28, "criteria[2].slices", "The metric input_to_decision_p99_ms cannot be sliced.", "Remove the slices."),
        ("type: quality\n", "", 2, "", "The field 'type' is missing.", "Add type: <functional | quality | constraint | data | legal>."),
        ("owner: maintenance", "owner: maintenance\nowner: production", 7, "owner", "The key stands twice.", "Remove one 'owner'."),
        ("role: refines}", "role: refines}\n  - {to: UC-tool-failure}", 10, "links[1]", "The link refines UC-tool-failure stands twice.", "Remove one."),
    ],
)  # fmt: skip
@pytest.mark.job("requirements/file-mistakes", against="cases", what="written cases")
def test_a_mistake_is_named_with_its_line_and_field(old: str, new: str, line: int, field: str, message: str, hint: str):
    """File, line, field, what was found, what was expected, and the fix where it can be guessed."""
    assert old in REQUIREMENT
    found = problems(REQUIREMENT.replace(old, new, 1))
    misspelt = [p for p in found if p.message.endswith("is missing.")] if "not known" in message else []
    assert [p for p in found if p not in misspelt] == [Problem(FILE, line, field, message, hint)]
    assert len(misspelt) == ("not known" in message)


def test_all_mistakes_of_a_file_are_reported_together():
    """A person who edits a file wants one round, not five."""
    text = REQUIREMENT.replace("owner: main", "ownr: main").replace("value: 0.70", "value: high")
    text = text[: text.index("While a machine")]
    found = {(p.line, p.field) for p in problems(text)}
    assert found == {(6, "ownr"), (2, ""), (15, "criteria[0].threshold.value"), (35, "statement")}


def test_a_file_without_a_statement_is_refused():
    """Headings are no statement; the line is the last one of the file."""
    text = REQUIREMENT[: REQUIREMENT.index("While a machine")] + "# A heading\n"
    [found] = problems(text)
    assert (found.line, found.field, found.message) == (36, "statement", "The requirement has no statement.")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 0, "The file is empty."),
        ("Hello\n", 1, "The front matter is missing."),
        ("---\nid: x\n", 1, "The front matter has no end."),
        ("---\nid: [\n---\nText.\n", 3, "This is not valid YAML"),
        ("---\n---\nText.\n", 0, "Found nothing, expected fields"),
        ("---\n- a\n---\nText.\n", 2, "Found a list of 1, expected fields"),
    ],
)
def test_what_is_no_requirement_is_refused(text: str, line: int, message: str):
    """Whatever stands in the file, the answer is a problem at a place, never a traceback."""
    found = problems(text)
    assert found[0].message.startswith(message)
    assert found[0].line == line


def test_bytes_that_are_not_utf8_are_named_by_line(tmp_path: Path):
    """Latin-1 from an old editor is the usual case."""
    view = project(tmp_path, {FILE: REQUIREMENT.replace("producing,", "läuft,").encode("latin-1")}, [READER])
    [found] = view.problems
    assert (found.file, found.line) == (FILE, 36)
    assert found.message == "The byte 0xe4 is not UTF-8."
    assert not view.facets


def test_a_file_of_50_mb_is_refused_without_reading_it_all(tmp_path: Path):
    """Somebody pastes a data set below the front matter."""
    view = project(tmp_path, {FILE: REQUIREMENT.encode() + b"x" * 50_000_000}, [READER])
    [found] = view.problems
    assert "a project file has at most 1.0 MB" in found.message


def test_a_link_to_nothing_is_named_at_its_line(tmp_path: Path):
    """The nearest known id is offered."""
    files = {
        "requirements/REQ-a.md": small("REQ-a", "\n  - {to: REQ-bb}\n  - {to: UC-gone}", number=1),
        "requirements/REQ-b.md": small("REQ-b", number=2),
    }
    view = project(tmp_path, files, [READER])
    assert view.problems == (
        Problem("requirements/REQ-a.md", 8, "links[0].to", "There is no 'REQ-bb', or its file cannot be read.", "Did you mean 'REQ-b'?"),
        Problem("requirements/REQ-a.md", 9, "links[1].to", "There is no 'UC-gone', or its file cannot be read.", ""),
    )  # fmt: skip


def test_links_in_a_circle_are_named_once(tmp_path: Path):
    """Three requirements refine each other; a fourth that leads into the circle is not part of it."""
    files = {
        f"requirements/REQ-{a}.md": small(f"REQ-{a}", f"[{{to: REQ-{b}}}]", number=n)
        for n, (a, b) in enumerate(["ab", "bc", "ca", "da"])
    }
    [found] = project(tmp_path, files, [READER]).problems
    assert found.message == "The links lead in a circle: REQ-a -> REQ-b -> REQ-c -> REQ-a."
    assert (found.file, found.line, found.field) == ("requirements/REQ-a.md", 7, "links[0].to")


def test_two_requirements_that_conflict_with_each_other_are_no_circle(tmp_path: Path):
    """A conflict is mutual by nature."""
    files = {
        f"requirements/REQ-{a}.md": small(f"REQ-{a}", f"[{{to: REQ-{b}, role: conflicts}}]", number=n)
        for n, (a, b) in enumerate(["ab", "ba"])
    }
    assert project(tmp_path, files, [READER]).problems == ()


def test_a_requirement_that_links_to_itself_is_a_circle(tmp_path: Path):
    """The shortest circle there is."""
    [found] = project(tmp_path, {"requirements/REQ-a.md": small("REQ-a", "[{to: REQ-a}]")}, [READER]).problems
    assert found.message == "The links lead in a circle: REQ-a -> REQ-a."


def test_one_uuid_for_two_requirements_is_refused(tmp_path: Path):
    """A copied file keeps its uuid; the exchange with other systems would merge the two."""
    files = {f"requirements/REQ-{a}.md": small(f"REQ-{a}", number=7) for a in "ab"}
    [found] = project(tmp_path, files, [READER]).problems
    assert (found.file, found.line, found.field) == ("requirements/REQ-b.md", 3, "uuid")
    assert found.message == "REQ-a has the same uuid."


def test_long_chains_of_links_are_walked_without_recursion():
    """Ten thousand requirements in a row, the last linked to the first."""
    edges = {str(i): [str(i + 1)] for i in range(10_000)}
    assert list(circles(edges)) == []
    edges["10000"] = ["0"]
    [circle] = circles(edges)
    assert len(circle) == 10_001


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=3), max_size=6))
def test_circles_are_told_exactly_when_there_are_some(edges: dict[str, list[str]]):
    """Every told circle exists, and without one a topological order exists."""
    import graphlib

    found = list(circles(edges))
    for circle in found:
        assert all(b in edges[a] for a, b in zip(circle, [*circle[1:], circle[0]], strict=True))
    try:
        list(graphlib.TopologicalSorter(edges).static_order())
        cyclic = False
    except graphlib.CycleError:
        cyclic = True
    assert bool(found) == cyclic


@settings(max_examples=60)
@given(st.text(max_size=80), st.integers(0, len(REQUIREMENT)), st.integers(0, 60))
def test_any_damage_gives_facets_or_problems(noise: str, at: int, length: int):
    """Random edits of a real file never end in another exception."""
    text = REQUIREMENT[:at] + noise + REQUIREMENT[at + length :]
    try:
        found = [f.content for f in READER.facets(text, FILE)]
    except InvalidFile as error:
        found = [str(p) for p in error.problems]
    assert all(found)
    assert found


def test_the_statement_is_the_first_paragraph():
    """Headings above it are passed over, and a rationale below it is not taken in."""
    assert first_paragraph("# Title\n\nThe system\n  shall stop.\n\nRationale.") == "The system shall stop."
    assert first_paragraph("\n\n# Only a heading\n") == ""
