"""Triage: a fault gives a work order and a resumed baseline, what is new gives a proposal that promotes nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.operations.monitoring.conftest import DRIFT, HOUR, NOW, Raise

from ninefold.kernel.errors import NotFound, Refused
from ninefold.kernel.records import Draft, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.view import Facet, View
from ninefold.operations.monitoring.breaches import follow
from ninefold.operations.monitoring.episodes import episodes
from ninefold.operations.monitoring.models import Log, Watched
from ninefold.operations.monitoring.pages import proposals_table
from ninefold.operations.monitoring.policy import resets_of
from ninefold.operations.monitoring.proposals import decide, proposals, propose
from ninefold.operations.monitoring.triage import new_normal, process_fault, repaired
from ninefold.recipes import Label
from ninefold.vocabulary.alarm import AlarmEpisode
from ninefold.vocabulary.approval import APPROVAL, Approval
from ninefold.vocabulary.criterion import ActionSpec
from ninefold.vocabulary.proposal import PROPOSAL, Proposal
from ninefold.vocabulary.quantity import Duration
from ninefold.vocabulary.work_order import WORK_ORDER

ID, DAY = "a" * 64, 24 * HOUR
LABEL = Label("log", "tool_failure", (Duration(300), Duration(7200)), mature_after=Duration(3 * 86400))
WATCHED = Watched("tool-failure", "UC-x", "r", LABEL, "dataset:log", ("dataset:cell", "dataset:log"))


def log(days: list[float], as_of: int) -> Log:
    """Return a log of tool failures so many days before its end."""
    kinds = np.empty(len(days), object)
    kinds[:] = "tool_failure"
    occurred = np.array([as_of - round(d * DAY) for d in days], np.int64)
    return Log({"event": kinds, "occurred": occurred, "known": occurred, "asset": kinds}, as_of)


@pytest.mark.job("monitoring/work-order", against="cases", what="evidence made for the test, in a real store")
def test_a_process_fault_becomes_a_work_order_and_nothing_is_retrained(
    store: SqliteStore, raised: Raise, tmp_path: Path
) -> None:
    """A record and a file for the maintenance system with asset and signals; the alarm is acknowledged."""
    raised()
    made = process_fault(store, tmp_path, ID, "person-1", "fan", NOW)
    text = made.path.read_text()
    assert made.path == tmp_path / "work-orders" / f"{made.order.number}.md"
    assert "asset: m3" in text
    assert "| process_air_residual | low | -0.9 | 1.8 |" in text
    assert len(store.of_kind(WORK_ORDER)) == 1
    assert store.of_kind(PROPOSAL) == []
    assert episodes(store, NOW)[0].episode.state == "acknowledged"
    assert resets_of(store) == {}
    with pytest.raises(Refused, match="triaged before as process_fault"):
        process_fault(store, tmp_path, ID, "person-1", "fan", NOW)


@pytest.mark.job("monitoring/repaired", against="cases", what="evidence made for the test, in a real store")
def test_after_the_repair_the_baseline_resumes(store: SqliteStore, raised: Raise, tmp_path: Path) -> None:
    """The asset's detectors begin anew, its alarm is over and confirmed; a second repair finds nothing to do."""
    with pytest.raises(NotFound, match="m3 has no open work order"):
        repaired(store, "m3", "p", NOW)
    raised()
    raised("c" * 64, "m4")
    process_fault(store, tmp_path, ID, "person-1", "fan", NOW)
    done = repaired(store, "m3", "person-1", NOW + HOUR)
    assert len(done.work_orders) == 1
    assert resets_of(store) == {"m3": 1}
    first, other = (h.episode for h in episodes(store, NOW + HOUR))
    assert (first.state, first.outcome, first.judged_by) == ("cleared", "confirmed", "person-1")
    assert other.state == "raised"
    with pytest.raises(NotFound, match="no open work order"):
        repaired(store, "m3", "p", NOW + HOUR)
    with pytest.raises(Refused, match="is cleared"):
        process_fault(store, tmp_path, ID, "p", "", NOW + HOUR)


def test_what_is_new_and_normal_becomes_a_proposal_with_its_date(store: SqliteStore, raised: Raise) -> None:
    """Labels count from the alarm on, once mature; the rest comes at the rate of the last 28 days."""
    episode = raised(at=NOW - 10 * DAY)
    found = log([9, 8, 7, 2, 1, 20, 25], NOW)  # three are mature since the alarm, seven in 28 days
    proposal = propose(WATCHED, episode, found, 10, "new variant K")
    assert (proposal.labels, proposal.needed, proposal.rate_per_day) == (3, 10, 0.25)
    assert proposal.enough_at == NOW + 28 * DAY
    id = new_normal(store, ID, "person-1", "new variant K", proposal, NOW)
    [standing] = proposals(store)
    assert (standing.record.id, standing.proposal, standing.decision) == (id, proposal, None)
    assert proposals_table([standing]).rows[0][4] == "3 of 10"
    assert resets_of(store) == {}


def test_without_events_no_date_is_promised() -> None:
    """No rate, no date; enough labels need none."""
    episode = AlarmEpisode(ID, "m3", DRIFT, "raised", NOW - 10 * DAY)
    assert propose(WATCHED, episode, log([], NOW), 10, "").enough_at is None
    enough = propose(WATCHED, episode, log([9, 8], NOW), 2, "")
    assert (enough.labels, enough.enough_at) == (2, None)


@pytest.mark.job("monitoring/proposal", against="cases", what="evidence made for the test, in a real store")
def test_accepting_a_proposal_names_commands_and_promotes_nothing(store: SqliteStore, raised: Raise) -> None:
    """Data again, the same gate, a signature; the store holds the decision and nothing else is new."""
    proposal = propose(WATCHED, raised(), log([], NOW), 10, "new variant K")
    id = new_normal(store, ID, "person-1", "", proposal, NOW)
    before = len(store.log(1000))
    done = decide(store, id[:12], WATCHED, "person-1", NOW, accept=True)
    assert done.commands == (
        "ninefold run --again dataset:cell", "ninefold run --again dataset:log", "ninefold run",
        "ninefold gate tool-failure", "ninefold sign tool-failure --reason REASON", "ninefold deploy DEPLOYMENT",
    )  # fmt: skip
    assert done.standing == ""
    assert [r.kind for r in store.log(len(store.log(1000)) - before)] == ["proposal-decision@1"]
    with pytest.raises(Refused, match="was accepted before"):
        decide(store, id, WATCHED, "person-1", NOW, accept=False)
    with pytest.raises(NotFound, match="No proposal found"):
        decide(store, "ffff", WATCHED, "person-1", NOW, accept=True)


def test_a_live_standing_approval_spares_the_signature_not_the_gate(store: SqliteStore, raised: Raise) -> None:
    """One that ended spares nothing."""
    proposal = propose(WATCHED, raised(), log([], NOW), 10, "")
    id = new_normal(store, ID, "person-1", "", proposal, NOW)
    terms = Approval("tool-failure", "standing", {}, "p", "", "", {}, NOW + DAY, 2)
    [approval] = store.put([Draft(APPROVAL, encode(APPROVAL, terms), "sign@1", "p", NOW)])
    done = decide(store, id, WATCHED, "person-1", NOW, accept=True)
    assert done.standing == approval
    assert "ninefold gate tool-failure" in done.commands
    assert not any(c.startswith("ninefold sign") for c in done.commands)


def _view(then: Any) -> View:
    return View([Facet("REQ-x#action/input-drift", "action", ActionSpec("REQ-x", "input-drift", then))], {}, 0)


@pytest.mark.parametrize("then", ["alert", "propose_retrain", "rollback", "stop"])
@pytest.mark.job("monitoring/breach", against="cases", what="evidence made for the test, in a real store")
def test_a_breach_is_followed_once_as_the_requirement_says(store: SqliteStore, raised: Raise, then: str) -> None:
    """By default nothing beyond the alarm; rollback and stop go to the device that raised it."""
    raised()
    raised("d" * 64, "m2", "tool-failure")
    ordered: list[tuple[str, str]] = []

    def proposed(episode: AlarmEpisode) -> Proposal:
        return propose(WATCHED, episode, log([], NOW), 10, "breach")

    for _ in range(2):
        follow(store, _view(then), lambda *o: ordered.append(o), proposed, "centre", NOW)
    assert ordered == ([("edge:gateway-1", then)] if then in {"rollback", "stop"} else [])
    assert len(proposals(store)) == (then == "propose_retrain")


def test_what_could_not_be_done_is_tried_again(store: SqliteStore, raised: Raise) -> None:
    """A target that was never told to run anything cannot go back; the problem is said."""
    raised()

    def order(target: str, command: str) -> None:
        raise NotFound(f"{target} was never told to {command}.")

    for _ in range(2):
        [done] = follow(store, _view("stop"), order, lambda _: pytest.fail("not asked"), "centre", NOW)
        assert "never told" in done.problem
