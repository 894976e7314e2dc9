"""What follows a breach at run time: the requirement's own `breach: {then: ...}`, done once for each alarm of drift.

alert does nothing more than the alarm; propose_retrain writes a proposal; rollback and stop tell the device at once.
"""

from collections.abc import Callable
from typing import NamedTuple

from ninefold.kernel.errors import NinefoldError
from ninefold.kernel.records import Draft, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.view import View
from ninefold.operations.monitoring.episodes import Held, episodes, is_open
from ninefold.operations.monitoring.models import DRIFT
from ninefold.vocabulary.alarm import EPISODE, AlarmEpisode
from ninefold.vocabulary.criterion import ActionSpec
from ninefold.vocabulary.proposal import PROPOSAL, Proposal

Order = Callable[[str, str], object]  # target, rollback or stop
Propose = Callable[[AlarmEpisode], Proposal]


class Done(NamedTuple):
    """What was done about an alarm, or why it could not be."""

    episode: str
    then: str
    problem: str = ""


def action_of(view: View, cause: str) -> str:
    """Return what is to follow an alarm of drift:REQ/ID; alert when the requirement says nothing."""
    requirement, _, criterion = cause.removeprefix(DRIFT).partition("/")
    facet = view.facets.get(f"{requirement}#action/{criterion}")
    return facet.body.then if facet is not None and isinstance(facet.body, ActionSpec) else "alert"


def seen_last(store: SqliteStore) -> str:
    """Return the id of the latest record of an episode: while it stays, there is nothing new to follow."""
    found = store.of_kind(EPISODE, 1)
    return found[0].id if found else ""


def follow(store: SqliteStore, view: View, order: Order, propose: Propose, actor: str, now: int) -> list[Done]:
    """Do what the requirements demand about open alarms of drift that nothing was done about yet.

    What could not be done is tried again the next time.
    """
    done = []
    for held in episodes(store, now):
        name = f"breach/{held.episode.id}"
        if not held.episode.cause.startswith(DRIFT) or not is_open(held.episode) or store.reference(name) is not None:
            continue
        then = action_of(view, held.episode.cause)
        try:
            _do(store, held, then, order, propose, actor, now)
        except NinefoldError as error:
            done.append(Done(held.episode.id, then, str(error)))
            continue
        store.set_reference(name, then, None)
        done.append(Done(held.episode.id, then))
    return done


def _do(
    store: SqliteStore, held: Held, then: str, order: Order, propose: Propose, actor: str, now: int
) -> None:  # fmt: skip
    if then in {"rollback", "stop"}:
        order(f"edge:{held.raised_by.removeprefix('device:')}", then)
    elif then == "propose_retrain":
        body = propose(held.episode)
        store.put([Draft(PROPOSAL, encode(PROPOSAL, body), "propose@1", actor, now, name=f"proposal:{body.model}")])
