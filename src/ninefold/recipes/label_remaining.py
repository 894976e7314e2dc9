"""Remaining life: how long, or how many frames, it still takes from a frame's end to the end of its group or an event.

What has not ended yet says nothing: its frames have no label. Neither have frames whose life ended otherwise than by
the event, through a planned change or an averted failure: how long it would have lasted is not known.
"""

import numpy as np

from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.label import EVENT_COLUMNS, EventLog, Label, Operating, clock_of
from ninefold.recipes.table import entities, times
from ninefold.vocabulary.columns import Array, Columns, Floats, Times

SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def label_remaining(
    label: Label, frames: Columns, events: Columns | None, operating: Operating | None, *, as_of: int | None = None
) -> dict[str, Array]:
    """Return asset, frame, t (as in `frames`), label (what remains, at most the cap; or NaN) and event (id or None).

    `events` are those of `label_frames`; None for `until: end_of_group`. A frame at the very end has 0. With a group
    other than the asset the last group of each asset has not ended: nothing came after it.

    Raises:
        InvalidInput: a column is missing, or the label runs on the operating clock and none is given.
    """
    t = times("t", frames["t"])
    found = np.full(len(t), None, dtype=object)
    if label.until:
        remaining = _to_the_end(label, frames, t, clock_of(label, operating))
    else:
        remaining = _to_the_event(label, frames, t, events or {}, operating, as_of, found)
    if label.cap is not None:
        remaining = np.minimum(remaining, label.cap)  # NaN stays NaN
    return {"asset": frames["asset"], "frame": frames["frame"], "t": t, "label": remaining, "event": found}


def _to_the_end(label: Label, frames: Columns, t: Times, clock: Operating) -> Floats:
    if label.group not in frames:
        message = f"label: the frames have no column {label.group!r}."
        raise InvalidInput(message, hint=nearest(label.group, frames))
    who = entities("asset", frames["asset"])
    group = who if label.group == "asset" else entities(label.group, frames[label.group])
    out = np.full(len(t), np.nan)
    for asset in sorted(set(who.tolist()) - {None}):
        rows = np.flatnonzero(np.asarray(who == asset, dtype=bool))
        rows = rows[np.argsort(t[rows], kind="stable")]
        last = group[rows[-1]]
        for name in dict.fromkeys(group[rows].tolist()):
            if name is None or (label.group != "asset" and name == last):
                continue
            mine = rows[np.asarray(group[rows] == name, dtype=bool)]
            if label.unit == "frames":
                out[mine] = np.arange(len(mine))[::-1]
            else:
                now = clock(t[mine])
                out[mine] = (now[-1] - now) / SECONDS[label.unit]
    return out


def _to_the_event(
    label: Label, frames: Columns, t: Times, events: Columns, operating: Operating | None, as_of: int | None,
    found: Array,
) -> Floats:  # fmt: skip
    for name in EVENT_COLUMNS:
        if name not in events:
            raise InvalidInput(f"label: the events have no column {name!r}.", hint=nearest(name, events))
    clock = clock_of(label, operating)
    log = EventLog(label, events, clock, as_of, t)
    occurred = times("occurred", events["occurred"])
    who = entities("asset", frames["asset"])
    out = np.full(len(t), np.nan)
    for asset in sorted(set(who.tolist()) - {None}):
        rows = np.flatnonzero(np.asarray(who == asset, dtype=bool))
        ends = log.of(log.failures | log.averted | log.planned, asset)
        place = np.searchsorted(occurred[ends], t[rows])
        ahead = place < len(ends)
        rows, which = rows[ahead], ends[place[ahead]]
        failed = log.failures[which]
        rows, which = rows[failed], which[failed]
        if label.unit == "frames":
            mine = np.sort(t[np.asarray(who == asset, dtype=bool)])
            after = np.searchsorted(mine, occurred[which], side="right") - np.searchsorted(mine, t[rows], side="right")
            out[rows] = after
        else:
            out[rows] = (log.when[which] - clock(t[rows])) / SECONDS[label.unit]
        found[rows] = log.ids[which]
    return out
