"""How pages speak of an alarm: its state, its cause, its outcome, and what it says about a machine."""

from ninefold.surface.ages import age
from ninefold.surface.cells import Cell, Measure, Moment, Noted, Ref, State
from ninefold.surface.words import Say
from ninefold.vocabulary.alarm import AlarmEpisode, Signal

DRIFT = "drift:"


def is_drift(episode: AlarmEpisode) -> bool:
    """Return whether the alarm speaks of signals that moved, not of an event that is foretold."""
    return episode.cause.startswith(DRIFT)


def state_of(episode: AlarmEpisode) -> State:
    """Return the present state with its word."""
    word = Say(f"alarms.state-{episode.state}")
    names = {"raised": State("alarm", word), "acknowledged": State("running", word), "shelved": State("pending", word)}
    return names.get(episode.state, State("idle", word))


def outcome_of(episode: AlarmEpisode) -> State | None:
    """Return what the alarm was judged to be."""
    if episode.outcome is None:
        return None
    word = Say(f"alarms.outcome-{episode.outcome}")
    name = {"confirmed": "failed", "false": "idle", "averted": "pass", "unknown": "missing"}[episode.outcome]
    return State(name, word)  # type: ignore[arg-type]  # one of four names of a state


def cause_of(episode: AlarmEpisode) -> Ref:
    """Return the monitor that drifted, or the model that warns."""
    if is_drift(episode):
        return Ref("monitor", episode.cause.removeprefix(DRIFT))
    return Ref("model", episode.cause)


def finding(episode: AlarmEpisode) -> Say:
    """Return the finding in one line: what is the matter with which machine."""
    if is_drift(episode) and episode.signals:
        first = episode.signals[0]
        code = f"alarms.drift-{first.direction}"
        return Say(code, {"asset": episode.asset, "signal": first.feature})
    return Say(
        "alarms.drift" if is_drift(episode) else "alarms.warning", {"asset": episode.asset, "cause": episode.cause}
    )


def since(episode: AlarmEpisode, now: int) -> Say:
    """Return since when, and how many decisions said the same again."""
    unit, n = age(now - episode.raised)
    return Say(f"alarms.since-{unit}", {"n": n, "parts": episode.parts})


def silent_until(episode: AlarmEpisode) -> Cell:
    """Return the end of a shelving; nothing when there is none."""
    return None if episode.shelved_until is None else Moment(episode.shelved_until)


def weight_of(signal: Signal, episode: AlarmEpisode) -> Measure:
    """Return how loud a signal speaks: its shift in standard deviations, or its share of the three."""
    if is_drift(episode):
        return Measure(signal.weight if signal.direction == "high" else -signal.weight, "sd", 2)
    whole = sum(s.weight for s in episode.signals) or 1.0
    return Measure(round(100 * signal.weight / whole), "%", 3)


def alarm_cell(episode: AlarmEpisode) -> Noted:
    """Return the alarm as a cell of a list: what it says, and its id."""
    return Noted(Ref("alarm", episode.id, finding(episode)), episode.id[:12])
