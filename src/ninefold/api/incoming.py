"""A DataFrame as a source of the project: a Parquet file, the connection that describes it, and its dataset version."""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ninefold.api.frames import from_frame
from ninefold.connectors.tables import RESERVED
from ninefold.development.data.making import write_columns
from ninefold.kernel.errors import Conflict, InvalidInput
from ninefold.vocabulary.columns import Array

FOLDER = "data"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_HEADER = "# Made from a DataFrame; add_data writes it anew."


def write_source(
    root: Path, name: str, frame: Any, *, asset: str, time: str | None, event: str | None, units: Mapping[str, str],
    every: str,
) -> None:  # fmt: skip
    """Write data/NAME.parquet and connections/NAME.yaml.

    Raises:
        InvalidInput: the name or the table cannot be used. Conflict: a person wrote the connection.
    """
    if not _NAME.fullmatch(name):
        message = f"{name!r} is no name of a dataset."
        raise InvalidInput(message, hint="Use lower-case letters, digits, '-' and '_'.")
    connection = root / "connections" / f"{name}.yaml"
    if connection.exists() and not connection.read_text(encoding="utf-8").startswith(_HEADER):
        message = f"connections/{name}.yaml was written by a person."
        raise Conflict(message, hint="Choose another name, or change the file yourself.")
    columns, times = from_frame(frame)
    columns, constant = _with_asset(columns, asset)
    text = _connection(name, columns, times, asset, constant, time, event, units, every)
    for folder in (root / FOLDER, connection.parent):
        folder.mkdir(exist_ok=True)
    _written(root / FOLDER / f"{name}.parquet", columns)
    connection.write_text(text, encoding="utf-8")


def _with_asset(columns: dict[str, Array], asset: str) -> tuple[dict[str, Array], bool]:
    """Return the columns with the asset as text, and whether the table has no such column: then it is one asset."""
    if asset not in columns:
        return columns, True
    found = columns[asset]
    if found.dtype == np.float64:
        known = found[np.isfinite(found)]
        if len(known) < len(found) or (known != np.round(known)).any():
            message = f"The column {asset!r} names no asset in some rows."
            raise InvalidInput(message, hint="Give each row the name of its asset.")
        columns = {**columns, asset: np.array([None, *(str(int(v)) for v in found)], object)[1:]}
    return columns, False


def _connection(
    name: str, columns: Mapping[str, Array], times: tuple[str, ...], asset: str, constant: bool, time: str | None,
    event: str | None, units: Mapping[str, str], every: str,
) -> str:  # fmt: skip
    if unknown := sorted({*units, *filter(None, [time, event])} - columns.keys()):
        message = f"The table has no column {unknown[0]!r}."
        raise InvalidInput(message, hint=f"It has: {', '.join(list(columns)[:12])}.")
    clock = time or next((n for n in ("ts", "time", "occurred") if n in times), None)
    if clock is not None and clock not in times:
        raise InvalidInput(f"The column {clock!r} holds no moments.", hint="Convert it to datetime first.")
    if event is not None and clock is None:
        raise InvalidInput("A table of events needs a column of moments.", hint="Name it: time=...")
    keys = {asset, clock, event}
    if extra := sorted(set(times) - keys):
        message = f"The column {extra[0]!r} holds moments beside {clock or 'the order of the rows'}."
        raise InvalidInput(message, hint="Make it a number (seconds since ...), or leave it out.")
    lines = [_HEADER, "connector: parquet", f"path: {_quoted(f'{FOLDER}/{name}.parquet')}"]
    lines.append(f"asset: {{is: {_quoted(asset)}}}" if constant else f"asset: {_quoted(asset)}")
    if event is not None:
        lines += [f"event: {_quoted(event)}", f"times: {{occurred: {_quoted(clock or '')}}}"]
    else:
        lines.append(f"time: {_quoted(clock)}" if clock else f"time: {{every: {_quoted(every)}}}")
    lines.append("tags:")
    for column, array in columns.items():
        if column not in keys:
            unit = f", unit: {_quoted(units.get(column, '1'))}" if array.dtype == np.float64 else ""
            lines.append(f"  - {{signal: {_signal(column)}, column: {_quoted(column)}{unit}}}")
    if lines[-1] == "tags:":
        lines[-1] = "tags: []"
    return "\n".join(lines) + "\n"


def _signal(column: str) -> str:
    """Return the name that a column has in recipes: letters, digits and '_'."""
    name = re.sub(r"\W+", "_", column).strip("_")
    name = name if name[:1].isalpha() else f"column_{name}"
    return f"{name}_" if name in RESERVED else name[:100]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def _written(path: Path, columns: Mapping[str, Array]) -> None:
    """Write the Parquet file beside its place and move it there, so that nobody reads a half of it."""
    handle, made = tempfile.mkstemp(prefix=".new-", suffix=".parquet", dir=path.parent)
    os.close(handle)
    try:
        write_columns(columns, Path(made))
        Path(made).replace(path)
    finally:
        Path(made).unlink(missing_ok=True)
