"""The stages of a rollout as one pure state machine: evidence and time go in, the next state comes out; no I/O.

It runs on the device and needs nobody: with the uplink closed it promotes and rolls back all the same.
"""

from collections.abc import Mapping

import msgspec

from ninefold.edge.evidence import Seen, standing, unable
from ninefold.vocabulary.desired import BundleRef, CriterionState, Desired, DesiredDocument, Stage, StageName, State

_MOST_STARTS = 3  # of the process with the same candidate before it is blamed
_REMEMBERED = 50
_LAST_BUNDLES = 8  # whose alarms may still be open


class Rollout(msgspec.Struct, frozen=True):
    """Where a device stands. Kept in the queue's transactions, so that a restart goes on here."""

    state: State | None = None  # None before the first document
    document: DesiredDocument | None = None  # that is worked on or settled
    active: str = ""  # digest of the bundle that decides; "" while only the fallback does
    candidate: str = ""
    previous: str = ""
    stage: int = 0  # index into the rollout
    elapsed_s: float = 0.0  # in this stage, of a running process
    seen: Seen = Seen()
    reason: str = ""
    failed: tuple[str, ...] = ()  # contents that failed here: never tried again by themselves
    starts: int = 0  # of the process since the candidate was taken
    changed: int = 0  # counts the transitions, so that each is reported once
    known: tuple[BundleRef, ...] = ()  # bundles as documents named them: those held here, and the last ones

    @property
    def desired(self) -> Desired | None:
        """The document's body."""
        return None if self.document is None else self.document.desired

    @property
    def now_in(self) -> Stage | None:
        """The stage of the rollout that it is in; None outside of one."""
        if self.desired is None or self.state not in {"self-test", "shadow", "canary", "waits"}:
            return None
        return self.desired.rollout[self.stage] if self.stage < len(self.desired.rollout) else None

    @property
    def canary_share(self) -> float:
        """The share of assets on which the candidate's decisions are acted on."""
        if self.state not in {"canary", "waits"} or self.desired is None:
            return 0.0
        shares = [float(s.share) for s in self.desired.rollout if s.stage == "canary"]
        return shares[-1] if shares else 0.0


def wants(rollout: Rollout, document: DesiredDocument) -> bool:
    """Return whether a document asks for something that the device has not worked on."""
    held = rollout.document
    return (held is None or held.content != document.content) and document.content not in rollout.failed


def ordered(rollout: Rollout, command: str, reason: str) -> Rollout:
    """Return the state after a person's order. It is never blocked by anything.

    `rollback` drops a candidate, or else goes back to the bundle before; `stop` lets nothing be acted on.
    """
    if command == "stop":
        return _settled(rollout, "stopped", reason, candidate="")
    if rollout.candidate:
        return failed(rollout, reason)
    if not rollout.previous:
        return _settled(rollout, "rolled-back", f"{reason}; no earlier bundle is kept, the fallback decides", active="")
    return _settled(rollout, "rolled-back", reason, active=rollout.previous, previous="")


def take(rollout: Rollout, document: DesiredDocument) -> Rollout:
    """Return the state with a new document: an order, an acceptance, what runs already, or a bundle to stage."""
    after = _taken(rollout, document)
    found = {b.digest: b for b in (*rollout.known, document.desired.bundle) if b.record}
    stay = {*kept_bundles(after), *list(found)[-_LAST_BUNDLES:]}
    return msgspec.structs.replace(after, known=tuple(b for b in found.values() if b.digest in stay))


def _taken(rollout: Rollout, document: DesiredDocument) -> Rollout:
    desired = document.desired
    if desired.command:
        after = ordered(rollout, desired.command, f"a person ordered {desired.command}")
        return msgspec.structs.replace(after, document=document)
    if rollout.candidate and rollout.desired is not None and _same_rollout(rollout.desired, desired):
        return msgspec.structs.replace(rollout, document=document)  # such as an acceptance: the stage goes on
    if desired.bundle.digest == rollout.active:
        return msgspec.structs.replace(
            _settled(rollout, "active", "it runs already", candidate=""), document=document, seen=Seen()
        )
    return msgspec.structs.replace(
        _settled(rollout, "staging", "", candidate=""), document=document, stage=0, elapsed_s=0.0, seen=Seen(), starts=0
    )


def _same_rollout(old: Desired, new: Desired) -> bool:
    fields = ("bundle", "rollout", "criteria", "fallback")
    return not new.command and all(getattr(old, f) == getattr(new, f) for f in fields)


def staged(rollout: Rollout, digest: str) -> Rollout:
    """Return the state with a candidate that was verified and has passed its self-test: the first stage begins."""
    begun = msgspec.structs.replace(rollout, candidate=digest, stage=-1, starts=1)
    return _enter_next(begun)


def refused(rollout: Rollout, reason: str) -> Rollout:
    """Return the state after a bundle that could not be taken: what runs goes on running."""
    after = _settled(rollout, "refused", reason, candidate="")
    return _remember(after)


def failed(rollout: Rollout, reason: str) -> Rollout:
    """Return the state after a failure: on what ran before, or stopped when the deployment says so."""
    stop = rollout.desired is not None and rollout.desired.on_failure == "stop"
    after = _settled(rollout, "stopped" if stop else "rolled-back", reason, candidate="")
    return _remember(after)


def started(rollout: Rollout) -> Rollout:
    """Return the state at the start of the process: a candidate under which it keeps dying is given up."""
    if rollout.state == "staging" or not rollout.candidate:
        return rollout
    again = msgspec.structs.replace(rollout, starts=rollout.starts + 1)
    if again.starts > _MOST_STARTS:
        return failed(again, f"the agent was started {again.starts} times in this stage")
    return again


def advance(rollout: Rollout, seen: Seen, dt_s: float, now: int) -> Rollout:
    """Return the state after `dt_s` more seconds with what was seen; `now` in µs UTC is for acceptances only."""
    if rollout.now_in is None or not rollout.candidate:
        return rollout
    rollout = msgspec.structs.replace(rollout, seen=seen, elapsed_s=rollout.elapsed_s + dt_s)
    criteria = criteria_of(rollout)
    if reason := unable(seen):
        return failed(rollout, f"the candidate cannot decide: {reason}")
    stage = rollout.now_in
    assert stage is not None  # noqa: S101 - checked above; for the type checker
    watched = {*stage.require.pass_, *stage.require.not_fail}
    if rollout.state == "waits":
        watched = {n for s in _stages(rollout) for n in (*s.require.pass_, *s.require.not_fail)}
    for name in sorted(watched):
        state = criteria.get(name)
        if state is not None and state.outcome == "fail":
            return failed(rollout, f"{name} fails: {state.reason}")
    if rollout.state == "waits":
        return _enter(rollout, rollout.stage, now)
    lacking = _lacking(stage, seen, criteria)
    if not lacking:
        return _enter_next(rollout, now)
    at_most = stage.until.at_most
    if at_most is not None and rollout.elapsed_s >= at_most:
        return failed(rollout, f"after {rollout.elapsed_s:.0f} s in {stage.stage}: {'; '.join(lacking)}")
    return rollout


def criteria_of(rollout: Rollout) -> dict[str, CriterionState]:
    """Return how the criteria of the rollout stand."""
    if rollout.desired is None:
        return {}
    return standing(rollout.desired.criteria, rollout.seen, has_active=bool(rollout.active))


def _lacking(stage: Stage, seen: Seen, criteria: Mapping[str, CriterionState]) -> list[str]:
    lacking = []
    if seen.parts < stage.until.parts:
        lacking.append(f"{seen.parts} of {stage.until.parts} parts")
    for name in stage.require.pass_:
        state = criteria.get(name)
        if state is None or state.outcome != "pass":
            lacking.append(f"{name} does not pass: {state.reason if state else 'the document does not define it'}")
    return lacking


def _stages(rollout: Rollout) -> tuple[Stage, ...]:
    return rollout.desired.rollout if rollout.desired is not None else ()


def _enter_next(rollout: Rollout, now: int = 0) -> Rollout:
    return _enter(rollout, rollout.stage + 1, now)


def _enter(rollout: Rollout, stage: int, now: int) -> Rollout:
    """Return the state in a stage; into `active` only with what is insufficient taken over by a person."""
    stages = _stages(rollout)
    name: StageName = stages[stage].stage if stage < len(stages) else "active"
    if name != "active":
        fresh = Seen(latencies_ms=rollout.seen.latencies_ms)  # a new stage compares anew, but times go on
        return _changed(rollout, name, "", stage=stage, elapsed_s=0.0, seen=fresh)
    waits = _open_points(rollout, now)
    if not waits:
        return _changed(
            rollout, "active", "", stage=stage, active=rollout.candidate, previous=rollout.active, candidate="",
            elapsed_s=0.0, starts=0,
        )  # fmt: skip
    if stage < len(stages) and stages[stage].pending == "refuse":
        return failed(rollout, f"still insufficient, and nobody may take it over: {', '.join(waits)}")
    reason = f"a named person must take over: {', '.join(waits)}"
    if rollout.state == "waits" and rollout.reason == reason:
        return rollout
    return _changed(rollout, "waits", reason, stage=min(stage, len(stages) - 1))


def _open_points(rollout: Rollout, now: int) -> list[str]:
    """Return the criteria that some stage requires and that are insufficient, unless a person took them over."""
    if rollout.desired is None:
        return []
    criteria = criteria_of(rollout)
    needed = {n for s in rollout.desired.rollout for n in (*s.require.pass_, *s.require.not_fail)}
    taken = {a.criterion for a in rollout.desired.accepted if a.until > now}
    return sorted(n for n in needed - taken if n not in criteria or criteria[n].outcome == "insufficient")


def _settled(rollout: Rollout, state: State, reason: str, **changes: object) -> Rollout:
    return _changed(rollout, state, reason, **changes)


def _changed(rollout: Rollout, state: State, reason: str, **changes: object) -> Rollout:
    fields = {"state": state, "reason": reason, "changed": rollout.changed + 1, **changes}
    return msgspec.structs.replace(rollout, **fields)


def _remember(rollout: Rollout) -> Rollout:
    if rollout.document is None:
        return rollout
    failed = (*rollout.failed, rollout.document.content)[-_REMEMBERED:]
    return msgspec.structs.replace(rollout, failed=failed)


def kept_bundles(rollout: Rollout) -> set[str]:
    """Return the digests of the bundles that must stay on the device."""
    held = {rollout.active, rollout.candidate, rollout.previous}
    if rollout.state == "staging" and rollout.desired is not None:
        held.add(rollout.desired.bundle.digest)
    return held - {""}
