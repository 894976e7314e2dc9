"""Use-case files and the sheet become facets, and every mistake is named with its line and field."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.design.requirements.sample import project

from ninefold.design.prioritisation.files import READERS, SheetReader, UseCaseReader
from ninefold.kernel.errors import InvalidFile, Problem
from ninefold.vocabulary.use_case import DataNeed, DataNeeds, Score, Scores

FILE = "use-cases/UC-tool-failure.md"
USE_CASE = """---
id: UC-tool-failure
stage: candidate
owner: production
title: Warn of tool failures
scores: {benefit: [3, 5], urgency: 4, feasibility: unknown, risk: 2}
value: {per_year: [12000, 32000], currency: EUR, basis: "8 machines x 2.5 failures a week"}
gates: {ai_needed: true, prohibited_practice: false, owner_named: true}
data_needs:
  - {signal: spindle_torque, assets: cell-1/*, rate_hz: 0.1, history: 180 d, max_gap: 30 s, fresh: 1 h, when: [producing]}
  - {signal: tool_failure, kind: event, from: maintenance-log, per_class: derived}
---
Eight machines of the milling cell.
"""


def contents(text: str) -> dict[str, str]:
    """Return the content of each facet."""
    return {f.name.partition("#")[2]: f.content for f in UseCaseReader().facets(text, FILE)}


def test_a_use_case_becomes_its_facets():
    """Index, scores with ranges and unknowns made plain, and data needs in seconds."""
    index, scores, needs = UseCaseReader().facets(USE_CASE, FILE)
    assert (index.body.id, index.body.stage, index.body.title) == (
        "UC-tool-failure",
        "candidate",
        "Warn of tool failures",
    )
    assert isinstance(scores.body, Scores)
    assert scores.body.scores == {
        "benefit": Score(3, 5), "urgency": Score(4, 4), "feasibility": Score(0, 5, known=False), "risk": Score(2, 2),
    }  # fmt: skip
    assert isinstance(needs.body, DataNeeds)
    torque, failure = needs.body.needs
    assert (torque.history, torque.max_gap, torque.fresh, torque.when) == (180 * 86400, 30, 3600, ("producing",))
    assert failure == DataNeed("tool_failure", kind="event", from_="maintenance-log", per_class="derived")


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ("Eight machines of", "The machines of", set()),
        ("urgency: 4", "urgency: 4.0", set()),
        ("urgency: 4", "urgency: [4, 4]", set()),
        ("180 d", "4320 h", set()),
        ("1 h", "60 min", set()),
        ("urgency: 4", "urgency: 3", {"scores"}),
        ("feasibility: unknown", "feasibility: [0, 5]", {"scores"}),
        ("180 d", "90 d", {"data_needs"}),
        ("stage: candidate", "stage: selected", {"index"}),
    ],
)
def test_an_edit_moves_exactly_the_facets_that_it_touches(old: str, new: str, moved: set[str]):
    """Prose and spelling are in none; a score is not a data need."""
    assert old in USE_CASE
    before, after = contents(USE_CASE), contents(USE_CASE.replace(old, new, 1))
    assert {name for name in before if before[name] != after[name]} == moved


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "message"),
    [
        ("id: UC-tool-failure", "id: UC-other", 2, "id", "The id is 'UC-other' but the file is called 'UC-tool-failure.md'."),
        ("id: UC-tool-failure", "id: UC Tool", 2, "id", "'UC Tool' is not an id of a use case."),
        ("owner: production", "owner: ''", 4, "owner", "The owner is empty."),
        ("stage: candidate", "stage: someday", 3, "stage", "Found 'someday', expected one of idea, candidate, selected, development, production, retired."),
        ("urgency: 4", "urgency: 6", 6, "scores.urgency", "Found 6, expected 0 to 5."),
        ("urgency: 4", "urgency: .nan", 6, "scores.urgency", "Found nan, expected 0 to 5."),
        ("urgency: 4", "urgency: [4, 2]", 6, "scores.urgency", "[4.0, 2.0] is no range within 0 to 5."),
        ("urgency: 4", "urgency: [1, 2, 3]", 6, "scores.urgency", "Found a list of 3, expected a number or a list of 2 or unknown."),
        ("urgency: 4", "urgency: high", 6, "scores.urgency", "Found 'high', expected a number or a list of 2 or unknown."),
        ("[12000, 32000]", "[32000, 12000]", 7, "value.per_year", "[32000.0, 12000.0] is no range of values."),
        ("rate_hz: 0.1", "rate_hz: 0", 10, "data_needs[0].rate_hz", "Found 0, expected a rate above 0."),
        ("rate_hz: 0.1", "rate: 0.1", 10, "data_needs[0].rate", "The key 'rate' is not known here."),
        ("history: 180 d", "history: 180", 10, "data_needs[0].history", "Expected a unit as in '5 min', found 180."),
        ("history: 180 d", "history: 0 d", 10, "data_needs[0].history", "Found 0 s, expected a length of time above 0."),
        ("per_class: derived", "per_class: 0", 11, "data_needs[1].per_class", "Found 0, expected 1 or more."),
        ("kind: event, ", "", 11, "data_needs[1].per_class", "Only events are counted by class."),
        ("per_class: derived", "rate_hz: 1", 11, "data_needs[1]", "Events have no rate and no gap."),
        ("ai_needed: true", "ai_needed: perhaps", 8, "gates.ai_needed", "Found 'perhaps', expected true or false or unknown."),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_field(old: str, new: str, line: int, field: str, message: str):
    """Every bound of a use case's file, each with its message."""
    assert old in USE_CASE
    with pytest.raises(InvalidFile) as caught:
        list(UseCaseReader().facets(USE_CASE.replace(old, new, 1), FILE))
    [found] = caught.value.problems
    assert (found.file, found.line, found.field, found.message) == (FILE, line, field, message)


def test_scores_that_the_sheet_does_not_know_are_named(tmp_path: Path):
    """A misspelt criterion would silently count as unknown."""
    text = USE_CASE.replace("urgency: 4", "urgncy: 4").replace("ai_needed", "ai_neded")
    view = project(tmp_path, {FILE: text}, READERS)
    assert view.problems == (
        Problem(FILE, 6, "scores.urgncy", "The default sheet has no criterion 'urgncy'.", "Did you mean 'urgency'?"),
        Problem(FILE, 8, "gates.ai_neded", "The default sheet has no gate 'ai_neded'.", "Did you mean 'ai_needed'?"),
    )


def test_a_sheet_of_the_project_replaces_the_default_one(tmp_path: Path):
    """Then its criteria are the known ones."""
    sheet = "criteria: {benefit: {weight: 2}, risk: {weight: 1, sense: cost}}\nstrength: 20\n"
    view = project(tmp_path, {FILE: USE_CASE, "prioritisation.yaml": sheet}, READERS)
    fields = {p.field for p in view.problems}
    gates = {"gates.ai_needed", "gates.prohibited_practice", "gates.owner_named"}
    assert fields == {"scores.urgency", "scores.feasibility"} | gates
    assert view.facets["prioritisation#sheet"].body.strength == 20


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        ("", "", "Found nothing, expected fields (criteria, gates, strength, draws, seed)."),
        ("criteria: {}\n", "criteria", "Found 0 criteria, expected 1 to 100."),
        ("criteria: {a: {weight: -1}, b: {weight: 1}}\n", "criteria.a.weight", "Found -1, expected 0 or more."),
        ("criteria: {a: {weight: 0}}\n", "criteria", "All weights are 0."),
        ("criteria: {a b: {weight: 1}}\n", "criteria.a b", "'a b' is not a name of a criterion."),
        ("criteria: {a: {weight: 1, sense: bad}}\n", "criteria.a.sense", "Found 'bad', expected one of benefit, cost."),
        ("criteria: {a: {weight: 1}}\ndraws: 10\n", "draws", "Found 10, expected 100 to 1,000,000."),
        ("criteria: {a: {weight: 1}}\ndraws: 99999999999\n", "draws", "Found 99999999999, expected 100 to 1,000,000."),
        ("criteria: {a: {weight: 1}}\nstrength: -2\n", "strength", "Found -2, expected 0 to 1,000,000."),
        ("criteria: {a: {weight: 1}}\nseed: -2\n", "seed", "Found -2, expected 0 or more."),
        ("criteria: {a: {weight: .inf}}\n", "criteria.a.weight", "Found inf, expected 0 or more."),
    ],
)
def test_a_mistake_in_the_sheet_is_named(text: str, field: str, message: str):
    """Weights, draws and strength are bounded where they enter."""
    with pytest.raises(InvalidFile) as caught:
        list(SheetReader().facets(text, "prioritisation.yaml"))
    assert (field, message) in {(p.field, p.message) for p in caught.value.problems}


@settings(max_examples=60)
@given(st.text(max_size=60), st.integers(0, len(USE_CASE)), st.integers(0, 60))
def test_any_damage_gives_facets_or_problems(noise: str, at: int, length: int):
    """Random edits of a real file never end in another exception."""
    text = USE_CASE[:at] + noise + USE_CASE[at + length :]
    try:
        found = [f.content for f in UseCaseReader().facets(text, FILE)]
    except InvalidFile as error:
        found = [str(p) for p in error.problems]
    assert found
    assert all(found)
