"""The page of one monitor: evidence, signals, alarms, fatigue, proposals; and the ways that lead to it."""

from pathlib import Path

from tests.small_cell import opened as composed
from tests.workbench.desk import opened
from tests.workbench.furnished import DRIFT, HOUR, OPEN_DRIFT

from ninefold.kernel.records import Draft, encode
from ninefold.operations.monitoring.fatigue import InShift, in_shifts
from ninefold.operations.monitoring.models import model_of
from ninefold.operations.monitoring.proposals import decide
from ninefold.vocabulary.alarm import AlarmEpisode
from ninefold.vocabulary.calendar import Calendar, PlannedStop
from ninefold.vocabulary.proposal import PROPOSAL, Proposal
from ninefold.vocabulary.runtime import RUNTIME, Runtime

PAGE = "/monitoring/REQ-tool-failure-warning/input-drift"


def panel(text: str, name: str) -> str:
    return text.split(f'id="{name}"')[1].split("</section>")[0]


def test_evidence_stands_against_the_budget_over_the_calendar(lived: Path) -> None:
    """Of the machine that moved most, with shift, tool change, maintenance, the bundle, and the alarm where it was."""
    with opened(lived) as client:
        text = client.get(PAGE).text
    evidence = panel(text, "evidence")
    assert "input-drift: m4 has drifted" in text
    assert "m4: evidence in 8 windows" in evidence
    assert "alarms from 0, the budget of 1 a year" in evidence
    assert all(w in evidence for w in (">early<", "tool change", "maintenance: planned_change", "n-version", "raised"))
    assert "in state: producing" in evidence
    assert "blocks of training" in panel(text, "test")


def test_signals_are_held_against_training_as_the_bundle_carries_it(lived: Path) -> None:
    """Shift and PSI from the counts of windows; a watched signal that windows do not count is told by the device."""
    with opened(lived) as client:
        signals, quiet = panel(client.get(PAGE).text, "signals"), panel(client.get(f"{PAGE}?asset=m1").text, "signals")
    assert signals.index("process_air_residual") < signals.index("temperature_lift_mean")
    assert signals.count("Among the strongest") == 3
    assert signals.count("if unchanged") == 2
    assert quiet.count("Inside normal") == 2
    assert quiet.count("Among the strongest") == 1


def test_a_machine_is_chosen_in_the_address(lived: Path) -> None:
    """One that nobody knows is not an error: the one that moved most is shown."""
    with opened(lived) as client:
        assert "m7: evidence in 8 windows" in client.get(f"{PAGE}?asset=m7").text
        assert "m4: evidence in 8 windows" in client.get(f"{PAGE}?asset=nobody").text


def test_a_proposal_stands_with_its_decision(lived: Path) -> None:
    """Who decided, and why."""
    with composed(lived) as composer:
        store, now = composer.session.store, composer.clock.now()
        body = Proposal("tool-failure", "new variant", now - HOUR, OPEN_DRIFT, "m4", 12, 60, 1.5, None, now)
        [id] = store.put([Draft(PROPOSAL, encode(PROPOSAL, body), "propose@1", "person-1", now)])
        watched = model_of(composer.session.view(), "tool-failure")
        decide(store, id, watched, "person-1", now, accept=False, reason="too few labels")
    with opened(lived) as client:
        proposals = panel(client.get(PAGE).text, "proposals")
    assert "new variant" in proposals
    assert "Put away" in proposals
    assert "too few labels" in proposals


def test_labels_mature_from_count_to_count(lived: Path) -> None:
    """The newest first, with the bound that comes down."""
    with composed(lived) as composer:
        now = composer.clock.now()
        for n, upper in ((1, 4.0), (2, 2.5)):
            body = Runtime("tool-failure", 1, now - (9 - n) * HOUR, n, 6, {"false": 1}, 5 - n, 1.0, upper, 10 * n, 60)
            composer.session.store.put([Draft(RUNTIME, encode(RUNTIME, body), "runtime@1", "step:runtime", now + n)])
    with opened(lived) as client:
        performance = panel(client.get(PAGE).text, "performance").split("How labels matured")[-1]
    assert performance.index("20 of 60 labels") < performance.index("10 of 60 labels")


def test_ways_lead_to_it(lived: Path) -> None:
    """From the list, the board, the alarm, the task and the trace of its reference, and the search."""
    with opened(lived) as client:
        for path in (
            "/monitoring", "/", f"/alarms/{OPEN_DRIFT}", "/tasks/monitor:tool-failure", "/trace/monitor:tool-failure",
            "/trace/rollout:cell-gateways/gateway-1", "/find?q=input-drift",
        ):  # fmt: skip
            assert f'href="{PAGE}"' in client.get(path).text, path


def test_what_nothing_watches_is_not_there(lived: Path) -> None:
    """A criterion without windows says why; a name that no requirement has is not found."""
    with opened(lived) as client:
        assert "no device has sent a window" in client.get("/monitoring/REQ-tool-failure-warning/products").text
        assert client.get("/monitoring/REQ-nobody/input-drift").status_code == 404


def test_alarms_are_counted_by_shift() -> None:
    """By the plant's own clock; a planned stop is no shift, and what was raised outside of any is told apart."""
    calendar = Calendar("Europe/Berlin", {"early": "06:00-14:00", "night": "22:00-06:00"}, (PlannedStop(every="sun"),))
    now = 1_795_521_600_000_000  # Tuesday, 13:00 in the plant
    hours = {"a": 2, "b": 3, "c": 10, "d": 17, "e": 24 * 40}
    outcomes = {"a": "false", "c": "confirmed"}
    raised = [
        AlarmEpisode(n, "m1", DRIFT, "cleared", now - h * HOUR, outcome=outcomes.get(n))  # type: ignore[arg-type]  # outcomes
        for n, h in hours.items()
    ]
    assert in_shifts(raised, calendar, now) == [
        InShift("early", 25, 2, 1, 1), InShift("night", 24, 1, 0, 1), InShift("", 0, 1, 0, 0),
    ]  # fmt: skip
