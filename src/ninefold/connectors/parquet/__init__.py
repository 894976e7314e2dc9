"""Parquet files, read by DuckDB (MIT, the extra `data`)."""

from pathlib import Path

from ninefold.connectors.plugin import ConnectorPlugin, TableSource
from ninefold.connectors.tables import IDENTITY, TableSettings


def _table(name: str, settings: TableSettings, root: Path) -> TableSource:
    from ninefold.connectors.parquet.connector import ParquetTable

    return ParquetTable(name, settings, root)


PLUGIN = ConnectorPlugin("parquet", TableSettings, IDENTITY, table=_table)
