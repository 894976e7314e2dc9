"""A dataset version from a table: the snapshot, and what one aggregate pass says about it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from ninefold.connectors.files import plugins
from ninefold.connectors.plugin import ConnectorPlugin
from ninefold.connectors.snapshot import literal, opened, quoted
from ninefold.connectors.tables import RowOrder, TableSettings
from ninefold.kernel.blobs import Blobs, digest_of
from ninefold.kernel.errors import Conflict, Refused
from ninefold.kernel.records import revive
from ninefold.vocabulary.dataset import DataColumn, DatasetVersion, SourceFile

_TYPES: dict[str, Literal["number", "text", "time"]] = {"DOUBLE": "number", "VARCHAR": "text", "BIGINT": "time"}

_ATTEMPTS = 5  # a log that lives gets a line now and then; one that is written all the time is no version


def observe(name: str, source: object, root: Path, scratch: Path, blobs: Blobs) -> DatasetVersion:
    """Return a version of a connection's table, with its Parquet file kept as a blob.

    `source` is the body of the connection's facet #source, as plain values.

    Raises:
        Refused: the connection holds no history. ConnectorError, InvalidInput, NotFound: it cannot be read.
        Conflict: a file changed each time while it was read.
    """
    connector = source.get("connector", "") if isinstance(source, dict) else ""
    plugin: ConnectorPlugin = plugins().get(connector)
    if plugin.table is None:
        message = f"The connection {name} is live and holds no history."
        raise Refused(message, hint="Record it first, or name the connection of its historian.")
    settings = msgspec.convert(source, plugin.settings, strict=False, dec_hook=revive)
    table = plugin.table(name, settings, root)
    out = scratch / "dataset.parquet"
    for _ in range(_ATTEMPTS):
        before = _identity(table.files(), root)
        table.snapshot(out)
        if _identity(table.files(), root) == before:
            return _described(name, settings, out, blobs.put_file(out), before)
    message = f"A file of {name} changed while it was read, {_ATTEMPTS} times."
    raise Conflict(message, hint="Repeat when its writer is done.")


def _identity(files: Iterable[Path], root: Path) -> tuple[SourceFile, ...]:
    return tuple(
        SourceFile(str(f.relative_to(root)) if f.is_relative_to(root) else f.name, f.stat().st_size, digest_of(f))
        for f in files
    )


def _described(
    name: str, settings: TableSettings, file: Path, blob: str, source: Sequence[SourceFile]
) -> DatasetVersion:
    units = {t.signal: t.unit for t in settings.tags if t.unit}
    time = "occurred" if settings.holds_events else "ts"
    parquet = f"read_parquet({literal(str(file))})"
    with opened() as connection:
        described = connection.execute(f"DESCRIBE SELECT * FROM {parquet}").fetchall()
        types = {n: _TYPES[t] for n, t, *_ in described}
        counts = ", ".join(f"count(*) - count({quoted(n)})" for n in types)
        query = f"SELECT count(*), min({time}), max({time}), {counts} FROM {parquet}"
        rows, first, last, *nulls = connection.execute(query).fetchone()
        query = f"SELECT DISTINCT asset FROM {parquet} WHERE asset IS NOT NULL ORDER BY asset"
        assets = tuple(a for (a,) in connection.execute(query).fetchall())
    columns = tuple(
        DataColumn(n, t, units.get(n, "us" if t == "time" else ""), count)
        for (n, t), count in zip(types.items(), nulls, strict=True)
    )
    invented: Literal["source", "row order"] = "row order" if isinstance(settings.time, RowOrder) else "source"
    kind: Literal["events", "samples"] = "events" if settings.holds_events else "samples"
    return DatasetVersion(name, kind, rows, columns, first, last, assets, blob, tuple(source), invented)
