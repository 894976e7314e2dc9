"""How each drift monitor stands on each machine: the latest windows that devices sent, oldest first."""

from typing import NamedTuple

from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.window import WINDOW, DriftState, Window

LATEST = 2000  # windows that are looked at


class Standing(NamedTuple):
    """One monitor of one machine: its latest state, when that was, and the rates of the windows before."""

    asset: str
    monitor: str  # REQ/ID
    state: DriftState
    at: int  # µs UTC
    times: tuple[float, ...]  # s, oldest first
    rates: tuple[float, ...]  # a year

    @property
    def alarms(self) -> bool:
        """Whether the evidence is beyond the budget."""
        budget = self.state.budget
        return budget is not None and self.state.rate_per_year <= budget


def standings(store: SqliteStore, limit: int = LATEST) -> list[Standing]:
    """Return all monitors of all machines, the strongest evidence first."""
    states: dict[tuple[str, str], tuple[DriftState, int]] = {}
    courses: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for record in store.of_kind(WINDOW, limit):
        if record.data is None:
            continue
        window = record.body(Window)
        for name, state in window.drift.items():
            at = (window.asset, name)
            states.setdefault(at, (state, window.last))
            courses.setdefault(at, []).append((window.last / 1e6, state.rate_per_year))
    found = []
    for (asset, monitor), (state, last) in states.items():
        course = courses[asset, monitor][::-1]
        found.append(Standing(asset, monitor, state, last, tuple(t for t, _ in course), tuple(r for _, r in course)))
    return sorted(found, key=lambda s: (s.state.rate_per_year, s.asset, s.monitor))
