"""Servers that do wrong: one that answers as it is told, and a door to a real one that falls shut."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """Yield the URL of a server that answers every request by a function of (handler, body)."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer(self, body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _any  # noqa: N815 - the names of the library

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def saying(status: int, body: bytes, kind: str = "application/json") -> Answer:
    """Return an answer that is always the same."""

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def drop(handler: BaseHTTPRequestHandler, _: bytes = b"") -> None:
    """Say nothing more, as a process that died."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


class Door:
    """Hands requests on to a real server until so many have passed that change something; then it is dead.

    The last one is done there, and its answer is lost: nobody knows whether it was.
    """

    def __init__(self, url: str, passes: int) -> None:
        parts = urlsplit(url)
        self.address, self.left, self.passed = (parts.hostname, parts.port), passes, 0

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """Hand one request on."""
        writes = handler.command in {"PUT", "DELETE"} or not handler.path.partition("?")[0].endswith(("search", "get"))
        writes = writes and handler.command != "GET"
        if self.left <= 0:
            drop(handler)
            return
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        connection.request(handler.command, handler.path, body, {"Content-Type": handler.headers["Content-Type"]})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if writes:
            self.left -= 1
            self.passed += 1
            if self.left == 0:
                drop(handler)
                return
        saying(answer.status, data)(handler, b"")
