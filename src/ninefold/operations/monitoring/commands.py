"""The commands of step 9: alarms and what people say about them, monitors, proposals, repairs, outcomes."""

from typing import TYPE_CHECKING, Any

import click

from ninefold.surface.session import Session, pass_session
from ninefold.surface.signer import moment

if TYPE_CHECKING:
    from ninefold.vocabulary.alarm import AlarmEpisode

_ID = click.argument("id")
_BY = click.option("--by", default="", help="Who: the name or key of an entered person; default: this account.")
_REASON = click.option("--reason", default="", help="Why; it is recorded.")


def _who(session: Session, by: str) -> str:
    """Return the opaque key of who acts; names stand in no record.

    Raises:
        NotFound: nobody is entered so.
    """
    from ninefold.kernel.errors import NotFound
    from ninefold.kernel.people import People

    if not by:
        return str(click.get_current_context().obj.actor)
    found = [p.key for p in People(session.store).all() if by in {p.name, p.key}]
    if len(found) != 1:
        raise NotFound(f"{len(found)} people are entered as {by!r}.", hint="List them with: ninefold people list.")
    return found[0]


@click.command("alarms")
@click.option("--all", "everything", is_flag=True, help="Show cleared ones too.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON for another program.")
@pass_session
def alarms_(session: Session, everything: bool, as_json: bool) -> None:
    """Show the open alarms by asset and cause, with their strongest signals."""
    import msgspec

    from ninefold.operations.monitoring.episodes import episodes, is_open

    held = episodes(session.store, session.clock.now())
    if as_json:
        shown = [h.episode for h in held if everything or is_open(h.episode)]
        session.screen.write(msgspec.json.encode(shown).decode())
        return
    from ninefold.operations.monitoring.pages import alarms_table

    session.screen.show(alarms_table(held, everything=everything))


@click.group("alarm")
def alarm_() -> None:
    """Acknowledge, shelve, clear, judge and triage an alarm; ID is the beginning of its id."""


@alarm_.command("ack")
@_ID
@_BY
@pass_session
def ack_(session: Session, id: str, by: str) -> None:
    """Say that somebody looks at it."""
    from ninefold.operations.monitoring.episodes import acknowledged

    _say(session, acknowledged(session.store, id, _who(session, by), session.clock.now()))


@alarm_.command("shelve")
@_ID
@click.option("--until", required=True, help="A date or a moment: 2027-01-31, 2027-01-31T12:00Z.")
@_REASON
@_BY
@pass_session
def shelve_(session: Session, id: str, until: str, reason: str, by: str) -> None:
    """Silence it until a moment; then it is raised again."""
    from ninefold.operations.monitoring.episodes import shelved

    now = session.clock.now()
    _say(session, shelved(session.store, id, _who(session, by), moment(until), reason, now))


@alarm_.command("clear")
@_ID
@_REASON
@_BY
@pass_session
def clear_(session: Session, id: str, reason: str, by: str) -> None:
    """End it; the detectors of a drift alarm begin anew."""
    from ninefold.operations.monitoring.triage import ended

    _say(session, ended(session.store, id, _who(session, by), reason, session.clock.now()))


@alarm_.command("judge")
@_ID
@click.argument("outcome", type=click.Choice(["confirmed", "false", "averted", "unknown"]))
@_REASON
@_BY
@pass_session
def judge_(session: Session, id: str, outcome: Any, reason: str, by: str) -> None:
    """Say what it was: one that was acted on in time is averted, not false."""
    from ninefold.operations.monitoring.episodes import judged

    _say(session, judged(session.store, id, outcome, _who(session, by), session.clock.now(), reason))


@alarm_.command("triage")
@_ID
@click.argument("finding", type=click.Choice(["process-fault", "new-normal"]))
@_REASON
@_BY
@pass_session
def triage_(session: Session, id: str, finding: str, reason: str, by: str) -> None:
    """Say what is behind it: a fault gives a work order, what is new and normal a proposal to retrain."""
    from ninefold.operations.monitoring import triage
    from ninefold.operations.monitoring.episodes import find
    from ninefold.operations.monitoring.proposing import proposed

    who, now = _who(session, by), session.clock.now()
    if finding == "process-fault":
        made = triage.process_fault(session.store, session.root, id, who, reason, now)
        session.screen.write(f"{made.order.number} for {made.order.asset}: {made.path}. Nothing is retrained.")
        return
    episode = find(session.store, id, now).episode
    record = triage.new_normal(session.store, id, who, reason, proposed(session, episode, reason or "new normal"), now)
    session.screen.write(f"Proposal {record[:12]}. It promotes nothing; look with: ninefold proposals.")


def _say(session: Session, episode: "AlarmEpisode") -> None:
    outcome = f", {episode.outcome}" if episode.outcome else ""
    session.screen.write(f"{episode.id[:12]} {episode.asset} {episode.cause}: {episode.state}{outcome}.")


@click.command("repaired")
@click.argument("asset")
@_BY
@pass_session
def repaired_(session: Session, asset: str, by: str) -> None:
    """Say that an asset is repaired: its work orders are done and its baseline resumes."""
    from ninefold.operations.monitoring.triage import repaired

    done = repaired(session.store, asset, _who(session, by), session.clock.now())
    session.screen.write(f"{asset} is repaired ({', '.join(done.work_orders)}); its drift detectors begin anew.")


@click.command("monitors")
@pass_session
def monitors_(session: Session) -> None:
    """Show what is watched for drift: budget, effective rows a day, the smallest shift found within a week."""
    from ninefold.operations.monitoring.pages import monitors_table
    from ninefold.operations.monitoring.policy import limits_of
    from ninefold.vocabulary.monitor import Monitors

    plan = session.status()
    names = [n for n, s in plan.statuses.items() if n.startswith("monitor:") and s.last is not None]
    found = [session.ask(n).body(Monitors) for n in names]
    session.screen.show(monitors_table(found, limits_of(session.view()), session.store))


@click.command("proposals")
@click.option("--json", "as_json", is_flag=True, help="Write JSON for another program.")
@pass_session
def proposals_(session: Session, as_json: bool) -> None:
    """Show the proposals to retrain: why, since when, and how many mature labels there are of those needed."""
    import msgspec

    from ninefold.operations.monitoring.pages import proposals_table
    from ninefold.operations.monitoring.proposals import proposals

    if as_json:
        rows = [{"id": s.record.id, **s.record.plain} for s in proposals(session.store)]
        session.screen.write(msgspec.json.encode(rows).decode())
        return
    session.screen.show(proposals_table(proposals(session.store)))


@click.group("proposal")
def proposal_() -> None:
    """Take a proposal up or put it away; neither promotes a model."""


@proposal_.command("accept")
@_ID
@_REASON
@_BY
@pass_session
def accept_(session: Session, id: str, reason: str, by: str) -> None:
    """Take it up: shows the commands to run. The new model passes the same gate, and a person signs it."""
    _decide(session, id, by, reason, accept=True)


@proposal_.command("decline")
@_ID
@_REASON
@_BY
@pass_session
def decline_(session: Session, id: str, reason: str, by: str) -> None:
    """Put it away."""
    _decide(session, id, by, reason, accept=False)


def _decide(session: Session, id: str, by: str, reason: str, *, accept: bool) -> None:
    from ninefold.operations.monitoring.models import model_of
    from ninefold.operations.monitoring.proposals import decide, proposal

    watched = model_of(session.view(), proposal(session.store, id).model)
    now = session.clock.now()
    done = decide(session.store, id, watched, _who(session, by), now, accept=accept, reason=reason)
    session.screen.write("Accepted; nothing is promoted yet. Run:" if accept else "Declined.")
    for command in done.commands:
        session.screen.write(f"  {command}")
    if done.standing:
        session.screen.write(f"The standing approval {done.standing[:12]} may cover it when every verdict passes.")


@click.command("outcomes")
@pass_session
def outcomes_(session: Session) -> None:
    """Give alarms their outcome from the maintenance log where it is known, and show how models do in service."""
    from ninefold.operations.monitoring.counting import count
    from ninefold.operations.monitoring.pages import runtime_table

    found, silent = count(session)
    for model, why in silent.items():
        session.screen.write(
            f"{model}: its label {why}, so no log says what became of an alarm; "
            "a person does: ninefold alarm judge ID OUTCOME"
        )
    if found or not silent:
        session.screen.show(runtime_table(list(found)))


COMMANDS = (alarms_, alarm_, monitors_, proposals_, proposal_, repaired_, outcomes_)
