"""Alarms and proposals: what people say about them. Each change names the state that it was made on (If-Match)."""

from ninefold.client.answers import Alarm, Page, ProposalDecided, ProposalState, Triaged
from ninefold.client.requests import AlarmJudgement, Clearance, ProposalChoice, Shelving, Triaging
from ninefold.kernel.errors import NotFound
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring import episodes, triage
from ninefold.operations.monitoring.models import log_of, model_of, needed_of
from ninefold.operations.monitoring.proposals import Standing, decide, proposals, propose
from ninefold.vocabulary.triage import Repair
from ninefold.workbench.api.conditions import Seen
from ninefold.workbench.api.operation import Answered, operation
from ninefold.workbench.api.paging import Cursor, Limit, part
from ninefold.workbench.desk import Desk

TAG = "Monitoring"


@operation("GET", "/alarms", tag=TAG)
def alarms(
    desk: Desk, everything: bool = False, asset: str = "", cursor: Cursor = "", limit: Limit = 100
) -> Page[Alarm]:
    """List the open alarms by id, or with `everything` also the cleared ones; of one asset when it is named."""
    held = episodes.episodes(desk.session.store, desk.session.clock.now())
    found = [h for h in held if (everything or episodes.is_open(h.episode)) and (not asset or h.episode.asset == asset)]
    return part(found, lambda h: h.episode.id, cursor, limit, _alarm)


@operation("GET", "/alarms/{id:str}", tag=TAG)
def alarm(desk: Desk, id: str) -> Alarm:
    """Show an alarm by its id; the ETag is what a change sends back."""
    return _shown(desk, id)  # type: ignore[return-value]  # the body of an answer


def _alarm(held: episodes.Held) -> Alarm:
    return Alarm(held.episode, held.record.id, held.raised_by, held.record.id)


def _held(desk: Desk, id: str) -> episodes.Held:
    """Return the alarm with exactly this id."""
    for held in episodes.episodes(desk.session.store, desk.session.clock.now()):
        if held.episode.id == id:
            return held
    raise NotFound(f"No alarm is called {id[:200]}.", hint="List them at /api/v1/alarms?everything=true.")


def _shown(desk: Desk, id: str) -> Answered:
    held = _held(desk, id)
    return Answered(_alarm(held), etag=held.record.id)


def _checked(desk: Desk, id: str, seen: Seen) -> tuple[SqliteStore, str, int]:
    """Return what a change works with, when the alarm is as it was seen."""
    seen.check(_held(desk, id).record.id, f"The alarm {id}")
    return desk.session.store, desk.actor, desk.session.clock.now()


@operation("POST", "/alarms/{id:str}/acknowledgement", role="editor", tag=TAG, matched=True)
def acknowledge(desk: Desk, id: str, seen: Seen) -> Alarm:
    """Say that somebody looks at an alarm."""
    store, by, now = _checked(desk, id, seen)
    episodes.acknowledged(store, id, by, now)
    return _shown(desk, id)  # type: ignore[return-value]  # the body of an answer


@operation("POST", "/alarms/{id:str}/shelving", role="editor", tag=TAG, matched=True)
def shelve(desk: Desk, id: str, data: Shelving, seen: Seen) -> Alarm:
    """Silence an alarm until a moment; then it is raised again."""
    store, by, now = _checked(desk, id, seen)
    episodes.shelved(store, id, by, data.until, data.reason, now)
    return _shown(desk, id)  # type: ignore[return-value]  # the body of an answer


@operation("POST", "/alarms/{id:str}/clearance", role="editor", tag=TAG, matched=True)
def clear(desk: Desk, id: str, data: Clearance, seen: Seen) -> Alarm:
    """End an alarm; the detectors of a drift alarm begin anew."""
    store, by, now = _checked(desk, id, seen)
    triage.ended(store, id, by, data.reason, now)
    return _shown(desk, id)  # type: ignore[return-value]  # the body of an answer


@operation("POST", "/alarms/{id:str}/judgement", role="editor", tag=TAG, matched=True)
def judge(desk: Desk, id: str, data: AlarmJudgement, seen: Seen) -> Alarm:
    """Say what an alarm was: one that was acted on in time is averted, not false."""
    store, by, now = _checked(desk, id, seen)
    episodes.judged(store, id, data.outcome, by, now, data.reason)
    return _shown(desk, id)  # type: ignore[return-value]  # the body of an answer


@operation("POST", "/alarms/{id:str}/triage", role="editor", tag=TAG, matched=True)
def triage_alarm(desk: Desk, id: str, data: Triaging, seen: Seen) -> Triaged:
    """Say what is behind an alarm: a fault gives a work order, what is new and normal a proposal to retrain."""
    store, by, now = _checked(desk, id, seen)
    if data.finding == "process_fault":
        return Triaged(triage.process_fault(store, desk.session.root, id, by, data.reason, now).order.number, "")
    episode = _held(desk, id).episode
    watched = model_of(desk.view, episode.cause)
    log = log_of(watched, desk.session.ask, desk.session.blobs)
    made = propose(watched, episode, log, needed_of(desk.view, watched), data.reason or "new normal")
    return Triaged("", triage.new_normal(store, id, by, data.reason, made, now))


@operation("POST", "/repairs/{asset:path}", role="editor", tag=TAG)
def repaired(desk: Desk, asset: str) -> Repair:
    """Say that an asset is repaired: its work orders are done and its baseline resumes."""
    return triage.repaired(desk.session.store, asset, desk.actor, desk.session.clock.now())


@operation("GET", "/proposals", tag=TAG)
def all_proposals(desk: Desk, cursor: Cursor = "", limit: Limit = 100) -> Page[ProposalState]:
    """List the proposals to train again by id, each with what was decided about it."""
    return part(proposals(desk.session.store), lambda p: p.record.id, cursor, limit, _proposal)


def _proposal(p: Standing) -> ProposalState:
    return ProposalState(p.record.id, p.proposal, p.decision, _etag(p))


def _found(desk: Desk, id: str) -> Standing:
    for found in proposals(desk.session.store):
        if found.record.id == id:
            return found
    raise NotFound(f"No proposal is called {id[:200]}.", hint="List them at /api/v1/proposals.")


def _etag(p: Standing) -> str:
    return p.decision.decision if p.decision else "open"


@operation("GET", "/proposals/{id:str}", tag=TAG)
def proposal(desk: Desk, id: str) -> ProposalState:
    """Show a proposal; the ETag is what a decision sends back."""
    found = _found(desk, id)
    return Answered(_proposal(found), etag=_etag(found))  # type: ignore[return-value]  # the body of an answer


@operation("POST", "/proposals/{id:str}/decision", role="editor", tag=TAG, matched=True)
def decide_proposal(desk: Desk, id: str, data: ProposalChoice, seen: Seen) -> ProposalDecided:
    """Take a proposal up or put it away; neither promotes a model. The answer names the commands to run."""
    found, session = _found(desk, id), desk.session
    seen.check(_etag(found), f"The proposal {id[:12]}")
    watched = model_of(desk.view, found.proposal.model)
    accept = data.decision == "accepted"
    done = decide(session.store, id, watched, desk.actor, session.clock.now(), accept=accept, reason=data.reason)
    return ProposalDecided(done.commands, done.standing)


ROUTES = (
    alarms, alarm, acknowledge, shelve, clear, judge, triage_alarm, repaired, all_proposals, proposal, decide_proposal,
)  # fmt: skip
