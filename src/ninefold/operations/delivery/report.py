"""The schedule as a table."""

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from ninefold.kernel.clock import iso
from ninefold.operations.delivery.agenda import times
from ninefold.operations.delivery.files import Schedule
from ninefold.operations.delivery.scheduling import Remembered
from ninefold.surface.table import Table


def schedule_table(schedule: Schedule, zone: str, remembered: Remembered, now: int, count: int) -> Table:
    """Return a row for each of the next times, earliest first, with how the entry ended last."""
    found = []
    for name, entry in schedule.runs.items():
        ran = remembered.ran.get(name)
        last = f"ended {iso(ran.ended)} with {ran.code}" if ran else "never"
        for moment in islice(times(entry, zone, now), count):
            local = datetime.fromtimestamp(moment / 1e6, UTC).astimezone(ZoneInfo(zone))
            row = (iso(moment), local.strftime("%a %Y-%m-%d %H:%M %z"), name, " ".join(entry.run) or "everything", last)
            found.append((moment, row))
    rows = tuple(row for _, row in sorted(found))
    return Table("", ("UTC", zone, "entry", "runs", "last"), rows, (), "No entry comes again.")
