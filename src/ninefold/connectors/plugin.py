"""How a connector presents itself at the plugin door `ninefold.connectors`: settings, source, and how to open it.

Importing a plugin is light; its driver is imported when a connection is opened.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ninefold.connectors.contract import Connector

GROUP = "ninefold.connectors"


class TableSource(Protocol):
    """A source that holds a table: history in files or databases, read at the centre only."""

    def files(self) -> list[Path]:
        """Return the files that it reads.

        Raises:
            NotFound: there is none. InvalidInput: together they are too large.
        """

    def describe(self) -> Mapping[str, str]:
        """Return its columns with the type that each will have in a snapshot.

        Raises:
            ConnectorError, InvalidInput: it cannot be read.
        """

    def loaded(self, signals: Collection[str]) -> AbstractContextManager[tuple[Any, str]]:
        """Return a DuckDB connection and the name of a table in it that holds the keys and these signals.

        Raises:
            ConnectorError, InvalidInput: as in `snapshot`.
        """

    def snapshot(self, out: Path) -> int:
        """Write its rows as Parquet in the declared columns; returns the number of rows.

        Raises:
            ConnectorError: absent, locked or damaged. InvalidInput: a column, a value or the size is wrong.
        """


@dataclass(frozen=True)
class ConnectorPlugin:
    """One connector. `live` opens a connection to a machine, `table` one to a table; either may be None."""

    name: str
    settings: type[Any]  # a frozen msgspec struct: the file connections/NAME.yaml
    identity: tuple[str, ...]  # fields of the settings that identify the source; never security
    live: Callable[..., Connector] | None = None  # (connection, settings, pki folder, clock=None)
    table: Callable[[str, Any, Path], TableSource] | None = None  # (connection, settings, project root)
