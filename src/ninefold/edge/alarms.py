"""Alarm episodes on the device: one per asset and cause, however many parts say the same."""

from collections.abc import Iterable, Sequence

import msgspec

from ninefold.bundle.contributions import Contribution
from ninefold.vocabulary.alarm import AlarmEpisode, Signal, clear
from ninefold.vocabulary.decision import decision_id

CLEAR_AFTER = 5  # parts without an alarm that end an episode
STALE = "input-stale"


class Open(msgspec.Struct, frozen=True):
    """An episode that is open, how many parts said nothing since, and the tool life (or other reset) it began in."""

    episode: AlarmEpisode
    quiet: int = 0
    reset: str = ""


class Alarms:
    """The open episodes of a device, by (asset, cause)."""

    def __init__(self, open_: Iterable[Open] = ()) -> None:
        self._open = {(o.episode.asset, o.episode.cause): o for o in open_}

    def open(self) -> list[AlarmEpisode]:
        """Return the open episodes by asset and cause."""
        return [self._open[key].episode for key in sorted(self._open)]

    def saved(self) -> tuple[Open, ...]:
        """Return what a restart needs."""
        return tuple(self._open[key] for key in sorted(self._open))

    def is_open(self, asset: str, cause: str) -> bool:
        """Return whether the asset is in an episode of this cause."""
        return (asset, cause) in self._open

    def part(
        self, asset: str, cause: str, *, alarm: bool, now: int, decision: str = "", bundle: str = "",
        signals: Sequence[Contribution] = (), reset: str = "",
    ) -> list[AlarmEpisode]:  # fmt: skip
        """Take one decision and return the episodes whose state changed: raised or cleared."""
        changed = []
        held = self._open.get((asset, cause))
        if held is not None and held.reset != reset:
            changed.append(self._clear(held, now, "the tool was changed"))
            held = None
        if alarm and held is None:
            id = decision_id(bundle, asset, cause, now)
            said = tuple(Signal(s.feature, s.value, s.weight, s.direction) for s in signals)
            episode = AlarmEpisode(id, asset, cause, "raised", now, decision, bundle, said, 1)
            self._open[asset, cause] = Open(episode, 0, reset)
            changed.append(episode)
        elif alarm and held is not None:
            more = msgspec.structs.replace(held.episode, parts=held.episode.parts + 1)
            self._open[asset, cause] = Open(more, 0, held.reset)
        elif held is not None:
            self._open[asset, cause] = quieter = Open(held.episode, held.quiet + 1, held.reset)
            if quieter.quiet >= CLEAR_AFTER:
                changed.append(self._clear(quieter, now, f"{CLEAR_AFTER} parts without it"))
        return changed

    def stale(self, silent: Sequence[tuple[str, float]], now: int) -> list[AlarmEpisode]:
        """Take the assets whose input is silent (name, age in s) and return the episodes that changed."""
        changed = []
        ages = dict(silent)
        for asset in sorted(ages):
            if (asset, STALE) not in self._open:
                id = decision_id("", asset, STALE, now)
                reason = f"no input for {ages[asset]:.0f} s"
                episode = AlarmEpisode(id, asset, STALE, "raised", now, reason=reason)
                self._open[asset, STALE] = Open(episode)
                changed.append(episode)
        over = [o for (a, cause), o in self._open.items() if cause == STALE and a not in ages]
        return changed + [self._clear(o, now, "the input is back") for o in over]

    def drift(
        self, asset: str, cause: str, *, now: int, bundle: str, signals: tuple[Signal, ...], reason: str
    ) -> list[AlarmEpisode]:
        """Take evidence of drift: the first raises an episode, open until the baseline is resumed or replaced."""
        held = self._open.get((asset, cause))
        if held is not None:
            more = msgspec.structs.replace(held.episode, parts=held.episode.parts + 1)
            self._open[asset, cause] = Open(more)
            return []
        id = decision_id(bundle, asset, cause, now)
        episode = AlarmEpisode(id, asset, cause, "raised", now, "", bundle, signals, 1, reason=reason)
        self._open[asset, cause] = Open(episode)
        return [episode]

    def end(self, assets: Iterable[str], prefix: str, now: int, reason: str) -> list[AlarmEpisode]:
        """Clear the episodes of some assets whose cause begins so, and return them."""
        wanted = set(assets)
        over = [o for (a, cause), o in sorted(self._open.items()) if a in wanted and cause.startswith(prefix)]
        return [self._clear(o, now, reason) for o in over]

    def _clear(self, held: Open, now: int, reason: str) -> AlarmEpisode:
        del self._open[held.episode.asset, held.episode.cause]
        return clear(held.episode, now, reason)
