"""HTTP as bytes on a socket: what no client library would send."""

import json
import re
import socket
from typing import Any

from ninefold.testing.serving import Shop, rows_request

BODY = json.dumps(rows_request([[60.0, 1500.0]])).encode()


def connect(shop: Shop) -> socket.socket:
    """Return a connection; nothing of it waits longer than 20 s."""
    return socket.create_connection(("127.0.0.1", shop.port), timeout=60)


def request(
    shop: Shop, method: str = "POST", path: str = "/v2/models/tool-failure/infer", body: bytes = BODY,
    version: str = "1.1", fields: tuple[str, ...] = (), *, length: bool = True,
) -> bytes:  # fmt: skip
    """Return the bytes of a request with the token."""
    lines = [f"{method} {path} HTTP/{version}", "Host: here", f"Authorization: Bearer {shop.token}", *fields]
    if length and method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode() + body


class Reader:
    """Answers from a socket, one after the other."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection, self.held = connection, b""

    def answer(self, *, head_only: bool = False) -> tuple[int, dict[str, str], bytes]:
        """Return status, fields and body of the next answer."""
        head, _, self.held = self._until(b"\r\n\r\n").partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        status = re.fullmatch(r"HTTP/1\.1 (\d{3}) .+", lines[0])
        assert status is not None, lines
        fields = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
        size = 0 if head_only else int(fields.get("content-length", 0))
        while len(self.held) < size:
            self._more()
        body, self.held = self.held[:size], self.held[size:]
        return int(status[1]), fields, body

    def told(self) -> tuple[int, Any]:
        """Return status and JSON of the next answer."""
        status, _, body = self.answer()
        return status, json.loads(body)

    def rest(self) -> bytes:
        """Return what comes until the server closes."""
        found = self.held
        while data := self.connection.recv(65536):
            found += data
        return found

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.held:
            self._more()
        return self.held

    def _more(self) -> None:
        data = self.connection.recv(65536)
        assert data, f"the server closed after {self.held[:200]!r}"
        self.held += data
