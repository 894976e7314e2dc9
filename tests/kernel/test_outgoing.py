"""A connection to a server: what is no address, what must not travel in the open, answers that are too large or absent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ninefold.kernel.errors import ConnectorError, DeadlineExceeded, InvalidInput, Unreachable
from ninefold.kernel.outgoing import Server


@contextmanager
def answering(answer: bytes | None) -> Iterator[str]:
    """Serve one answer on loopback (None: accept and say nothing) and yield the address."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        taken, _ = listener.accept()
        with taken:
            taken.recv(65_536)
            if answer is None:
                over.wait(30)
            else:
                taken.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        thread.join()
        listener.close()


@pytest.mark.parametrize(
    "url", ["", "centre", "ftp://centre", "https://", "https://e:secret@centre", "http://localhost:x", "http://[::1", "http://localhost:99999"]
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    """And not shown: a password may stand in it."""
    with pytest.raises(InvalidInput, match="no address") as caught:
        Server(url)
    assert "secret" not in str(caught.value)


def test_plain_text_is_for_loopback_only() -> None:
    """Unless there is nothing to hide."""
    with pytest.raises(InvalidInput, match="without encryption"):
        Server("http://centre.plant:9400")
    Server("http://centre.plant:9400", secret=False)
    Server("https://centre.plant:9400")
    Server("http://[::1]:9400")


@pytest.mark.parametrize("token", ["Bearer ü", "Bearer a\r\nX-More: b"])
def test_a_token_that_no_header_holds_is_refused(token: str) -> None:
    """It would smuggle a header of its own."""
    with pytest.raises(InvalidInput, match="no header"):
        Server("http://localhost", authorization=token)


def test_an_answer_comes_with_its_headers() -> None:
    """Their names are in lower case."""
    with (
        answering(b"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok") as url,
        Server(url) as server,
    ):
        found = server.ask("GET", "/a")
    assert (found.status, found.headers["etag"], found.body) == (200, "x", b"ok")


def test_an_answer_that_is_too_large_is_refused() -> None:
    """It is not read to its end."""
    nine = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n123456789"
    with answering(nine) as url, Server(url) as server, pytest.raises(ConnectorError, match="larger"):
        server.ask("GET", "/a", most=4)


def test_no_answer_in_time_is_told() -> None:
    """The deadline is that of the connection."""
    with answering(None) as url, Server(url, timeout_s=0.05) as server, pytest.raises(DeadlineExceeded):
        server.ask("GET", "/a")


@pytest.mark.parametrize("answer", [b"", b"no HTTP at all\r\n\r\n"])
def test_what_is_no_answer_is_unreachable(answer: bytes) -> None:
    """A server that hangs up, or speaks something else."""
    with answering(answer) as url, Server(url) as server, pytest.raises(Unreachable):
        server.ask("GET", "/a")
