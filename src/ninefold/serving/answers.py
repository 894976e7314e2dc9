"""Answers as HTTP has them: status, fields, body; and the one body of errors that the protocol knows."""

from http import HTTPStatus
from typing import Any

import msgspec

from ninefold.kernel.errors import AccessDenied, InvalidInput, NinefoldError, NotFound, Refused
from ninefold.serving.limits import TooLarge

JSON = b"application/json"
BINARY = b"application/octet-stream"
STATUS_LINES = {s.value: f"HTTP/1.1 {s.value} {s.phrase}\r\n".encode() for s in HTTPStatus}
_STATUS: dict[type[NinefoldError], int] = {
    TooLarge: 413, InvalidInput: 400, NotFound: 404, AccessDenied: 401, Refused: 403,
}  # fmt: skip
_encoder = msgspec.json.Encoder()


class Answer:
    """What goes back to a client."""

    __slots__ = ("body", "fields", "kind", "model", "rows", "status", "version")

    def __init__(self, status: int, body: bytes, kind: bytes = JSON, fields: bytes = b"") -> None:
        """Take status, body, its media type, and further header lines, each with its CR LF."""
        self.status, self.body, self.kind, self.fields = status, body, kind, fields
        self.model: str | None = None  # whose answer it is, and of how many rows
        self.version = ""
        self.rows = 0

    def head(self, date: bytes, *, close: bool, old: bool) -> bytes:
        """Return the head; `old` is a client of HTTP/1.0 that wants to keep the connection."""
        connection = b"connection: close\r\n" if close else b"connection: keep-alive\r\n" if old else b""
        return b"%bdate: %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n%b%b\r\n" % (
            STATUS_LINES[self.status], date, self.kind, len(self.body), self.fields, connection,
        )  # fmt: skip


def as_json(value: Any, status: int = 200) -> Answer:
    """Return a value as JSON."""
    return Answer(status, _encoder.encode(value))


def problem(status: int, message: str, fields: bytes = b"") -> Answer:
    """Return an error as the protocol has it: `{"error": ...}`."""
    return Answer(status, _encoder.encode({"error": message}), JSON, fields)


def refusal(error: NinefoldError) -> Answer:
    """Return what a client is told about an error of ours."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    return problem(status, str(error))
