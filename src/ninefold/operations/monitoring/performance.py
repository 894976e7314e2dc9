"""Performance in service with maturing labels: the latest counts of each model, and how they came to be."""

from collections.abc import Sequence

from ninefold.kernel.sqlite import SqliteStore
from ninefold.surface.blocks import Act
from ninefold.surface.cells import Cell, Drawing, Measure, Moment, Noted, Ref, State
from ninefold.surface.charts.bound import bound, reach
from ninefold.surface.table import Table
from ninefold.surface.words import Say
from ninefold.vocabulary.runtime import RUNTIME, Runtime

COUNTS = 12  # of one model, the latest


def performance(store: SqliteStore, models: Sequence[str]) -> tuple[Table | Act, ...]:
    """Return how some models do in service as their latest counts say, and the button that counts anew."""
    found = [r.body(Runtime) for m in models if (r := store.latest(f"runtime:{m}")) is not None and r.kind == RUNTIME]
    scale = reach(*(n for r in found for n in (r.upper, r.false_per_machine_week)), 0.0, floor=0.0)
    rows = tuple(_runtime_row(n, r, scale) for n, r in enumerate(found))
    columns = tuple(Say(f"monitoring.{c}") for c in ("model", "weeks", "alarms", "false", "bound", "recall", "as-of"))
    table = Table(
        Say("monitoring.performance"), columns, rows, (Say("monitoring.runtime-note"),) if rows else (),
        Say("monitoring.not-counted"),
    )  # fmt: skip
    return table, Act(Say("monitoring.count"), "monitoring/outcomes")


def _runtime_row(number: int, r: Runtime, scale: tuple[float, float]) -> tuple[Cell, ...]:
    told = {k: r.outcomes.get(k, 0) for k in ("confirmed", "averted", "false", "unknown")}
    alarms = Noted(r.alarms, Say("monitoring.outcomes", {**told, "pending": r.pending}))
    drawn = None
    if r.upper is not None:
        title = f"{r.false_per_machine_week or 0:.3g}, at most {r.upper:.3g}"
        figure = bound(f"runtime-{number}", title, scale, r.upper, "below", "insufficient" if r.pending else "ok",
                       value=r.false_per_machine_week, low=0.0, high=r.upper)  # fmt: skip
        drawn = Drawing(figure.svg, title)
    rate = None if r.false_per_machine_week is None else Measure(r.false_per_machine_week)
    at_most = None if r.upper is None else Noted(rate, Say("monitoring.at-most", {"n": round(r.upper, 2)}))
    ready = r.events >= r.needed
    recall = State("pass" if ready else "pending", Say("monitoring.labels", {"n": r.events, "of": r.needed}))
    when: Cell = recall
    if r.enough_at is not None:
        when = Noted(recall, Say("monitoring.enough-in", {"n": max(round((r.enough_at - r.as_of) / 86_400e6), 0)}))
    return Ref("model", r.model), Measure(r.machine_weeks), alarms, at_most, drawn, when, Moment(r.as_of)


def matured(store: SqliteStore, models: Sequence[str]) -> Table:
    """Return the latest counts of some models, the newest first: how labels matured and the bound came down."""
    rows: list[tuple[Cell, ...]] = []
    for record in store.of_kind(RUNTIME, 20 * COUNTS):
        r = record.body(Runtime) if record.data is not None else None
        if r is not None and r.model in models and len(rows) < COUNTS:
            rate = None if r.false_per_machine_week is None else Measure(r.false_per_machine_week)
            upper = None if r.upper is None else Measure(r.upper)
            labels = Say("monitoring.labels", {"n": r.events, "of": r.needed})
            judged = sum(r.outcomes.values())
            rows.append((Moment(r.as_of), Ref("record", record.id, r.model), Measure(r.machine_weeks), r.alarms,
                         f"{judged} / {judged + r.pending}", rate, upper, labels))  # fmt: skip
    columns = tuple(
        Say(f"monitoring.{c}") for c in ("as-of", "model", "weeks", "alarms", "judged", "false", "upper", "recall")
    )
    return Table(Say("monitoring.matured"), columns, tuple(rows), (), Say("monitoring.not-counted"))
