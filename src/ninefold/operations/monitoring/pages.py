"""Tables of step 9: alarms, monitors, proposals."""

from ninefold.bundle.monitors import reference_of
from ninefold.kernel.clock import iso
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.episodes import Held, is_open
from ninefold.operations.monitoring.proposals import Standing
from ninefold.stats.sequential import limit, smallest_shift
from ninefold.surface.table import Cell, Table
from ninefold.vocabulary.monitor import Monitor, Monitors
from ninefold.vocabulary.runtime import Runtime
from ninefold.vocabulary.window import WINDOW, Window

_WINDOWS = 500  # latest ones that are looked at
_NOTE = (
    "The budget is for all assets of a device together. Rows a day are effective rows of one asset; the smallest shift,"
    " in standard deviations of a row, is found within a week about half the time."
)


def alarms_table(held: list[Held], *, everything: bool) -> Table:
    """Return episodes by asset and cause; the open ones, or all."""
    shown = [h.episode for h in held if everything or is_open(h.episode)]
    rows = []
    for e in shown:
        signals = ", ".join(f"{s.feature} {s.direction}" for s in e.signals)
        state = f"shelved until {iso(e.shelved_until)}" if e.shelved_until else e.state
        rows.append((e.id[:12], e.asset, e.cause, state, iso(e.raised), signals, e.outcome or "", e.reason))
    columns = ("alarm", "asset", "cause", "state", "raised", "signals", "outcome", "why")
    return Table("", columns, tuple(rows), (), "No alarm is open." if not everything else "There was no alarm.")


def monitors_table(found: list[Monitors], limits: dict[str, float], store: SqliteStore) -> Table:
    """Return the monitors of all models, and how they stood in the latest windows."""
    rates = _latest_rates(store)
    rows: list[tuple[Cell, ...]] = []
    for monitors in found:
        for name, monitor in sorted(monitors.monitors.items()):
            assets = max(len({a for a, n in rates if n == name}), 1)
            rows.append(_monitor_row(name, monitor, limits.get(name), assets, rates))
        rows += [
            (name, None, None, None, None, None, f"not watched: {why}") for name, why in monitors.unwatched.items()
        ]
    notes = (_NOTE,) if rows else ()
    columns = ("monitor", "budget a year", "rows a day", "smallest shift", "block", "strongest now, a year", "state")
    return Table("", columns, tuple(rows), notes, "Nothing is watched for drift yet.")


def _monitor_row(
    name: str, monitor: Monitor, budget: float | None, assets: int, rates: dict[tuple[str, str], float]
) -> tuple[Cell, ...]:
    reference = reference_of(monitor)
    shift: float | None = None
    if budget is not None and budget > 0:
        need = limit(budget, reference.blocks_per_day * 365.25) * assets
        shift = min(smallest_shift(reference, need, practical=monitor.practical_shift).values(), default=None)
    worst = min((r for (_, n), r in rates.items() if n == name), default=None)
    state = "provisional: short reference" if monitor.provisional else "in force"
    if monitor.dependent:
        state += f"; budget not shown for {', '.join(monitor.dependent)}: its blocks wander"
    rows = round(monitor.effective_rows_per_day, 1)
    return (name, budget, rows, None if shift is None else round(shift, 2), monitor.block, worst, state)


def _latest_rates(store: SqliteStore) -> dict[tuple[str, str], float]:
    """Return (asset, REQ/ID) -> the rate of the latest window."""
    found: dict[tuple[str, str], float] = {}
    for record in store.of_kind(WINDOW, _WINDOWS):
        if record.data is not None:
            window = record.body(Window)
            for name, state in window.drift.items():
                found.setdefault((window.asset, name), state.rate_per_year)
    return found


def proposals_table(found: list[Standing]) -> Table:
    """Return the proposals, the newest first."""
    rows = []
    for standing in found:
        p = standing.proposal
        when = "now" if p.labels >= p.needed else iso(p.enough_at) if p.enough_at else "unknown"
        state = standing.decision.decision if standing.decision else "open"
        rows.append((standing.record.id[:12], p.model, p.why, iso(p.since), f"{p.labels} of {p.needed}", when, state))
    columns = ("proposal", "model", "why", "since", "mature labels", "enough", "state")
    return Table("", columns, tuple(rows), (), "Nothing is proposed.")


def runtime_table(found: list[Runtime]) -> Table:
    """Return how the models do in service."""
    rows = []
    for r in found:
        said = ", ".join(f"{n} {word}" for word, n in sorted(r.outcomes.items())) or "none"
        when = iso(r.enough_at) if r.enough_at else ""
        rate = None if r.false_per_machine_week is None else round(r.false_per_machine_week, 2)
        upper = None if r.upper is None else round(r.upper, 2)
        weeks = round(r.machine_weeks, 2)
        rows.append(
            (r.model, weeks, r.alarms, said, r.pending, rate, upper, f"pending: {r.events} of {r.needed}", when)
        )
    columns = ("model", "machine weeks", "alarms", "outcomes", "wait", "false a week", "at most", "recall", "enough")
    return Table("", columns, tuple(rows), (), "No model is in service.")
