"""The maintenance log: what happened at the machines, typed by people, hence late.

An event has three times: it occurred, an operator reported it, and the export made it known. Of ten reports eight are
typed within minutes (exponential, mean 20 min), nearly two when the shift ends, and a few on the next working day.
"""

import math

import numpy as np

from ninefold.simulation.sensors import Placed
from ninefold.simulation.shifts import OperatingTime
from ninefold.simulation.toollife import FAILURES
from ninefold.vocabulary.columns import Array

EXPORT_US = 15 * 60_000_000
SOON, AT_SHIFT_END = 0.80, 0.97
SOON_MEAN_S, SOON_MOST_S = 1200.0, 4 * 3600.0
_STREAM = 5


def _reported(rng: np.random.Generator, occurred_us: int, clock: OperatingTime) -> int:
    which, delay_s = float(rng.random()), float(rng.exponential(SOON_MEAN_S))
    if which < SOON:
        return occurred_us + int(min(delay_s, SOON_MOST_S) * 1e6)
    if which < AT_SHIFT_END:
        return max(clock.closing(occurred_us), occurred_us)
    return clock.opening_after(clock.closing(occurred_us)) + int(min(delay_s, SOON_MOST_S) * 1e6)


def entry(seed: int, placed: Placed, clock: OperatingTime) -> dict[str, object]:
    """Return the entry of a tool's end: tool_failure (confirmed), operator_change (averted) or planned_change."""
    life = placed.life
    rng = np.random.default_rng([seed, life.machine, life.index, _STREAM])
    occurred = int(placed.end_us[-1])
    reported = _reported(rng, occurred, clock)
    kind = "tool_failure" if life.ending in FAILURES else f"{life.ending}_change"
    outcome = {"tool_failure": "confirmed", "operator_change": "averted"}.get(kind)
    known = math.ceil((reported + 1) / EXPORT_US) * EXPORT_US
    asset = f"m{life.machine + 1}"
    return {
        "event": f"{asset}-E{life.index:05d}", "asset": asset, "kind": kind, "occurred": occurred,
        "reported": reported, "known": known, "tool_life": f"{asset}-T{life.index:05d}", "outcome": outcome,
    }  # fmt: skip


def table(entries: list[dict[str, object]]) -> dict[str, Array]:
    """Return entries as columns, in the order in which they became known; times in µs UTC."""
    ordered = sorted(entries, key=lambda e: (str(e["known"]).zfill(20), str(e["event"])))
    columns: dict[str, Array] = {}
    for name in ("event", "asset", "kind", "occurred", "reported", "known", "tool_life", "outcome"):
        kind = np.int64 if name in ("occurred", "reported", "known") else object
        columns[name] = np.array([e[name] for e in ordered], dtype=kind)
    return columns
