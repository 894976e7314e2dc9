"""The latest decisions of some machines as a panel of a live page."""

from collections.abc import Sequence

import numpy as np

from ninefold.lifecycle.live.machine import Machine
from ninefold.surface.blocks import Panel
from ninefold.surface.cells import Cell, Measure, Moment, Ref, State
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.columns import Columns

DECISIONS = 12


def decided(found: Sequence[Machine]) -> Panel:
    """Return the panel of the latest decisions of some machines."""
    title, end = Say("live.decisions"), Say("live.each-opens")
    return Panel(title, (decisions_table(found),), end, live="decisions", name="decisions")


def decisions_table(found: Sequence[Machine]) -> Table:
    """Return the latest decisions of some machines, the newest first."""
    latest = [(int(t), m, i) for m in found if m.course for i, t in enumerate(m.course["t"][-DECISIONS:].tolist())]
    rows = []
    for _, m, i in sorted(latest, key=lambda x: (-x[0], x[1].asset))[:DECISIONS]:
        rows.append(_decision(m, m.course, len(m.course["t"][:-DECISIONS]) + i))
    columns = tuple(Say(f"live.{c}") for c in ("trace", "machine", "part", "time", "score", "decision", "by"))
    return Table(Say("live.decisions"), columns, tuple(rows), (), Say("live.no-decisions"))


def _decision(m: Machine, course: Columns, row: int) -> tuple[Cell, ...]:
    score, label = float(course["score"][row]), course["label"][row]
    word: Text = str(label) if label is not None else Say("live.warn" if course["alarm"][row] else "live.no-warning")
    said: Cell = State("alarm", word) if course["alarm"][row] else word
    id = str(course["id"][row])
    by = str(course["by"][row])
    return (
        Ref("decision", id, Say("live.opens-trace", {"id": id[:8]})), Ref("page", f"live/{m.asset}", m.asset),
        str(course["frame"][row]), Moment(int(course["t"][row])), Measure(score) if np.isfinite(score) else None, said,
        Say(f"live.by-{by}", {"role": str(course["role"][row])}),
    )  # fmt: skip
