"""The stages of a rollout: evidence promotes, failure and time roll back, orders always win."""

from typing import Any

import msgspec
import pytest

from ninefold.edge.comparison import Comparison
from ninefold.edge.evidence import Seen
from ninefold.edge.rollout import (
    Rollout,
    advance,
    criteria_of,
    failed,
    ordered,
    refused,
    staged,
    started,
    take,
    wants,
)
from ninefold.kernel.parcel import from_bytes, to_bytes
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec, Threshold
from ninefold.vocabulary.desired import (
    Acceptance,
    BundleRef,
    Desired,
    DesiredDocument,
    Require,
    Stage,
    StageCriterion,
    Until,
)
from ninefold.vocabulary.quantity import Duration, Share

REQ = "REQ-tool-failure-warning"


def criterion(id: str, metric: str, op: Any, value: float, min_samples: int = 0) -> StageCriterion:
    where = ("shadow",)
    return StageCriterion(
        MetricSpec(REQ, id, metric, where),
        CriterionSpec(REQ, id, Threshold(op, value), min_samples),
    )


LATENCY, RECALL, ALARMS = f"{REQ}/decision-latency", f"{REQ}/recall", f"{REQ}/false-alarms"
CRITERIA = (
    criterion("decision-latency", "input_to_decision_p99_ms", "<=", 50),
    criterion("recall", "recall", ">=", 0.7, 100),
    criterion("false-alarms", "false_alarms_per_machine_week", "<=", 2),
)
STAGES = (
    Stage("self-test"),
    Stage("shadow", Until(200, Duration(60)), Require((LATENCY,), (RECALL, ALARMS))),
    Stage("canary", Until(200, Duration(60)), Require((), (ALARMS,)), Share(0.5)),
    Stage("active", pending="named_person"),
)


def document(bundle: str = "new", content: str = "c1", **changes: Any) -> DesiredDocument:
    fields: dict[str, Any] = {"rollout": STAGES, "criteria": CRITERIA, **changes}
    return DesiredDocument("r", content, Desired("edge:g", "cell", "m", BundleRef(bundle, "f", 1), **fields))


def seen(parts: int, latency_ms: float = 3.0, more: int = 0) -> Seen:
    return Seen(parts, parts, parts, (latency_ms,) * max(100, parts), Comparison(parts, more, 0))


def in_stage(name: str, active: str = "old", **changes: Any) -> Rollout:
    state = staged(take(Rollout(active=active), document(**changes)), "new")
    for _ in range(10):
        if state.state == name:
            return state
        state = advance(state, seen(200), 1.0, now=0)
    raise AssertionError(f"never in {name}: {state.state} {state.reason}")


@pytest.mark.job("deployment/stages", against="fake", what="counts")
def test_evidence_leads_from_self_test_to_canary() -> None:
    """Each stage begins anew, with the latencies kept."""
    state = staged(take(Rollout(active="old"), document()), "new")
    assert state.state == "self-test"
    state = advance(state, state.seen, 0.1, 0)
    assert state.state == "shadow"
    state = advance(state, seen(199), 1, 0)
    assert (state.state, state.active) == ("shadow", "old")
    state = advance(state, seen(200), 1, 0)
    assert (state.state, state.seen.parts, state.canary_share) == ("canary", 0, 0.5)


def test_what_is_insufficient_waits_for_a_named_person() -> None:
    """The reason names it, the acceptance of the same rollout lets it go on, and the old bundle is kept."""
    state = advance(in_stage("canary"), seen(200), 1, 0)
    assert state.state == "waits"
    assert state.reason == f"a named person must take over: {ALARMS}, {RECALL}"
    again = advance(state, seen(201), 1, 0)
    assert again.changed == state.changed
    accepted = document(content="c2", accepted=(Acceptance(ALARMS, "r1", 100), Acceptance(RECALL, "r2", 100)))
    assert wants(again, accepted)
    state = advance(take(again, accepted), seen(202), 1, now=50)
    assert (state.state, state.active, state.previous, state.candidate) == ("active", "new", "old", "")


def test_an_acceptance_that_is_over_accepts_nothing() -> None:
    """It has an expiry."""
    state = advance(in_stage("canary"), seen(200), 1, 0)
    accepted = document(content="c2", accepted=(Acceptance(ALARMS, "r1", 100), Acceptance(RECALL, "r2", 100)))
    assert advance(take(state, accepted), seen(202), 1, now=100).state == "waits"


def test_pending_that_nobody_may_take_over_rolls_back() -> None:
    """A rollout without `pending: named_person` does not end in active by waiting."""
    stages = (*STAGES[:3], Stage("active"))
    state = advance(in_stage("canary", rollout=stages), seen(200), 1, 0)
    assert (state.state, state.active) == ("rolled-back", "old")
    assert "nobody may take it over" in state.reason


@pytest.mark.parametrize("name", ["shadow", "canary"])
def test_doubled_alarms_roll_back_at_once(name: str) -> None:
    """Long before the parts of the stage are there."""
    state = advance(in_stage(name), seen(30, more=6), 1, 0)
    assert (state.state, state.active, state.candidate) == ("rolled-back", "old", "")
    assert f"{ALARMS} fails" in state.reason
    assert not wants(state, document())
    assert wants(state, document(content="another"))


def test_while_it_waits_it_is_still_watched() -> None:
    """A candidate that goes wrong while a person thinks is rolled back."""
    state = advance(in_stage("canary"), seen(200), 1, 0)
    assert advance(state, seen(230, more=6), 1, 0).state == "rolled-back"


def test_a_slow_candidate_fails_its_latency() -> None:
    """Measured on the device."""
    state = advance(in_stage("shadow"), seen(100, latency_ms=80), 1, 0)
    assert (state.state, state.active) == ("rolled-back", "old")
    assert "p99 80.00 ms" in state.reason


def test_too_few_parts_in_time_roll_back_with_what_lacked() -> None:
    """at_most without its require is a failure."""
    state = in_stage("shadow")
    state = advance(state, seen(150), 59, 0)
    assert state.state == "shadow"
    state = advance(state, seen(151), 2, 0)
    assert state.state == "rolled-back"
    assert "151 of 200 parts" in state.reason


def test_a_candidate_whose_model_never_decides_fails() -> None:
    """Unless the inputs are bad for both."""
    blind = Seen(30, 2, 29, (1.0,) * 100)
    assert "cannot decide" in advance(in_stage("shadow"), blind, 1, 0).reason
    both = Seen(30, 2, 3, (1.0,) * 100)
    assert advance(in_stage("shadow"), both, 1, 0).state == "shadow"


def test_the_first_bundle_ever_has_nothing_to_be_compared_with() -> None:
    """False alarms are then insufficient, not failed; failing goes back to the fallback."""
    state = in_stage("shadow", active="")
    assert criteria_of(state)[ALARMS].outcome == "insufficient"
    assert failed(state, "x").active == ""


def test_orders_always_win() -> None:
    """In any state; without an earlier bundle the fallback decides."""
    active = Rollout("active", document(), active="new", previous="old")
    back = ordered(active, "rollback", "a person said so")
    assert (back.state, back.active, back.previous) == ("rolled-back", "old", "")
    none = ordered(back, "rollback", "again")
    assert (none.state, none.active) == ("rolled-back", "")
    assert ordered(in_stage("canary"), "rollback", "x").active == "old"
    stopped = take(in_stage("canary"), document(content="c9", command="stop"))
    assert (stopped.state, stopped.candidate) == ("stopped", "")
    assert take(stopped, document(bundle="old", content="c10")).state == "active"


def test_a_rollback_of_a_deployment_that_stops_on_failure_stops() -> None:
    """on_failure: stop."""
    state = in_stage("canary", on_failure="stop")
    assert advance(state, seen(30, more=6), 1, 0).state == "stopped"


def test_a_process_that_keeps_dying_under_a_candidate_gives_it_up() -> None:
    """A crash in the runtime cannot be caught, but it can be counted."""
    state = in_stage("shadow")
    for _ in range(2):
        state = started(state)
        assert state.state == "shadow"
    state = started(state)
    assert (state.state, state.active) == ("rolled-back", "old")
    assert "started 4 times" in state.reason


def test_what_runs_already_is_settled_at_once() -> None:
    """Applying is idempotent by the bundle's digest."""
    state = take(Rollout("active", document(), active="new"), document(content="c2"))
    assert (state.state, state.active) == ("active", "new")


def test_a_refused_bundle_leaves_what_runs() -> None:
    """And is not tried again by itself."""
    state = refused(take(Rollout("active", None, active="old"), document()), "signed by nobody")
    assert (state.state, state.active, state.reason) == ("refused", "old", "signed by nobody")
    assert not wants(state, document())


def test_bundles_are_known_by_their_records_as_long_as_something_may_name_them() -> None:
    """What runs for ever, however many came after it and were refused; of those only the last."""
    state = Rollout()
    for number in range(30):
        wanted = document(f"b{number}", f"c{number}")
        ref = msgspec.structs.replace(wanted.desired.bundle, record=f"r{number}")
        wanted = msgspec.structs.replace(wanted, desired=msgspec.structs.replace(wanted.desired, bundle=ref))
        state = take(state, wanted)
        state = refused(state, "no") if number else msgspec.structs.replace(state, state="active", active="b0")
    assert [b.record for b in state.known] == ["r0", *(f"r{n}" for n in range(22, 30))]


def test_the_state_survives_a_restart() -> None:
    """As bytes and back."""
    state = advance(in_stage("canary"), seen(17, more=2), 1.5, 0)
    assert from_bytes(to_bytes(state), Rollout) == state
