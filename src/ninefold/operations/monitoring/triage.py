"""What a person found behind an alarm: a fault becomes a work order, what is new and normal a proposal to retrain."""

from pathlib import Path
from typing import NamedTuple

from ninefold.kernel.clock import iso
from ninefold.kernel.errors import NotFound, Refused
from ninefold.kernel.records import Draft, Input, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.episodes import Held, episodes, find, is_open, put_changes, transition
from ninefold.operations.monitoring.policy import resumed
from ninefold.vocabulary.alarm import AlarmEpisode, acknowledge, clear, judge
from ninefold.vocabulary.proposal import PROPOSAL, Proposal
from ninefold.vocabulary.triage import REPAIR, TRIAGE, Repair, Triage
from ninefold.vocabulary.work_order import WORK_ORDER, WorkOrder

STEP = "triage@1"
DRIFT = "drift:"
FOLDER = "work-orders"


class Ordered(NamedTuple):
    """A work order, and its file for the maintenance system."""

    order: WorkOrder
    path: Path


def process_fault(store: SqliteStore, root: Path, id: str, by: str, reason: str, now: int) -> Ordered:
    """Record that a fault of the process is behind an alarm: a work order is written, nothing is retrained.

    Raises:
        NotFound: there is no such alarm.
        Refused: it is cleared, or has its work order.
    """
    held = _untriaged(store, id, now)
    episode = held.episode
    order = WorkOrder(
        f"WO-{iso(now)[:10].replace('-', '')}-{episode.id[:8]}", episode.asset, episode.id, episode.cause,
        episode.raised, episode.signals, by,
    )  # fmt: skip
    link = (Input("episode", held.record.id, held.record.content),)
    beside = (
        _triage(held, "process_fault", by, reason, now),
        Draft(WORK_ORDER, encode(WORK_ORDER, order), STEP, by, now, link, name=f"work-order:{order.number}"),
    )
    put_changes(store, [(held, _seen(episode, by, now))], by, now, beside)
    path = root / FOLDER / f"{order.number}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(order), encoding="utf-8")
    return Ordered(order, path)


def new_normal(store: SqliteStore, id: str, by: str, reason: str, proposal: Proposal, now: int) -> str:
    """Record that what the alarm saw is normal from now on, and propose to train again; returns the proposal's id.

    The alarm is judged true but no fault: its outcome stays open until a person judges it.

    Raises:
        NotFound: there is no such alarm.
        Refused: it is cleared, or was triaged before.
    """
    held = _untriaged(store, id, now)
    link = (Input("episode", held.record.id, held.record.content),)
    name = f"proposal:{proposal.model}"
    beside = (
        _triage(held, "new_normal", by, reason, now),
        Draft(PROPOSAL, encode(PROPOSAL, proposal), "propose@1", by, now, link, name=name),
    )
    return put_changes(store, [(held, _seen(held.episode, by, now))], by, now, beside)[-1]


def repaired(store: SqliteStore, asset: str, by: str, now: int) -> Repair:
    """Record that an asset is repaired: its faults are confirmed, its detectors begin anew, the baseline resumes.

    Raises:
        NotFound: the asset has no open work order.
    """
    done = {o for r in store.of_kind(REPAIR) if r.data is not None for o in r.body(Repair).work_orders}
    orders = [r.body(WorkOrder) for r in store.of_kind(WORK_ORDER) if r.data is not None]
    mine = [o for o in orders if o.asset == asset and o.number not in done]
    if not mine:
        known = sorted({o.asset for o in orders if o.number not in done})
        hint = f"Open ones are for: {', '.join(known)}." if known else "There is none; triage an alarm first."
        raise NotFound(f"{asset} has no open work order.", hint=hint)
    named = {o.episode for o in mine}
    changes = []
    for held in episodes(store, now):
        episode = held.episode
        drift = episode.asset == asset and episode.cause.startswith(DRIFT) and is_open(episode)
        if episode.id in named or drift:
            over = clear(episode, now, "repaired") if is_open(episode) else episode
            changes.append((held, judge(over, "confirmed", by) if episode.id in named else over))
    body = Repair(asset, by, tuple(sorted(o.number for o in mine)), tuple(sorted(h.episode.id for h, _ in changes)))
    expect, move = resumed(store, asset)
    draft = Draft(REPAIR, encode(REPAIR, body), STEP, by, now, name=f"repair:{asset}")
    put_changes(store, changes, by, now, (draft,), expect, move)
    return body


def ended(store: SqliteStore, id: str, by: str, reason: str, now: int) -> AlarmEpisode:
    """Clear an alarm; when it is one of drift the detectors of its asset begin anew, or they would stay silent.

    Raises:
        NotFound: there is no such alarm.
        Refused: it is cleared already.
    """
    held = find(store, id, now)
    after = transition(held.episode, lambda e: clear(e, now, reason))
    expect, move = resumed(store, after.asset) if after.cause.startswith(DRIFT) else ({}, {})
    put_changes(store, [(held, after)], by, now, (), expect, move)
    return after


def text_of(order: WorkOrder) -> str:
    """Return a work order as Markdown, for the maintenance system."""
    signals = "".join(f"| {s.feature} | {s.direction} | {_value(s.value)} | {s.weight:.2g} |\n" for s in order.signals)
    table = f"\n| signal | direction | value | weight |\n|---|---|---|---|\n{signals}" if signals else ""
    return (
        f"---\nnumber: {order.number}\nasset: {order.asset}\nalarm: {order.episode}\ncause: {order.cause}\n"
        f"raised: {iso(order.raised)}\nby: {order.by}\n---\n\n"
        f"Look at {order.asset}: an alarm was judged a fault of the process.\n{table}\n"
        f"When it is repaired: `ninefold repaired {order.asset}`.\n"
    )


def _value(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _untriaged(store: SqliteStore, id: str, now: int) -> Held:
    held = find(store, id, now)
    if not is_open(held.episode):
        raise Refused(f"The alarm {held.episode.id} is cleared.", hint="List the open ones with: ninefold alarms.")
    before = [r.body(Triage) for r in store.of_kind(TRIAGE) if r.data is not None]
    if same := [t for t in before if t.episode == held.episode.id]:
        message = f"The alarm {held.episode.id} was triaged before as {same[0].finding}."
        raise Refused(message, hint="Clear it and let it be raised again, if that was wrong.")
    return held


def _seen(episode: AlarmEpisode, by: str, now: int) -> AlarmEpisode:
    """Return an episode that a person has dealt with."""
    return episode if episode.state == "acknowledged" else transition(episode, lambda e: acknowledge(e, by, now))


def _triage(held: Held, finding: str, by: str, reason: str, now: int) -> Draft:
    body = Triage(held.episode.id, held.episode.asset, held.episode.cause, finding, by, reason)  # type: ignore[arg-type]  # one of two literals
    link = (Input("episode", held.record.id, held.record.content),)
    return Draft(TRIAGE, encode(TRIAGE, body), STEP, by, now, link, name=f"triage:{held.episode.id}")
