"""Alarms: the list, one alarm, and what a person does about it."""

from ninefold.kernel.errors import InvalidInput
from ninefold.operations.monitoring import triage
from ninefold.operations.monitoring.alarm_pages import OUTCOMES, alarm_page, alarms_page
from ninefold.operations.monitoring.episodes import acknowledged, find, judged, shelved
from ninefold.operations.monitoring.proposing import proposed
from ninefold.surface.cells import Ref
from ninefold.surface.page import Page
from ninefold.surface.words import Say
from ninefold.workbench.desk import Desk, Done
from ninefold.workbench.routes import action, page

_HOUR_US = 3_600_000_000
MOST_HOURS = 24 * 31


def _first(desk: Desk) -> int:
    text = desk.query.get("first", "0")
    return min(int(text), 1_000_000) if text.isascii() and text.isdigit() else 0


@page("/alarms")
def alarms(desk: Desk) -> Page:
    """Show the open alarms; `?asset=`, `?all=yes`, `?first=`."""
    query = desk.query
    return alarms_page(
        desk.session.store, desk.session.clock.now(), everything="all" in query, asset=query.get("asset", ""),
        first=_first(desk),
    )  # fmt: skip


@page("/alarms/all")
def every_alarm(desk: Desk) -> Page:
    """Show cleared ones too."""
    return alarms_page(desk.session.store, desk.session.clock.now(), everything=True, first=_first(desk))


@page("/alarms/{id:str}")
def alarm(desk: Desk, id: str) -> Page:
    """Show one."""
    return alarm_page(desk.session.store, id, desk.session.clock.now())


def _back(id: str, said: Say) -> Done:
    return Done(Ref("alarm", id), said)


@action("/alarms/{id:str}/ack")
def acknowledge_alarm(desk: Desk, id: str) -> Done:
    """Say that somebody looks at it."""
    found = acknowledged(desk.session.store, id, desk.actor, desk.session.clock.now())
    said = Say("alarms.did-ack")
    return Done(Ref("asset", found.asset), said) if desk.form.get("at") == "machine" else _back(found.id, said)


@action("/alarms/{id:str}/shelve")
def shelve_alarm(desk: Desk, id: str) -> Done:
    """Silence it for some hours."""
    text = desk.form.get("hours", "")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_HOURS):
        message = f"{text[:20]!r} is no number of hours from 1 to {MOST_HOURS}."
        raise InvalidInput(message, hint="Choose how long the alarm shall be silent.")
    now = desk.session.clock.now()
    found = shelved(desk.session.store, id, desk.actor, now + int(text) * _HOUR_US, desk.form.get("reason", ""), now)
    return _back(found.id, Say("alarms.did-shelve", {"n": int(text)}))


@action("/alarms/{id:str}/clear")
def clear_alarm(desk: Desk, id: str) -> Done:
    """End it."""
    now = desk.session.clock.now()
    found = triage.ended(desk.session.store, id, desk.actor, desk.form.get("reason", ""), now)
    return _back(found.id, Say("alarms.did-clear"))


@action("/alarms/{id:str}/judge")
def judge_alarm(desk: Desk, id: str) -> Done:
    """Say what it was; from the page at the machine it goes back there."""
    outcome = desk.form.get("outcome", "")
    if outcome not in OUTCOMES:
        raise InvalidInput(f"{outcome[:40]!r} is no outcome.", hint=f"Choose one of: {', '.join(OUTCOMES)}.")
    now = desk.session.clock.now()
    found = judged(desk.session.store, id, outcome, desk.actor, now, desk.form.get("reason", ""))  # type: ignore[arg-type]  # one of OUTCOMES
    said = Say(f"alarms.did-judge-{outcome}")
    return Done(Ref("asset", found.asset), said) if desk.form.get("at") == "machine" else _back(found.id, said)


@action("/alarms/{id:str}/triage")
def triage_alarm(desk: Desk, id: str) -> Done:
    """Say what is behind it: a fault gives a work order, what is new and normal a proposal to retrain."""
    session, reason, finding = desk.session, desk.form.get("reason", ""), desk.form.get("finding", "")
    now = session.clock.now()
    episode = find(session.store, id, now).episode
    if finding == "process-fault":
        made = triage.process_fault(session.store, session.root, id, desk.actor, reason, now)
        return _back(episode.id, Say("alarms.did-fault", {"number": made.order.number}))
    if finding != "new-normal":
        raise InvalidInput(f"{finding[:40]!r} is no finding.", hint="Choose process-fault or new-normal.")
    why = reason or "new normal"
    record = triage.new_normal(session.store, id, desk.actor, reason, proposed(session, episode, why), now)
    return Done(Ref("proposal", record), Say("alarms.did-normal"))


ROUTES = (
    alarms, every_alarm, alarm, acknowledge_alarm, shelve_alarm, clear_alarm, judge_alarm, triage_alarm,
)  # fmt: skip
