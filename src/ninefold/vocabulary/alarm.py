"""An alarm episode: one asset, one cause, from the first raising to its outcome; never one alarm per sample."""

from typing import Literal

import msgspec

EPISODE = "alarm-episode@1"

AlarmState = Literal["raised", "acknowledged", "shelved", "cleared"]
AlarmOutcome = Literal["confirmed", "false", "averted", "unknown"]
Transition = Literal["raise", "acknowledge", "shelve", "unshelve", "clear", "judge"]


class Signal(msgspec.Struct, frozen=True):
    """A feature that speaks for the alarm: its value, and its share of the reason (the three largest are kept)."""

    feature: str
    value: float | None
    weight: float  # larger speaks louder; comparable inside one episode only
    direction: Literal["high", "low"]


class AlarmEpisode(msgspec.Struct, frozen=True):
    """The state of an episode after one transition; the latest record of an id is its present state.

    Which people acted is an opaque key. An alarm that was acted on leaves no failure: it is averted, not false.
    """

    id: str
    asset: str
    cause: str  # criterion or technical cause: tool-failure, input-stale, drift
    state: AlarmState
    raised: int  # µs UTC
    decision: str = ""  # id of the decision that raised it
    bundle: str = ""
    signals: tuple[Signal, ...] = ()
    parts: int = 0  # decisions that confirmed it while it was open
    acknowledged: int | None = None
    acknowledged_by: str = ""
    shelved_until: int | None = None  # a shelved episode always ends
    cleared: int | None = None
    outcome: AlarmOutcome | None = None  # None until judged or until the horizon is over
    judged_by: str = ""
    reason: str = ""


class TransitionRefused(ValueError):
    """The life cycle has no such transition from this state."""


_ALLOWED: dict[Transition, tuple[AlarmState, ...]] = {
    "acknowledge": ("raised", "shelved"),
    "shelve": ("raised", "acknowledged"),
    "unshelve": ("shelved",),
    "clear": ("raised", "acknowledged", "shelved"),
    "judge": ("raised", "acknowledged", "shelved", "cleared"),
}


def _require(episode: AlarmEpisode, transition: Transition) -> None:
    if episode.state not in _ALLOWED[transition]:
        raise TransitionRefused(f"the alarm {episode.id} is {episode.state}; it cannot {transition}")


def acknowledge(episode: AlarmEpisode, by: str, now: int) -> AlarmEpisode:
    """Return the episode as seen by a person.

    Raises:
        TransitionRefused: it is already acknowledged or cleared.
    """
    _require(episode, "acknowledge")
    return msgspec.structs.replace(
        episode, state="acknowledged", acknowledged=now, acknowledged_by=by, shelved_until=None
    )


def shelve(episode: AlarmEpisode, until: int, now: int, reason: str) -> AlarmEpisode:
    """Return the episode, silent until a moment.

    Raises:
        TransitionRefused: it is cleared or shelved already, or the end lies in the past.
    """
    _require(episode, "shelve")
    if until <= now:
        raise TransitionRefused(f"the alarm {episode.id} cannot be shelved until a moment that has passed")
    return msgspec.structs.replace(episode, state="shelved", shelved_until=until, reason=reason)


def expire(episode: AlarmEpisode, now: int) -> AlarmEpisode:
    """Return the episode, raised again when its shelving is over; otherwise unchanged."""
    if episode.state == "shelved" and episode.shelved_until is not None and episode.shelved_until <= now:
        return msgspec.structs.replace(episode, state="raised", shelved_until=None)
    return episode


def clear(episode: AlarmEpisode, now: int, reason: str = "") -> AlarmEpisode:
    """Return the episode as over; its outcome may come later.

    Raises:
        TransitionRefused: it is cleared already.
    """
    _require(episode, "clear")
    return msgspec.structs.replace(episode, state="cleared", cleared=now, shelved_until=None, reason=reason)


def judge(episode: AlarmEpisode, outcome: AlarmOutcome, by: str) -> AlarmEpisode:
    """Return the episode with its outcome; a later judgement replaces an earlier one, both stay as records."""
    return msgspec.structs.replace(episode, outcome=outcome, judged_by=by)
