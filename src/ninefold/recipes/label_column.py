"""Labels that a table brings itself: a column of its rows says what became of each, such as the failure of a part."""

import numpy as np

from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.label import Label
from ninefold.recipes.table import NO_TIME, entities, plain, times
from ninefold.vocabulary.columns import Array, Columns, Floats, length


def label_rows(label: Label, frames: Columns, rows: Columns) -> dict[str, Array]:
    """Return asset, frame, t (as in `frames`), label (1, 0 or NaN) and event (None), one row per frame.

    `rows` has asset, ts (µs) and the label's column. A frame takes the label of its asset's row at the frame's end;
    without such a row it has none.

    Raises:
        InvalidInput: a column is missing, the labels are others than 0, 1 and null, two rows of an asset contradict
            each other at one time, or no frame ends at a row.
    """
    for name in ("asset", "ts", label.column):
        if name not in rows:
            raise InvalidInput(f"label: the rows have no column {name!r}.", hint=nearest(name, rows))
    answer = _answers(label.column, rows[label.column])
    found = _lookup(rows, answer, frames)
    if length(frames) and not np.isfinite(found).any():
        message = f"label: no frame ends at a row where {label.column!r} is known."
        raise InvalidInput(message, hint="Use a recipe whose rows are those of the table, without a window.")
    nothing = np.full(len(found), None, dtype=object)
    return {"asset": frames["asset"], "frame": frames["frame"], "t": frames["t"], "label": found, "event": nothing}


def _answers(name: str, column: Array) -> Floats:
    values = plain(name, column)
    if values.dtype == object:
        raise InvalidInput(f"label: the column {name!r} is text.", hint="Give it the unit 1 in the connection.")
    odd = values[~np.isin(values, (0.0, 1.0)) & ~np.isnan(values)]
    if len(odd):
        raise InvalidInput(f"label: {name!r} holds {odd[0]:g}.", hint="Give 1 for yes, 0 for no, nothing for unknown.")
    return values


def _lookup(rows: Columns, answer: Floats, frames: Columns) -> Floats:
    """Return the answer at each frame's asset and time."""
    who, at = entities("asset", rows["asset"]), times("ts", rows["ts"])
    asked, when = entities("asset", frames["asset"]), times("t", frames["t"])
    found = np.full(len(when), np.nan)
    for asset in set(asked.tolist()) - {None}:
        mine = np.flatnonzero(np.asarray(who == asset, dtype=bool) & ~np.isnan(answer) & (at != NO_TIME))
        mine = mine[np.argsort(at[mine], kind="stable")]
        t, said = at[mine], answer[mine]
        if len(odd := t[1:][(t[1:] == t[:-1]) & (said[1:] != said[:-1])]):
            raise InvalidInput(f"label: two rows of {asset} at {odd[0]} µs contradict each other.", hint="Remove one.")
        own = np.flatnonzero(np.asarray(asked == asset, dtype=bool) & (when != NO_TIME))
        place = np.searchsorted(t, when[own])
        hit = np.append(t, NO_TIME)[place] == when[own]
        found[own[hit]] = said[place[hit]]
    return found
