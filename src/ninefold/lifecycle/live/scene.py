"""What a live page is drawn from, and for whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ninefold.fleet.service import FleetService
from ninefold.kernel.plan import Plan
from ninefold.kernel.view import View
from ninefold.operations.monitoring.episodes import Held, episodes
from ninefold.surface.words import Language
from ninefold.vocabulary.window import WINDOW, Window

_WINDOWS = 400  # latest ones of all machines


@dataclass(frozen=True)
class Scene:
    """Files and plan of the project, the fleet, the time (µs UTC), how the reader reads: one look, for many pages."""

    view: View
    plan: Plan
    service: FleetService
    now: int
    language: Language
    zone: str

    @cached_property
    def held(self) -> list[Held]:
        """All episodes of alarms as they stand."""
        return episodes(self.service.store, self.now)

    @cached_property
    def windows(self) -> Mapping[str, list[tuple[str, Window]]]:
        """The windows of each asset with the device that sent them, the latest first."""
        found: dict[str, list[tuple[str, Window]]] = {}
        for record in self.service.store.of_kind(WINDOW, _WINDOWS):
            if record.data is not None:
                window = record.body(Window)
                found.setdefault(window.asset, []).append((record.actor.removeprefix("device:"), window))
        return found
