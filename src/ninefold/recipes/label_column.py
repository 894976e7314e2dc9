"""Labels that a table brings itself: columns of its rows say what became of each, such as the failure of a part."""

import numpy as np

from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.label import Label
from ninefold.recipes.table import NO_TIME, entities, plain, times
from ninefold.vocabulary.columns import Array, Columns, Floats, length


def label_rows(label: Label, frames: Columns, rows: Columns) -> dict[str, Array]:
    """Return asset, frame, t (as in `frames`), label and event (None), one row per frame.

    The label is 1, 0 or NaN; of kind regression a number or NaN; of kind multiclass a text or None. `rows` has asset,
    ts (µs) and the label's columns. A frame takes the label of its asset's row at the frame's end; without such a row
    it has none.

    Raises:
        InvalidInput: a column is missing, the labels are others than their kind allows, two rows of an asset
            contradict each other at one time, or no frame ends at a row.
    """
    wanted = [label.column] if label.column else list(label.columns.values())
    for name in ("asset", "ts", *wanted):
        if name not in rows:
            raise InvalidInput(f"label: the rows have no column {name!r}.", hint=nearest(name, rows))
    answer, classes = _answers(label, rows)
    found = _lookup(rows, answer, frames)
    if length(frames) and not np.isfinite(found).any():
        named = label.column or ", ".join(wanted)
        message = f"label: no frame ends at a row where {named!r} is known."
        raise InvalidInput(message, hint="Use a recipe whose rows are those of the table, without a window.")
    nothing = np.full(len(found), None, dtype=object)
    said: Array = found
    if label.kind == "multiclass":
        said = np.array([*classes, None], dtype=object)[np.where(np.isnan(found), -1, found).astype(np.intp)]
    return {"asset": frames["asset"], "frame": frames["frame"], "t": frames["t"], "label": said, "event": nothing}


def _answers(label: Label, rows: Columns) -> tuple[Floats, tuple[str, ...]]:
    """Return the label of each row as a number, and of kind multiclass the classes that the numbers stand for."""
    if label.columns:
        return _one_hot(label.columns, rows), tuple(label.columns)
    name = label.column
    values = plain(name, rows[name])
    if label.kind == "multiclass":
        return _classes(name, values)
    if values.dtype == object:
        raise InvalidInput(f"label: the column {name!r} is text.", hint="Give it the unit 1 in the connection.")
    numbers = values.astype(np.float64)
    if label.kind == "binary":
        _binary(name, numbers)
    return np.where(np.isfinite(numbers), numbers, np.nan), ()


def _binary(name: str, values: Floats) -> None:
    odd = values[~np.isin(values, (0.0, 1.0)) & ~np.isnan(values)]
    if len(odd):
        raise InvalidInput(f"label: {name!r} holds {odd[0]:g}.", hint="Give 1 for yes, 0 for no, nothing for unknown.")


def _classes(name: str, values: Array) -> tuple[Floats, tuple[str, ...]]:
    if values.dtype != object:
        raise InvalidInput(f"label: {name!r} holds numbers.", hint="Leave out its unit in the connection.")
    classes = tuple(sorted({str(v) for v in values.tolist() if v is not None}))
    place = {c: float(i) for i, c in enumerate(classes)}
    return np.array([np.nan if v is None else place[str(v)] for v in values.tolist()], np.float64), classes


def _one_hot(columns: dict[str, str], rows: Columns) -> Floats:
    """Return the place of the one column that is 1; NaN where none is, or where one is not known."""
    flags = []
    for name in columns.values():
        values = plain(name, rows[name])
        if values.dtype == object:
            raise InvalidInput(f"label: the column {name!r} is text.", hint="Give it the unit 1 in the connection.")
        _binary(name, values)
        flags.append(values)
    table = np.stack(flags, axis=1)
    many = np.flatnonzero(np.nansum(table, axis=1) > 1)
    if len(many):
        both = [c for c, v in zip(columns, table[many[0]].tolist(), strict=True) if v == 1]
        message = f"label: row {many[0] + 1} is of the classes {' and '.join(both)} at once."
        raise InvalidInput(message, hint="Give each row one class.")
    one = (table == 1).any(axis=1) & ~np.isnan(table).any(axis=1)
    return np.where(one, (table == 1).argmax(axis=1), np.nan)


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
