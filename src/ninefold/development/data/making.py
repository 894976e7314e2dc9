"""From datasets to features, labels and a parity certificate: the recipe engines at work on Parquet files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ninefold.connectors.snapshot import literal, opened, quoted
from ninefold.criteria.operating import OperatingClock
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.errors import InvalidInput
from ninefold.recipes import Label, Recipe, label_frames, label_remaining, label_rows
from ninefold.recipes import duckdb as engine
from ninefold.recipes.duckdb import fetched
from ninefold.recipes.label import Operating
from ninefold.recipes.parity import TOLERANCE, certify
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.columns import Array, length, take
from ninefold.vocabulary.dataset import DatasetVersion
from ninefold.vocabulary.features import Features, Labels, ParityCertificate, ParityCheck

KEYS = ("asset", "frame", "t", "t_start")
PARITY_ROWS = 500_000  # of the dataset; a larger one is checked on whole assets, at least one
PARITY_CUTS = 23


def features(name: str, recipe: Recipe, sources: Mapping[str, Path], scratch: Path, blobs: Blobs) -> Features:
    """Make the features of a recipe and return what they hold.

    Raises:
        InvalidInput: a column is missing or a step cannot work on the data; no frame is complete.
    """
    out = scratch / "made.parquet"
    rows = engine.run(recipe, dict(sources), out)
    if rows == 0:
        raise InvalidInput(f"The recipe {name} gives no rows.", hint="Check its filters, and that frames are closed.")
    with opened() as connection:
        file = f"read_parquet({literal(str(out))})"
        described = connection.execute(f"DESCRIBE SELECT * FROM {file}").fetchall()
        types = {n: t for n, t, *_ in described}
        made = [n for n in recipe.features() if n in types and types[n] != "VARCHAR"]
        counts = "".join(f", count(*) - count({quoted(n)})" for n in made)
        query = f"SELECT min(t), max(t){counts} FROM {file}"
        first, last, *nulls = connection.execute(query).fetchone()
        query = f"SELECT DISTINCT asset FROM {file} ORDER BY asset"
        assets = tuple(a for (a,) in connection.execute(query).fetchall())
    context = tuple(n for n in types if n not in {*KEYS, *made})
    centre_only = tuple(n for n in recipe.centre_only if n in types)
    missing = dict(zip(made, nulls, strict=True))
    return Features(name, rows, tuple(made), context, assets, first, last, missing, blobs.put_file(out), centre_only)


def labels(
    name: str, label: Label, frames: Path, events: Path, calendar: Calendar | None, scratch: Path, blobs: Blobs
) -> Labels:
    """Label the frames by events and return what the labels hold.

    Raises:
        InvalidInput: frames or events lack a column.
    """
    keys = _keys(frames)
    log = engine.read(events)
    make = label_remaining if label.kind == "remaining" else label_frames
    made = make(label, keys, log, _operating(label, calendar))
    known = log["occurred"][np.asarray(log["event"] == label.event, dtype=bool)]
    found = {e for e in made["event"].tolist() if e is not None}
    as_of = max(int(keys["t"].max(initial=0)), int(np.nan_to_num(log["known"].astype(np.float64)).max(initial=0)))
    return _kept(name, label, made, (len(known), len(found)), as_of, scratch, blobs)


def ended_labels(
    name: str, label: Label, frames: Path, calendar: Calendar | None, scratch: Path, blobs: Blobs
) -> Labels:
    """Count what remains to the end of each group and return what the labels hold.

    Raises:
        InvalidInput: the frames have no such group.
    """
    keys = _keys(frames, label.group)
    made = label_remaining(label, keys, None, _operating(label, calendar))
    return _kept(name, label, made, (0, 0), int(keys["t"].max(initial=0)), scratch, blobs)


def column_labels(name: str, label: Label, frames: Path, rows: Path, scratch: Path, blobs: Blobs) -> Labels:
    """Take the labels from columns of the rows and return what they hold.

    Raises:
        InvalidInput: there is no such column, it holds something else than the label's kind allows, or no frame finds
            its row.
    """
    keys = _keys(frames)
    with opened() as connection:
        file = f"read_parquet({literal(str(rows))})"
        found = {n for n, *_ in connection.execute(f"DESCRIBE SELECT * FROM {file}").fetchall()}
        wanted = [n for n in ("asset", "ts", *sorted({label.column, *label.columns.values()})) if n in found]
        query = f"SELECT {', '.join(map(quoted, wanted))} FROM {file}"
        made = label_rows(label, keys, fetched(connection.execute(query).fetchnumpy()))
    return _kept(name, label, made, (0, 0), int(keys["t"].max(initial=0)), scratch, blobs)


def _operating(label: Label, calendar: Calendar | None) -> Operating | None:
    return OperatingClock(calendar).seconds if calendar is not None and label.clock == "operating" else None


def _kept(
    name: str, label: Label, made: Mapping[str, Array], events: tuple[int, int], as_of: int, scratch: Path, blobs: Blobs
) -> Labels:
    """Keep the labels as a blob, and return what they hold; `events` counts the known ones and those announced."""
    out = scratch / "labels.parquet"
    write_columns(made, out)
    state = made["label"]
    unknown = np.asarray(state == None, dtype=bool) if state.dtype == object else np.isnan(state)  # noqa: E711 - by value
    positive, negative = (int((state == v).sum()) if label.task == "binary" else 0 for v in (1, 0))
    said = "end_of_group" if label.until else label.event or label.column or ", ".join(label.columns)
    body = Labels(
        name, said, len(state), positive, negative, int(unknown.sum()), *events, as_of, blobs.put_file(out), label.task
    )
    known = state[~unknown]
    if label.task == "multiclass":
        counts = {c: int((known == c).sum()) for c in (label.columns or sorted(set(known.tolist())))}
        return msgspec.structs.replace(body, classes=counts)
    if label.task == "binary" or not len(known):
        return body
    capped = 0 if label.cap is None else int((known == label.cap).sum())
    return msgspec.structs.replace(body, low=float(known.min()), high=float(known.max()), capped=capped)


def parity(
    name: str,
    recipe: Recipe,
    sources: Mapping[str, Path],
    made: Path,
    dataset: DatasetVersion,
    rng: np.random.Generator,
) -> ParityCertificate:
    """Compare the features that DuckDB made with numpy in batch, in stream and restarted, on the same rows."""
    assets, rows_in = _part(recipe, sources[recipe.rows], dataset)
    inputs = {n: engine.read(sources[n]) for n in recipe.rights}
    rows = _rows(sources[recipe.rows], recipe.keys.entity, assets)
    # as they would have come: all assets together, in time
    inputs[recipe.rows] = take(rows, np.argsort(rows[recipe.keys.time], kind="stable"))
    reference = _rows(made, "asset", assets)
    found = certify(recipe, inputs, reference, PARITY_CUTS, rng)
    checks = tuple(
        ParityCheck(n, c.other_rows, c.equal, c.largest, c.column, c.differences[:10]) for n, c in found.items()
    )
    return ParityCertificate(
        name, "duckdb", all(c.equal for c in checks), checks, rows_in, dataset.rows, assets,
        len(assets) < len(dataset.assets), TOLERANCE, PARITY_CUTS,
    )  # fmt: skip


def write_columns(columns: Mapping[str, Array], out: Path) -> None:
    """Write columns as Parquet in their order; NaN becomes null."""
    with opened() as connection:
        ready = {n: a if a.dtype.kind != "f" else np.ma.masked_invalid(a) for n, a in columns.items()}
        connection.register("made", {**ready, "__row": np.arange(length(columns))})
        items = ", ".join(
            f"CAST({quoted(n)} AS {'VARCHAR' if a.dtype == object else 'DOUBLE' if a.dtype.kind == 'f' else 'BIGINT'})"
            f" AS {quoted(n)}"
            for n, a in columns.items()
        )
        query = f"SELECT {items} FROM made ORDER BY __row"
        connection.execute(f"COPY ({query}) TO {literal(str(out))} (FORMAT parquet, COMPRESSION zstd)")


def _keys(frames: Path, group: str = "asset") -> dict[str, Array]:
    """Return asset, frame and t of all frames, and their group; a table without frames has its time as the frame."""
    with opened() as connection:
        file = f"read_parquet({literal(str(frames))})"
        described = connection.execute(f"DESCRIBE SELECT * FROM {file}").fetchall()
        found = {n for n, *_ in described}
        frame = "frame" if "frame" in found else "CAST(t AS VARCHAR)"
        more = f", {quoted(group)}" if group in found - {"asset", "frame", "t"} else ""
        query = f"SELECT asset, {frame} AS frame, t{more} FROM {file}"
        return fetched(connection.execute(query).fetchnumpy())


def _part(recipe: Recipe, file: Path, dataset: DatasetVersion) -> tuple[tuple[str, ...], int]:
    """Return the assets whose rows are compared, and how many rows those are."""
    entity = quoted(recipe.keys.entity)
    with opened() as connection:
        source = f"read_parquet({literal(str(file))}) WHERE {entity} IS NOT NULL GROUP BY {entity} ORDER BY {entity}"
        query = f"SELECT CAST({entity} AS VARCHAR), count(*) FROM {source}"
        counts: list[tuple[str, int]] = connection.execute(query).fetchall()
    if dataset.rows <= PARITY_ROWS:
        return tuple(n for n, _ in counts), sum(c for _, c in counts)
    chosen: list[str] = []
    rows = 0
    for asset, count in counts:
        if chosen and rows + count > PARITY_ROWS:
            break
        chosen.append(asset)
        rows += count
    return tuple(chosen), rows


def _rows(file: Path, entity: str, assets: tuple[str, ...]) -> dict[str, Array]:
    with opened() as connection:
        names = ", ".join(literal(a) for a in assets)
        source = f"read_parquet({literal(str(file))}) WHERE CAST({quoted(entity)} AS VARCHAR) IN ({names})"
        query: Any = connection.execute(f"SELECT * FROM {source}")
        return fetched(query.fetchnumpy())
