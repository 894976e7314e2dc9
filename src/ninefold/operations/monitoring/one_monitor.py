"""One drift monitor with all that is known of it: what it watches, its budget, its machines, its windows and alarms."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ninefold.bundle.monitors import reference_of
from ninefold.kernel.errors import InvalidInput, NotFound
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.drift_now import LATEST, Standing, standings
from ninefold.operations.monitoring.episodes import Held, episodes, is_open
from ninefold.operations.monitoring.models import DRIFT
from ninefold.stats.drift import DriftReference
from ninefold.vocabulary.monitor import Monitor, Monitors
from ninefold.vocabulary.window import WINDOW, Window


class OneMonitor(NamedTuple):
    """A monitor by its name REQ/ID; `monitor` is None when nothing watches it, and then `why` says why."""

    name: str
    monitor: Monitor | None
    why: str
    models: tuple[str, ...]
    budget: float | None  # false alarms a year of all machines of a device together
    machines: tuple[Standing, ...]  # the strongest evidence first
    alarms: tuple[Held, ...]  # of this monitor, the newest first

    @property
    def requirement(self) -> str:
        """The requirement that it belongs to."""
        return self.name.partition("/")[0]

    @property
    def criterion(self) -> str:
        """The criterion of the requirement."""
        return self.name.partition("/")[2]

    def reference(self) -> DriftReference | None:
        """Return what it holds rows against; None where nothing watches it, or in a form of another version."""
        try:
            return None if self.monitor is None else reference_of(self.monitor)
        except InvalidInput:
            return None

    def drifted(self) -> tuple[str, ...]:
        """Return the machines with an open alarm, or whose evidence is beyond the budget.

        An alarm that was raised begins its evidence anew, so a machine that drifted may look quiet.
        """
        beyond = [m.asset for m in self.machines if self.budget is not None and m.state.rate_per_year <= self.budget]
        return tuple(dict.fromkeys([*(h.episode.asset for h in self.alarms if is_open(h.episode)), *beyond]))


def one_monitor(
    store: SqliteStore, name: str, monitors: Sequence[Monitors], limits: Mapping[str, float], now: int
) -> OneMonitor:
    """Return a monitor that the project plans, or of which a device has sent windows.

    Raises:
        NotFound: there is none of this name.
    """
    of = [m for m in monitors if name in m.monitors or name in m.unwatched]
    machines = tuple(s for s in standings(store) if s.monitor == name)
    if not of and not machines and name not in limits:
        raise NotFound(f"Nothing is watched as {name[:120]!r}.", hint="Choose a monitor on the page Monitoring.")
    monitor = next((m.monitors[name] for m in of if name in m.monitors), None)
    why = next((m.unwatched[name] for m in of if name in m.unwatched), "")
    held = [h for h in episodes(store, now) if h.episode.cause == f"{DRIFT}{name}"]
    alarms = tuple(sorted(held, key=lambda h: -h.episode.raised))
    return OneMonitor(name, monitor, why, tuple(m.model for m in of), limits.get(name), machines, alarms)


def windows_of(store: SqliteStore, name: str, asset: str, limit: int = LATEST) -> list[Window]:
    """Return the latest windows of a machine in which a monitor stood, oldest first."""
    found = [r.body(Window) for r in store.of_kind(WINDOW, limit) if r.data is not None]
    return sorted((w for w in found if w.asset == asset and name in w.drift), key=lambda w: w.last)
