"""How many alarms are open, for every page: counted anew only after a record of an alarm was put."""

import threading

from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.episodes import episodes, is_open
from ninefold.vocabulary.alarm import EPISODE


class OpenAlarms:
    """The last count, and the record that was the newest of an alarm then. All threads share one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: str | None = None
        self._count = 0

    def count(self, store: SqliteStore, now: int) -> int:
        """Return how many alarms are not cleared; a shelved one is open too, so time alone changes nothing."""
        newest = next((r.id for r in store.of_kind(EPISODE, 1)), "")
        with self._lock:
            if newest != self._newest:
                self._count = sum(is_open(h.episode) for h in episodes(store, now))
                self._newest = newest
            return self._count
