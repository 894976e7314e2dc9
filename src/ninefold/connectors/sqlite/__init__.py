"""SQLite 3 files, read by Python's own sqlite3."""

from pathlib import Path

from ninefold.connectors.plugin import ConnectorPlugin, TableSource
from ninefold.connectors.tables import IDENTITY, TableSettings


def _table(name: str, settings: TableSettings, root: Path) -> TableSource:
    from ninefold.connectors.sqlite.connector import SqliteTable

    return SqliteTable(name, settings, root)


PLUGIN = ConnectorPlugin("sqlite", TableSettings, IDENTITY, table=_table)
