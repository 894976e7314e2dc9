"""The cell's history as a plant would keep it: a historian's Parquet, a CSV export of one machine, a log in SQLite.

Times in the files are UTC with µs: TIMESTAMP WITH TIME ZONE in Parquet, ISO 8601 text in CSV and SQLite.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ninefold.kernel.clock import iso, write_plant_clock
from ninefold.kernel.errors import Conflict, InvalidInput, MissingDependency, NotFound
from ninefold.simulation.faults import Fault
from ninefold.simulation.plant import Plant
from ninefold.simulation.variants import ALL_VARIANTS
from ninefold.vocabulary.columns import Array, length

DAY_US = 86_400_000_000
SEED = 20261124
"""The cell's seed where none is given; fixed beforehand and never picked by its result."""
UNTIL_US = 1_795_521_600_000_000
"""The cell's present where none is given: 2026-11-24T12:00:00Z, a Tuesday at one o'clock in the plant."""
CSV_DAYS = 14
ARCHIVE, LOG, CLOCK, WORLD = "cell-history", "maintenance.sqlite", "clock.json", "world.json"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS maintenance_log (
  event     TEXT PRIMARY KEY,
  asset     TEXT NOT NULL,
  kind      TEXT NOT NULL,      -- tool_failure, operator_change, planned_change
  occurred  TEXT NOT NULL,      -- when it happened at the machine
  reported  TEXT NOT NULL,      -- when an operator typed it
  known     TEXT NOT NULL,      -- when the export made it visible here
  tool_life TEXT NOT NULL,
  outcome   TEXT                -- confirmed (it failed), averted (the operator was in time), or nothing
)
"""

_NAMED = """
SELECT 'm' || (machine + 1) AS asset, make_timestamptz(ts) AS ts,
       printf('m%d-P%07d', machine + 1, part) AS part, list_extract($variants, variant + 1) AS variant,
       printf('m%d-T%05d', machine + 1, tool_life) AS tool_life,
       spindle_torque, spindle_speed, tool_wear, air_temperature, process_temperature, cutting
FROM readings
"""


class Written(msgspec.Struct, frozen=True):
    """What was written, and of which world."""

    seed: int
    from_us: int
    until_us: int
    samples: int
    parts: int
    events: int
    failures: int
    files: tuple[str, ...]


def write_history(out: Path, *, seed: int = SEED, days: int = 180, until_us: int = UNTIL_US) -> Written:
    """Write a new cell's history of some days, until a moment, into a folder; return what was written.

    Files: `cell-history/FROM.parquet`, `cell-export.csv` (machine m1, the last 14 days), `maintenance.sqlite`,
    `clock.json` (the plant's clock, standing still at `until_us`) and `world.json`, from which a live feed goes on.

    Raises:
        InvalidInput: no days, or more than 1,000.
        MissingDependency: DuckDB is not installed.
    """
    if not 1 <= days <= 1000:
        raise InvalidInput(f"A history of {days} days cannot be written.", hint="Use 1 to 1,000 days.")
    if (out / WORLD).exists():
        raise Conflict(f"{out} holds a history already.", hint="Name another folder, or remove this one first.")
    from_us = until_us - days * DAY_US
    plant = Plant(seed, from_us)
    archive, export, log = out / ARCHIVE, out / "cell-export.csv", out / LOG
    parquet, samples = append_samples(archive, plant, from_us, until_us)
    write_csv(export, plant, max(from_us, until_us - CSV_DAYS * DAY_US), until_us)
    append_events(log, plant, from_us, until_us)
    events, parts = plant.events(from_us, until_us, by="known"), length(plant.parts(from_us, until_us))
    failures = int((events["kind"] == "tool_failure").sum())
    write_plant_clock(out / CLOCK, until_us, 0.0)
    write_world(out, World(seed, from_us, until_us))
    files = tuple(str(p.relative_to(out)) for p in (parquet, export, log))
    return Written(seed, from_us, until_us, samples, parts, length(events), failures, files)


class World(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From what a plant can be made again: seed, first moment, faults; and until when its files are written."""

    seed: int
    from_us: int
    until_us: int
    faults: tuple[Fault, ...] = ()

    def plant(self) -> Plant:
        """Return the plant."""
        return Plant(self.seed, self.from_us, faults=self.faults)


def write_world(folder: Path, world: World) -> None:
    """Write `world.json` whole or not at all."""
    part = folder / f"{WORLD}.part"
    part.write_bytes(msgspec.json.format(msgspec.json.encode(world)) + b"\n")
    part.replace(folder / WORLD)


def read_world(folder: Path) -> World:
    """Return the world of a folder.

    Raises:
        NotFound: there is no history in it.
        InvalidInput: `world.json` is not what `write_world` writes.
    """
    path = folder / WORLD
    if not path.is_file():
        raise NotFound(f"There is no simulated history in {folder}.", hint="Make one: ninefold simulate history.")
    try:
        return msgspec.json.decode(path.read_bytes(), type=World)
    except msgspec.DecodeError as error:
        raise InvalidInput(
            f"{path} cannot be read: {error}.", hint="Make the history anew in another folder."
        ) from None


def append_samples(archive: Path, plant: Plant, from_us: int, until_us: int) -> tuple[Path, int]:
    """Write the samples of [from, until) as one more Parquet file of an archive; return its path and its rows.

    The file is named after its first moment and appears whole or not at all; rows are by machine and time.
    """
    coded = plant.coded_samples(from_us, until_us)
    path = archive / f"{iso(from_us).replace(':', '')}.parquet"
    archive.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    _copy(coded, part, "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 1")
    part.replace(path)
    return path, length(coded)


def write_csv(path: Path, plant: Plant, from_us: int, until_us: int, machine: int = 0) -> int:
    """Write one machine's samples of [from, until) as CSV with a header; return the rows."""
    coded = plant.coded_samples(from_us, until_us)
    rows = coded["machine"] == machine
    path.parent.mkdir(parents=True, exist_ok=True)
    _copy(
        {name: column[rows] for name, column in coded.items()},
        path,
        "FORMAT csv, HEADER true, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%fZ'",
    )
    return int(rows.sum())


def _copy(coded: dict[str, Array], path: Path, options: str) -> None:
    try:
        import duckdb
    except ImportError:
        raise MissingDependency("duckdb", "data", "Writing the simulated history") from None
    with closing(duckdb.connect()) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("readings", coded)
        names = ", ".join(f"'{v.name}'" for v in ALL_VARIANTS)
        query = _NAMED.replace("$variants", f"[{names}]")
        target = str(path).replace("'", "''")
        connection.execute(f"COPY ({query}) TO '{target}' ({options})")


def _iso(time_us: int) -> str:
    moment = datetime.fromtimestamp(time_us // 1_000_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_us % 1_000_000:06d}Z"


def append_events(path: Path, plant: Plant, from_us: int, until_us: int) -> int:
    """Add the log entries that became known in [from, until) to a SQLite log; return how many. Repeating adds none."""
    events = plant.events(from_us, until_us, by="known")
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=10)) as connection, connection:
        connection.execute(_SCHEMA)
        before = connection.total_changes
        connection.executemany("INSERT OR IGNORE INTO maintenance_log VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _rows(events))
        return connection.total_changes - before


def _rows(events: dict[str, Array]) -> Iterable[tuple[str | None, ...]]:
    occurred, reported, known = (map(_iso, events[name].tolist()) for name in ("occurred", "reported", "known"))
    names = ("tool_life", "outcome")
    return zip(
        events["event"],
        events["asset"],
        events["kind"],
        occurred,
        reported,
        known,
        *(events[n] for n in names),
        strict=True,
    )
