"""One monitor on one machine: its evidence against the budget over the machine's calendar, and drift by signal."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.by_signal import Moved, by_signal, moved
from ninefold.operations.monitoring.drift_now import Standing
from ninefold.operations.monitoring.episodes import Held
from ninefold.operations.monitoring.one_monitor import OneMonitor, windows_of
from ninefold.surface.blocks import Block, Field, Find, Panel, Words
from ninefold.surface.figure import Figure
from ninefold.surface.lanes import Happening, Signal, lanes
from ninefold.surface.over import Over, OverOf
from ninefold.surface.scale import figure as written
from ninefold.surface.words import Say, say
from ninefold.vocabulary.window import Window

LANES = 2  # signals that are drawn below the evidence
_HOUR_US = 3_600_000_000


def machine_panels(
    found: OneMonitor, store: SqliteStore, blobs: Blobs, over: OverOf, now: int, asset: str
) -> list[Panel]:  # fmt: skip
    """Return the panels of one machine: its evidence over its calendar, and its signals."""
    names = sorted(m.asset for m in found.machines)
    if not names:
        return []
    chosen = next((m for m in found.machines if m.asset == asset), found.machines[0])
    windows = windows_of(store, found.name, chosen.asset)
    start = min(windows[0].first, now - _HOUR_US)
    spread = over(chosen.asset, start, max(windows[-1].last, now))
    watched = found.monitor.features if found.monitor is not None else ()
    signals = moved(blobs, found.name, windows, watched)
    choose = Find(
        f"monitoring/{found.name}", (Field("asset", Say("monitoring.asset"), "select", chosen.asset,
                                           tuple((n, n) for n in names)),), Say("monitoring.choose"))  # fmt: skip
    drawn = _lanes(found, chosen, windows, signals, spread)
    states = ", ".join(dict.fromkeys(w.state for w in windows))
    values: dict[str, str | int | float] = {"asset": chosen.asset, "n": len(windows)}
    blocks: tuple[Block, ...] = (
        choose,
        drawn,
        Words(Say("monitoring.evidence-note"), "note"),
        Words(spread.known, "note"),
    )
    title = Say("monitoring.evidence-of", values)
    return [
        Panel(title, blocks, Say("monitoring.in-state", {"states": states}), live="alarms", name="evidence"),
        Panel(
            Say("monitoring.by-signal-of", values), (by_signal(signals, spread.axis),), live="alarms", name="signals"
        ),
    ]


def _lanes(
    found: OneMonitor, chosen: Standing, windows: Sequence[Window], signals: Sequence[Moved], spread: Over
) -> Figure:  # fmt: skip
    """Return the evidence of a machine against the budget, window by window, and the signals that moved most."""
    language = spread.language
    times = np.array([w.last / 1e6 for w in windows])
    rates = np.array([max(w.drift[found.name].rate_per_year, 1e-9) for w in windows])
    values = np.log10((found.budget or 1.0) / rates)
    mine = [h for h in found.alarms if h.episode.asset == chosen.asset]
    said = "" if found.budget is None else say("monitoring.lane-budget", language, n=found.budget)
    evidence = Signal(
        say("monitoring.lane-evidence", language), "", times, values, written(float(values[-1])), said,
        threshold=None if found.budget is None else 0.0, events=_signs(mine, spread), series=4,
    )  # fmt: skip
    drawn = [_lane(m) for m in signals if len(m.means) > 1][:LANES]
    title = say("monitoring.evidence-of", language, asset=chosen.asset, n=len(windows))
    told = say("monitoring.evidence-words", language, n=len(windows), asset=chosen.asset)
    name = f"evidence-{chosen.asset}"
    return lanes(name, title, told, spread.axis, [evidence, *drawn], calendar=spread.calendar, labels=spread.labels)


def _lane(m: Moved) -> Signal:
    now = written(m.means[-1])
    return Signal(m.name, "", np.array(m.times), np.array(m.means), now, normal=m.normal)


def _signs(held: Sequence[Held], spread: Over) -> tuple[Happening, ...]:
    return tuple(
        Happening(
            datetime.fromtimestamp(h.episode.raised / 1e6, UTC), h.episode.outcome or "raised",
            say(f"alarms.outcome-{h.episode.outcome}" if h.episode.outcome else "live.raised", spread.language),
        )
        for h in held
    )  # fmt: skip
