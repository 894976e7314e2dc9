"""How pages speak of a device: how it stands to what it is to run, and each stage of its rollout."""

from ninefold.fleet.service import DeviceState
from ninefold.surface.blocks import Stage
from ninefold.surface.cells import State, StateName
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.desired import CriterionState, Desired, Reported

_ORDER = ("self-test", "shadow", "canary", "active")
_BY_STAGE: dict[str, StateName] = {
    "staging": "running", "self-test": "running", "shadow": "running", "canary": "running", "waits": "pending",
    "active": "fresh", "rolled-back": "failed", "refused": "blocked", "stopped": "blocked",
}  # fmt: skip


def state_of(device: DeviceState) -> State:
    """Return how a device stands, in one word."""
    if device.revoked:
        return State("revoked")
    wanted, found = device.desired, device.reported
    if found is None:
        return State("missing", Say("fleet.not-seen" if wanted is None else "fleet.silent"))
    if wanted is not None and wanted.desired.command:
        done = {"rollback": "rolled-back", "stop": "stopped"}[wanted.desired.command]
        if found.stage != done:
            return State("running", Say(f"fleet.told-{wanted.desired.command}"))
    elif wanted is not None and found.desired != wanted.key:
        return State("stale", Say("fleet.behind"))
    return State(_BY_STAGE[found.stage], Say(f"fleet.stage-{found.stage}"))


def pending_of(desired: Desired, reported: Reported) -> list[tuple[CriterionState, int]]:
    """Return the criteria that are insufficient on the device, each with the samples that it needs."""
    needed = {c.name: c.criterion.min_samples for c in desired.criteria}
    return [(c, needed.get(c.criterion, 0)) for c in reported.criteria if c.outcome == "insufficient"]


def pending_words(desired: Desired, reported: Reported) -> Text:
    """Return "recall: 4 of 60 labels" for the criterion that waits longest; "" for none."""
    found = pending_of(desired, reported)
    if not found:
        return ""
    state, needed = min(found, key=lambda f: f[0].samples / max(f[1], 1))
    name = state.criterion.rpartition("/")[2]
    return Say("fleet.pending", {"criterion": name, "n": state.samples, "of": needed, "more": len(found) - 1})


def stages_of(desired: Desired, reported: Reported | None) -> tuple[Stage, ...]:
    """Return the stages of a rollout as they stand on the device."""
    at = _place(reported)
    found = []
    for stage in desired.rollout:
        place = _ORDER.index(stage.stage)
        note: Text = Say("fleet.until", {"parts": stage.until.parts}) if stage.until.parts else ""
        if reported is None or place > at:
            state = State("idle", Say("fleet.to-come"))
        elif place < at or reported.stage == "active":
            state = State("pass", Say("fleet.passed"))
        else:
            state, note = _present(reported, stage.until.parts), _note(desired, reported, stage.until.parts)
        found.append(Stage(Say(f"fleet.stage-{stage.stage}"), state, note))
    return tuple(found)


def _place(reported: Reported | None) -> int:
    if reported is None or reported.stage == "staging":
        return -1
    if reported.stage == "waits":
        return _ORDER.index("active")
    return _ORDER.index(reported.stage) if reported.stage in _ORDER else 0


def _present(reported: Reported, parts: int) -> State:
    if reported.stage in {"shadow", "canary"} and parts:
        return State("running", Say("fleet.parts", {"n": reported.parts, "of": parts}))
    return State(_BY_STAGE[reported.stage], Say(f"fleet.stage-{reported.stage}"))


def _note(desired: Desired, reported: Reported, parts: int) -> Text:
    del parts
    return pending_words(desired, reported) or reported.reason
