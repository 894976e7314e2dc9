"""Which monitors a record speaks of: the way from the chain of evidence to the page of each."""

from ninefold.kernel.records import Record
from ninefold.operations.monitoring.models import DRIFT
from ninefold.surface.blocks import Go
from ninefold.surface.cells import Ref
from ninefold.surface.words import Say
from ninefold.vocabulary.alarm import EPISODE, AlarmEpisode
from ninefold.vocabulary.monitor import MONITOR, Monitors
from ninefold.vocabulary.window import WINDOW, Window

MOST = 3


def monitors_of(record: Record | None) -> tuple[Go, ...]:
    """Return a button for each monitor that a record speaks of, the first three: references, a window, an alarm."""
    if record is None or record.data is None:
        return ()
    names: list[str] = []
    if record.kind == MONITOR:
        found = record.body(Monitors)
        names = sorted({*found.monitors, *found.unwatched})
    elif record.kind == WINDOW:
        names = sorted(record.body(Window).drift)
    elif record.kind == EPISODE and (cause := record.body(AlarmEpisode).cause).startswith(DRIFT):
        names = [cause.removeprefix(DRIFT)]
    return tuple(
        Go(Say("monitoring.open-monitor", {"name": n.partition("/")[2]}), Ref("monitor", n)) for n in names[:MOST]
    )
