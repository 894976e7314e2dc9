"""Idempotency keys: the same key with the same request is done once, and its answer is kept for a day.

Only what succeeded is kept: a request that was refused did nothing and may be repeated. The file lies beside the
store; it holds answers, never a password or another secret.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ninefold.kernel.canonical import sha256
from ninefold.kernel.errors import Conflict, InvalidInput, StoreError
from ninefold.kernel.sqlite_file import FileKind, SqliteFile

FILE = "replies.db"
KEPT_S = 86_400
LONGEST_S = 900  # after that, a request that never ended does not hold its key any more
KIND = FileKind(
    "file of answers", 0x396F7270, 1,  # "9orp"
    locked="Repeat when the other process is done.",
    older="Move it away; it holds nothing but the answers of a day.",
    failed="Move it away; it holds nothing but the answers of a day.",
)  # fmt: skip
_log = logging.getLogger("ninefold.workbench")


class Reply(msgspec.Struct, frozen=True):
    """An answer as it is kept."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def key_of(method: str, path: str, body: Any, given: Mapping[str, Any]) -> str:
    """Return what tells one request from another, without the password in its body."""
    seen = given.get("seen")
    return sha256(msgspec.json.encode([method, path, body, seen.etag if seen else ""]))


class Replies:
    """The answers of a project. Each use opens the file: an object belongs to no thread."""

    def __init__(self, state: Path, *, unstoppable: bool = False, clock: Callable[[], float] = time.time) -> None:
        """Keep where the file is; with `unstoppable` the work is done even when the file cannot be used."""
        self._path, self._unstoppable, self._clock = state / FILE, unstoppable, clock

    def once(self, person: str, key: str, digest: str, work: Callable[[], Reply]) -> tuple[Reply, bool]:
        """Return the answer of the work, and whether it was given before.

        Raises:
            InvalidInput: the key was used for another request.
            Conflict: the same request is being done at this moment.
            StoreError: the file cannot be used.
        """
        try:
            kept = self._claim(person, key, digest)
        except StoreError:
            if not self._unstoppable:
                raise
            _log.warning("an order is given without its idempotency key: %s cannot be used", self._path)
            return work(), False
        if kept is not None:
            return kept, True
        try:
            reply = work()
        except BaseException:
            self._release(person, key)
            raise
        self._keep(person, key, reply)
        return reply, False

    def _claim(self, person: str, key: str, digest: str) -> Reply | None:
        now = int(self._clock())
        with self._open() as file, file.writing() as db:
            db.execute(
                "DELETE FROM reply WHERE made < ? OR (data IS NULL AND made < ?)", (now - KEPT_S, now - LONGEST_S)
            )
            query = "SELECT digest, data FROM reply WHERE person = ? AND key = ?"
            row = db.execute(query, (person, key)).fetchone()
            if row is None:
                db.execute("INSERT INTO reply VALUES (?, ?, ?, NULL, ?)", (person, key, digest, now))
                return None
        if row[0] != digest:
            raise InvalidInput("The Idempotency-Key was used for another request.", hint="Make a new key.")
        if row[1] is None:
            raise Conflict("The same request is being done at this moment.", hint="Wait, then repeat it.")
        return msgspec.msgpack.decode(row[1], type=Reply)

    def _keep(self, person: str, key: str, reply: Reply) -> None:
        """Keep an answer; when that fails the work is done all the same, and the answer is what matters."""
        try:
            with self._open() as file, file.writing() as db:
                row = (msgspec.msgpack.encode(reply), person, key)
                db.execute("UPDATE reply SET data = ? WHERE person = ? AND key = ?", row)
        except StoreError as error:
            _log.warning("an answer could not be kept: %s", error)

    def _release(self, person: str, key: str) -> None:
        """Let a request that failed be repeated; its own error is the one to tell."""
        try:
            with self._open() as file, file.writing() as db:
                db.execute("DELETE FROM reply WHERE person = ? AND key = ? AND data IS NULL", (person, key))
        except StoreError as error:
            _log.warning("an idempotency key could not be released: %s", error)

    def _open(self) -> SqliteFile:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch(mode=0o600, exist_ok=True)
        return SqliteFile(self._path, KIND, _create, busy_s=3.0)


def _create(db: sqlite3.Connection) -> None:
    db.execute(
        "CREATE TABLE reply (person TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, data BLOB,"
        " made INTEGER NOT NULL, PRIMARY KEY (person, key)) WITHOUT ROWID"
    )
