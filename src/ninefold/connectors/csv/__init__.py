"""CSV (RFC 4180) with a header line, read by DuckDB (MIT, the extra `data`)."""

from pathlib import Path

from ninefold.connectors.plugin import ConnectorPlugin, TableSource
from ninefold.connectors.tables import IDENTITY, TableSettings


def _table(name: str, settings: TableSettings, root: Path) -> TableSource:
    from ninefold.connectors.csv.connector import CsvTable

    return CsvTable(name, settings, root)


PLUGIN = ConnectorPlugin("csv", TableSettings, IDENTITY, table=_table)
