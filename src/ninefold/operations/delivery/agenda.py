"""When entries of a schedule are due, and what becomes of a time that was missed or that comes too early: no I/O here.

One run at a time: two runs of one project would wait for each other's leases. Entries that are due together wait in
their order.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim

from ninefold.operations.delivery.files import ScheduledRun

_MISSED_AT_MOST = 1000  # counted; more are told as "at least"


def times(entry: ScheduledRun, zone: str, after_us: int) -> Iterator[int]:
    """Yield the times of an entry (µs UTC) after a moment, in order.

    In the night in which clocks go forward, a time that does not exist comes at the first moment after the gap; in the
    night in which they go back, a daily time comes once. This is what Debian's cron does, and what cronsim implements.
    """
    start = datetime.fromtimestamp(after_us / 1e6, UTC).astimezone(ZoneInfo(zone))
    for moment in CronSim(entry.cron, start):
        found = round(moment.timestamp() * 1e6)
        if found > after_us:
            yield found


@dataclass
class Agenda:
    """The entries with the time up to which each was dealt with; `waiting` and `running` are names of entries."""

    runs: Mapping[str, ScheduledRun]
    zone: str
    done_until: dict[str, int]  # µs UTC
    waiting: list[str] = field(default_factory=list)
    running: str = ""

    def begin(self, now: int) -> list[str]:
        """Take up after a pause; return what is said about times that passed meanwhile. New entries missed none."""
        said = []
        for name, entry in self.runs.items():
            # a clock that was ahead and was set right must not stop an entry until it catches up
            self.done_until[name] = min(self.done_until.get(name, now), now)
            missed = self._passed(name, self.done_until[name], now)
            if not missed:
                continue
            self.done_until[name] = now
            count = f"at least {missed}" if missed == _MISSED_AT_MOST else str(missed)
            if entry.missed == "run_once":
                self.waiting.append(name)
                said.append(f"{name}: {count} time(s) missed; it runs once now")
            else:
                said.append(f"{name}: {count} time(s) missed and left out")
        for gone in self.done_until.keys() - self.runs.keys():
            del self.done_until[gone]
        return said

    def due(self, now: int) -> list[str]:
        """Put what is due in the queue and return what is said about times that are left out."""
        said = []
        for name, entry in self.runs.items():
            if not self._passed(name, self.done_until[name], now):
                continue
            self.done_until[name] = now
            if name in self.waiting:
                said.append(f"{name} is due and waits already; left out")
            elif name == self.running and entry.overlap == "skip":
                said.append(f"{name} is due and still runs; left out")
            else:
                self.waiting.append(name)
        return said

    def start(self) -> str:
        """Return the entry that runs next, "" when none waits or one is running."""
        if self.running or not self.waiting:
            return ""
        self.running = self.waiting.pop(0)
        return self.running

    def ended(self) -> None:
        """Note that the running entry ended."""
        self.running = ""

    def _passed(self, name: str, since: int, now: int) -> int:
        """Return how many times of an entry lie after `since` and not after `now`, at most 1000."""
        count = 0
        for moment in times(self.runs[name], self.zone, since):
            if moment > now or count == _MISSED_AT_MOST:
                break
            count += 1
        return count
