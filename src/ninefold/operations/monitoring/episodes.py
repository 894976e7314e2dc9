"""Alarm episodes at the centre: what devices raised and what people did, folded into the present state of each."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from ninefold.kernel.errors import NotFound, Refused
from ninefold.kernel.records import Draft, Input, Record, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.alarm import (
    EPISODE,
    AlarmEpisode,
    AlarmOutcome,
    TransitionRefused,
    acknowledge,
    clear,
    expire,
    judge,
    shelve,
)

STEP = "alarm@1"
_MOST = 10_000  # episode records that are read; older ones stay in the store


class Held(NamedTuple):
    """An episode in its present state, the record that said it last, and who raised it (device:gateway-1)."""

    episode: AlarmEpisode
    record: Record
    raised_by: str


def episodes(store: SqliteStore, now: int) -> list[Held]:
    """Return all episodes in their present state, by asset, cause and time; a shelving that is over has ended."""
    found: dict[str, Held] = {}
    for record in reversed(store.of_kind(EPISODE, _MOST)):
        if record.data is None:
            continue
        episode = record.body(AlarmEpisode)
        before = found.get(episode.id)
        found[episode.id] = (
            Held(episode, record, record.actor)
            if before is None
            else Held(_after(before.episode, episode), record, before.raised_by)
        )
    held = [h._replace(episode=expire(h.episode, now)) for h in found.values()]
    return sorted(held, key=lambda h: (h.episode.asset, h.episode.cause, h.episode.raised, h.episode.id))


def _after(before: AlarmEpisode, later: AlarmEpisode) -> AlarmEpisode:
    """Return what holds after a later record; what a device says takes back nothing that a person did."""
    kept: dict[str, Any] = {
        name: getattr(later, name) or getattr(before, name)
        for name in ("acknowledged", "acknowledged_by", "outcome", "judged_by", "signals", "decision", "bundle")
    }
    if before.cleared is not None and later.state != "cleared":
        kept |= {"state": "cleared", "cleared": before.cleared, "shelved_until": None}
    return msgspec.structs.replace(later, **kept)


def is_open(episode: AlarmEpisode) -> bool:
    """Return whether an episode still asks for attention."""
    return episode.state != "cleared"


def find(store: SqliteStore, id: str, now: int) -> Held:
    """Return the episode whose id begins so.

    Raises:
        NotFound: none or several do.
    """
    found = [h for h in episodes(store, now) if id and h.episode.id.startswith(id)]
    if len(found) != 1:
        word = "No alarm" if not found else f"{len(found)} alarms"
        raise NotFound(f"{word} found under {id!r}.", hint="List them with: ninefold alarms --all.")
    return found[0]


def acknowledged(store: SqliteStore, id: str, by: str, now: int) -> AlarmEpisode:
    """Acknowledge an episode for a person (opaque key).

    Raises:
        NotFound: there is no such episode.
        Refused: the life cycle has no such transition.
    """
    return _change(store, id, by, now, lambda e: acknowledge(e, by, now))


def shelved(store: SqliteStore, id: str, by: str, until: int, reason: str, now: int) -> AlarmEpisode:
    """Shelve an episode until a moment (µs UTC).

    Raises:
        NotFound: there is no such episode.
        Refused: the life cycle has no such transition, or the moment has passed.
    """
    return _change(store, id, by, now, lambda e: shelve(e, until, now, reason))


def cleared(store: SqliteStore, id: str, by: str, reason: str, now: int) -> AlarmEpisode:
    """Clear an episode.

    Raises:
        NotFound: there is no such episode.
        Refused: it is cleared already.
    """
    return _change(store, id, by, now, lambda e: clear(e, now, reason))


def judged(store: SqliteStore, id: str, outcome: AlarmOutcome, by: str, now: int, reason: str = "") -> AlarmEpisode:
    """Say what an episode was: confirmed, false, averted or unknown; a later judgement replaces an earlier one.

    Raises:
        NotFound: there is no such episode.
    """

    def change(episode: AlarmEpisode) -> AlarmEpisode:
        told = msgspec.structs.replace(episode, reason=reason) if reason else episode
        return judge(told, outcome, by)

    return _change(store, id, by, now, change)


def _change(
    store: SqliteStore, id: str, by: str, now: int, change: Callable[[AlarmEpisode], AlarmEpisode]
) -> AlarmEpisode:
    held = find(store, id, now)
    after = transition(held.episode, change)
    put_changes(store, [(held, after)], by, now)
    return after


def transition(episode: AlarmEpisode, change: Callable[[AlarmEpisode], AlarmEpisode]) -> AlarmEpisode:
    """Return an episode after a change.

    Raises:
        Refused: the life cycle has no such transition.
    """
    try:
        return change(episode)
    except TransitionRefused as error:
        text = str(error)
        raise Refused(f"{text[0].upper()}{text[1:]}.", hint="Look with: ninefold alarms --all.") from None


def put_changes(
    store: SqliteStore,
    changes: list[tuple[Held, AlarmEpisode]],
    actor: str,
    now: int,
    beside: tuple[Draft, ...] = (),
    expect: dict[str, str | None] | None = None,
    move: dict[str, str] | None = None,
) -> list[str]:
    """Put transitions, and records beside them, in one transaction and return the ids.

    Two people who act on one episode at once: the second is told, by the reference of the episode.

    Raises:
        Conflict: somebody else was faster.
    """
    drafts, expected, moved = [], dict(expect or {}), dict(move or {})
    for held, after in changes:
        link = (Input("episode", held.record.id, held.record.content),)
        drafts.append(Draft(EPISODE, encode(EPISODE, after), STEP, actor, now, link, as_of=after.raised))
        name = f"episode/{after.id}"
        expected[name] = store.reference(name)
        moved[name] = str(int(expected[name] or 0) + 1)
    return list(store.put([*drafts, *beside], expected, moved))
