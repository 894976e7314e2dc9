"""Opening and making a file of ours while others do the same."""

import sqlite3
from pathlib import Path

import pytest

from ninefold.kernel.errors import StoreError
from ninefold.kernel.sqlite_file import FileKind, SqliteFile

KIND = FileKind("file of a test", 0x39746573, 1, "Wait.", "Move it away.", "Move it away.")
LOOKS = ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")


def make(db: sqlite3.Connection) -> None:
    """Make the one table; a second time it would fail."""
    db.execute("CREATE TABLE thing (n INTEGER)")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("time", [1, 2])
def test_a_file_that_another_makes_meanwhile_is_opened(
    look: str, time: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was seen of the file before the other one was done."""
    path, seen = tmp_path / "new.db", SqliteFile._number
    looks: list[str] = []

    def number(self: SqliteFile, query: str) -> int:
        found = seen(self, query)
        looks.append(query)
        if query == look and looks.count(look) == time and not self.connection.in_transaction:
            monkeypatch.setattr(SqliteFile, "_number", seen)
            SqliteFile(path, KIND, make).close()
        return found

    monkeypatch.setattr(SqliteFile, "_number", number)
    with SqliteFile(path, KIND, make) as opened:
        assert opened.connection.execute("SELECT count(*) FROM thing").fetchone() == (0,)


def test_a_file_of_another_kind_is_never_ours(tmp_path: Path) -> None:
    """With tables, or without but marked."""
    for name, statement in (("tables", "CREATE TABLE other (n INTEGER)"), ("marked", "PRAGMA application_id=7")):
        db = sqlite3.connect(tmp_path / name)
        db.execute(statement)
        db.close()
        with pytest.raises(StoreError, match="but no file of a test"):
            SqliteFile(tmp_path / name, KIND, make)
