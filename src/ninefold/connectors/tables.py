"""Tables of samples or events in files and databases: what a person writes about one, whatever holds it.

A snapshot has the columns `asset`, `ts` and the signals by their names, or, for events, `id`, `asset`, `event`,
`occurred`, `reported`, `known` and what else is listed. Times are µs UTC.
"""

import os
import re
from pathlib import Path
from typing import Literal

import msgspec

from ninefold.kernel.clock import parse_iso
from ninefold.kernel.errors import InvalidInput, NotFound
from ninefold.vocabulary.quantity import Duration, Size

RESERVED = ("asset", "ts", "id", "event", "occurred", "reported", "known", "outcome")
MAX_FILES = 10_000
_NAME = re.compile(r"[A-Za-z_][\w.-]{0,99}")
_VARIABLE = re.compile(r"\$\{(\w+)\}")


class TableTag(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column. With a unit it holds numbers, without one text; "1" is the unit of a bare number."""

    signal: str
    column: str
    unit: str | None = None  # UCUM

    def __post_init__(self) -> None:
        """Refuse a signal that cannot be a column of a recipe."""
        if not _NAME.fullmatch(self.signal) or self.signal.startswith("__"):
            raise ValueError(f"{self.signal!r} is no name of a signal: begin it with a letter")
        if self.signal in RESERVED:
            raise ValueError(f"the signal {self.signal!r} has the name of a key; choose another one")


class RowOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times for rows that have none: the order of the file, so far apart, from a date on. They are invented."""

    every: Duration
    since: str = "2000-01-01"  # ISO

    def __post_init__(self) -> None:
        """Refuse what is no time."""
        parse_iso(self.since)
        if not 1e-6 <= self.every <= 86400:
            raise ValueError("every lies between 1 us and 1 d")


class Constant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One asset for the whole table, which does not name it."""

    is_: str = msgspec.field(name="is")


class EventTimes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The columns of the three times of an event; one that is not recorded is taken from the one before it."""

    occurred: str
    reported: str | None = None
    known: str | None = None


class TableSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file connections/NAME.yaml of a table: samples (time, tags), or events (event, times)."""

    connector: str
    path: str  # in the project; may name an environment variable: ${NINEFOLD_DATA}/a.csv; CSV and Parquet: a glob
    asset: str | Constant = "asset"  # column
    time: str | RowOrder | None = None  # column
    tags: tuple[TableTag, ...] = ()
    event: str | None = None  # column of the kind of event
    times: EventTimes | None = None
    id: str | None = None  # column of the event's id
    outcome: str | None = None  # column of what became of it
    table: str | None = None  # of a database
    times_in: str = "UTC"  # IANA zone of times that are written without one
    delimiter: str = ","  # of CSV; a blank stands for any number of blanks
    header: tuple[str, ...] = ()  # of CSV without a header line: the names of its columns in their order
    decimal: Literal[".", ","] = "."  # of CSV
    nulls: tuple[str, ...] = ("", "NA", "NaN", "null")  # of text: what stands for no value
    limit: Size = Size(8 * 2**30)  # a larger source is refused
    zone: Literal["cell", "dmz", "enterprise"] = "enterprise"

    def __post_init__(self) -> None:
        """Refuse what is neither a table of samples nor one of events."""
        if self.event is None and self.times is None:
            if self.time is None or not self.tags:
                raise ValueError("a table of samples needs time: and tags:, one of events needs event: and times:")
        elif self.event is None or self.times is None or self.time is not None:
            raise ValueError("a table of events needs event: and times:, and no time:")
        signals = [t.signal for t in self.tags]
        twice = sorted({s for s in signals if signals.count(s) > 1})
        if twice:
            raise ValueError(f"the signal {twice[0]!r} stands twice under tags")
        if len(self.delimiter) != 1 or self.delimiter == self.decimal:
            raise ValueError("delimiter is one character, and not the decimal sign")
        named = sorted({n for n in self.header if self.header.count(n) > 1 or not n.strip()})
        if named:
            raise ValueError(f"header names {named[0]!r} twice" if named[0].strip() else "header holds an empty name")

    @property
    def holds_events(self) -> bool:
        """Whether its rows are events."""
        return self.event is not None


IDENTITY = (
    "connector", "path", "asset", "time", "tags", "event", "times", "id", "outcome", "table", "times_in", "delimiter",
    "header", "decimal", "nulls",
)  # fmt: skip


def files_of(settings: TableSettings, root: Path) -> list[Path]:
    """Return the files of a source, by name.

    Raises:
        NotFound: there is none, or its path names an environment variable that is not set.
        InvalidInput: together they are larger than the limit, or too many.
    """
    text = _VARIABLE.sub(_environment, settings.path)
    given = Path(text)
    base = Path(given.anchor) if given.is_absolute() else root
    relative = str(given.relative_to(base)) if given.is_absolute() else text
    wild = any(c in relative for c in "*?[")
    found = (
        sorted(p for p in base.glob(relative) if p.is_file()) if wild else [p for p in [base / relative] if p.is_file()]
    )
    if not found:
        message = f"No file matches {settings.path}." if wild else f"The file {settings.path} does not exist."
        raise NotFound(message, hint="Create it, or correct path: in the connection.")
    if len(found) > MAX_FILES:
        raise InvalidInput(f"{settings.path} matches {len(found)} files; at most {MAX_FILES} are read.")
    size = sum(p.stat().st_size for p in found)
    if size > settings.limit:
        message = f"{settings.path} has {size / 1e6:.0f} MB; the limit is {settings.limit / 1e6:.0f} MB."
        raise InvalidInput(message, hint="Narrow the path, or raise limit: in the connection.")
    return found


def _environment(match: re.Match[str]) -> str:
    value = os.environ.get(match.group(1))
    if not value:
        message = f"The environment variable {match.group(1)} is not set."
        raise NotFound(message, hint=f"Set {match.group(1)} to the folder that holds the data.")
    return value
