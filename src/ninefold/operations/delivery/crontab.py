"""A schedule as a crontab, for a machine whose own cron shall start the runs."""

import shlex
from pathlib import Path

from ninefold.operations.delivery.files import Schedule
from ninefold.operations.delivery.shell import insist_printable


def crontab(root: Path, schedule: Schedule, zone: str) -> str:
    """Return the lines of a crontab. cronie understands CRON_TZ; Debian's own cron takes its machine's zone.

    Raises:
        InvalidInput: the folder's name or a pattern cannot stand in a line.
    """
    lines = [f"# The schedule of {root.name!a}, written by: ninefold schedule crontab", f"CRON_TZ={zone}"]
    for name, entry in schedule.runs.items():
        words = ["ninefold", "--project", str(root), "--quiet", "run", "--", *entry.run]
        for word in words:
            insist_printable(word)
        limited = ["timeout", "--kill-after=30", f"{float(entry.at_most):.0f}", *words]
        lines.append(f"# {name}")
        lines.append(f"{' '.join(entry.cron.split())} {shlex.join(limited)}".replace("%", "\\%"))
    return "\n".join(lines) + "\n"
