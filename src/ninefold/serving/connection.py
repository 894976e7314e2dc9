"""One client's connection: bytes to requests and answers back, in order, within the limits of size and time.

At most one request of a connection is at work; while it is, nothing more is read. What a client may hold of this
process is thereby bounded: a head, a body, and what came with it in the same read.
Source: RFC 9112 (HTTP/1.1), RFC 9110, 10.1.1 (Expect).
"""

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple, cast

import httptools

from ninefold.serving.answers import Answer, problem
from ninefold.serving.application import Request, Route
from ninefold.serving.fields import MOST, WANTED, objection, split_of, too_large

if TYPE_CHECKING:
    from ninefold.serving.server import Server

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_SKIPPED = 64 << 10  # bytes of a refused body that are read over, so that the connection can go on
_LINGER_S = 2.0  # a refused client may go on sending for so long: else it would not read why
_NEVER = float("inf")


class _Stop(Exception):
    """Ends the parsing of a read: what follows is of no interest."""


class _Waiting(NamedTuple):
    """A request, or the refusal of one, that waits for its turn."""

    what: Request | Answer
    keep: bool
    old: bool
    head_only: bool


class Connection(asyncio.Protocol):
    """The protocol of one connection."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self._application, self._limits = server.application, server.limits
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[_Waiting] = deque()
        self._busy: _Waiting | None = None
        self._in_message = self._in_head = False
        self._ending = False  # nothing more is read; what waits is answered, then it closes
        self._lingering = self._said_goodbye = False
        self._half_closed = False
        self._blocked = False  # the client does not read its answers
        self._paused = False
        self._continue_due = False
        self._held = 0  # bytes of bodies of this connection
        self._stage = self._timed = 0  # which part of which request comes now, and whose time is counted
        self.deadline = _NEVER
        self._begin()

    def _begin(self) -> None:
        self._target = b""
        self._head_size = self._field_count = self._read = 0
        self._fields: dict[bytes, bytes] = {}
        self._two_hosts = False
        self._parts: list[bytes] = []
        self._size = 0
        self._refused: Answer | None = None
        self._route: Route | None = None
        self._keep = self._old = self._head_only = False

    # what the event loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection, or refuse it when there are too many."""
        self._transport = cast("asyncio.Transport", transport)  # a TCP server makes no other
        if self._server.join(self):
            self._expect_within(self._limits.head)
        else:
            self._fail(problem(503, "There are too many connections.", b"retry-after: 1\r\n"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """Forget what the client asked; work in progress ends by itself."""
        self._drop_bodies()
        self._waiting.clear()
        self._transport = None
        self.deadline = _NEVER
        self._server.leave(self)

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        if self._lingering or self._ending:
            return
        inside, stage = self._in_head, self._stage
        try:
            self._parser.feed_data(data)
            if inside and stage == self._stage:  # all of it belongs to one head, perhaps to one endless field
                self._read += len(data)
                self._grow(0)
            self._settle()
        except httptools.HttpParserUpgrade:
            self._ending = True  # the request was taken as a plain one; what follows is another protocol
            self._settle()
        except httptools.HttpParserCallbackError:
            if not self._ending:
                raise
            self._settle()
        except httptools.HttpParserError as error:
            if not self._ending:
                self._fail(problem(400, f"This is not HTTP/1.1: {str(error)[:100]}."))

    def eof_received(self) -> bool:
        """Answer what a client asked before it closed its half, then close."""
        if self._lingering:
            return False
        self._half_closed = True
        if self._in_message:
            self._fail(problem(400, "The connection ended inside a request."))
            return True
        self._ending = True
        return self._busy is not None or bool(self._waiting) or self._blocked

    def pause_writing(self) -> None:
        """Read nothing more of a client that does not read."""
        self._blocked = True
        self._expect_within(self._limits.write)
        self._timed = -1
        self._set_reading()

    def resume_writing(self) -> None:
        """Go on with a client that reads again."""
        self._blocked = False
        self._advance()

    # what the parser tells

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._begin()
        self._in_message = self._in_head = True
        self._stage += 1

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self._target += url
        self._grow(len(url))
        self._stop_if_ending()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field; few matter here."""
        self._head_size += len(name) + len(value) + 4
        self._field_count += 1
        if self._head_size > self._limits.head_bytes:
            self._grow(0)
        elif self._field_count > MOST:
            self._fail(problem(431, f"The request has more than {MOST} header fields."))
        self._stop_if_ending()
        name = name.lower()
        if name in WANTED:
            self._two_hosts = self._two_hosts or (name == b"host" and name in self._fields)
            self._fields[name] = value

    def on_headers_complete(self) -> None:
        """Decide, before the body, whether the request may go on."""
        self._in_head = False
        self._stage += 1
        parser = self._parser
        version = parser.get_http_version()
        self._old = version == "1.0"
        self._keep = parser.should_keep_alive() and not parser.should_upgrade() and not self._server.draining
        method = parser.get_method()
        self._head_only = method == b"HEAD"
        fields = self._fields
        expected, announced = b"expect" in fields, int(fields.get(b"content-length", 0))
        found: Route | Answer = self._application.admit(method, self._target, fields.get(b"authorization", b""))
        if isinstance(found, Route):
            self._route = found
            found = objection(fields, self._limits) or found
        if self._two_hosts or (b"host" not in fields and not self._old):
            self._fail(problem(400, "A request names its host, once."))
        elif isinstance(found, Answer):
            self._refused = found
            if expected or announced > _SKIPPED:
                self._fail(found)
        elif expected and not self._old:
            self._continue_due = True
        self._stop_if_ending()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body, as long as there is room for it."""
        self._continue_due = False  # it did not wait to be told
        self._size += len(body)
        if self._refused is not None:
            if self._size > _SKIPPED:
                self._fail(self._refused)
        elif self._size > self._limits.body_bytes:
            self._fail(too_large(self._limits))
        elif not self._server.hold(len(body)):
            self._fail(problem(503, "The server holds as many bodies as it can.", b"retry-after: 1\r\n"))
        else:
            self._held += len(body)
            self._parts.append(body)
        self._stop_if_ending()

    def on_message_complete(self) -> None:
        """Take the request, or let it wait for its turn."""
        self._in_message = False
        self._stage += 1
        self._continue_due = False
        what: Request | Answer
        if self._refused is not None or self._route is None:
            what = self._refused or problem(404, "There is nothing.")
        else:
            parts = self._parts
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            what = Request(self._route, body, split_of(self._fields))
        self._parts = []
        if len(self._waiting) >= self._limits.pipelined:
            what, self._keep = problem(503, "Too many requests of this connection wait."), False
        if not self._keep:
            self._ending = True
        self._waiting.append(_Waiting(what, self._keep, self._old, self._head_only))
        self._answer()
        self._stop_if_ending()

    # one after the other

    def _advance(self) -> None:
        """Answer what waits, and see how it goes on."""
        self._answer()
        self._settle()

    def _answer(self) -> None:
        """Answer what waits, until something has to be waited for."""
        while self._waiting and self._busy is None and not self._blocked and self._transport is not None:
            self._take(self._waiting.popleft())

    def _settle(self) -> None:
        """Decide what comes next: more to read within its time, or the end."""
        if self._transport is None:
            return
        if self._busy is None and not self._waiting and not self._blocked:
            if self._continue_due:
                self._continue_due = False
                self._transport.write(_CONTINUE)
            if self._lingering:
                self._linger()
            elif self._ending:
                self._close()
            elif self._timed != self._stage:  # what only goes on has no more time than it had
                self._timed = self._stage
                limits = self._limits
                self._expect_within(limits.head if self._in_head else limits.body if self._in_message else limits.idle)
        self._set_reading()

    def _take(self, one: _Waiting) -> None:
        begun = time.monotonic()
        if isinstance(one.what, Answer):
            self._send(one, one.what, begun)
            return
        answer = self._application.handle(one.what)
        if isinstance(answer, Answer):
            self._send(one, answer, begun)
            return
        self._busy = one
        self.deadline, self._timed = _NEVER, -1  # the time that it takes now is ours
        future = self._server.start(answer)
        future.add_done_callback(lambda f: self._worked(one, f, begun))

    def _worked(self, one: _Waiting, future: "asyncio.Future[Answer]", begun: float) -> None:
        self._busy = None
        if self._transport is None:
            self._server.release(self._size_of(one))
            return
        cut = future.cancelled() or future.exception() is not None
        self._send(one, problem(503, "The server ends.") if cut else future.result(), begun)
        self._advance()

    def _send(self, one: _Waiting, answer: Answer, begun: float) -> None:
        held = self._size_of(one)
        self._held -= held
        self._server.release(held)
        self._application.note(answer, time.monotonic() - begun)
        if self._transport is None:
            return
        close = not one.keep or (self._server.draining and not self._waiting)
        self._ending = self._ending or close
        head = answer.head(self._server.date, close=close, old=one.old and one.keep)
        self._transport.write(head if one.head_only else head + answer.body)

    def _size_of(self, one: _Waiting) -> int:
        return len(one.what.body) if isinstance(one.what, Request) else 0

    # limits

    def _grow(self, size: int) -> None:
        self._head_size += size
        if max(self._head_size, self._read) > self._limits.head_bytes and not self._ending:
            self._fail(problem(431, f"The head of a request has at most {self._limits.head_bytes:.0f} bytes here."))

    def _fail(self, answer: Answer) -> None:
        """Refuse what is being read; it is told after what waits, and then nothing more is read."""
        if self._ending:
            return
        self._ending = True
        self._continue_due = False
        self._in_message = self._in_head = False
        waiting = sum(self._size_of(w) for w in (*self._waiting, *([self._busy] if self._busy else [])))
        self._server.release(self._held - waiting)
        self._held, self._parts = waiting, []
        self._waiting.append(_Waiting(answer, keep=False, old=False, head_only=self._head_only))
        self._lingering = True
        self._advance()

    def _linger(self) -> None:
        """Close our half and read over what still comes: a reset would take the answer away from the client."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._half_closed:
            self._close()
        elif not self._said_goodbye:
            self._said_goodbye = True
            self._expect_within(_LINGER_S)
            transport.write_eof()

    def _close(self) -> None:
        """Close once what was written is read, or its time is over."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
            self._expect_within(self._limits.write)

    def _drop_bodies(self) -> None:
        """Give back the room of all bodies but that of the one at work, which `_worked` gives back."""
        working = self._size_of(self._busy) if self._busy is not None else 0
        self._server.release(self._held - working)
        self._held = working
        self._parts = []

    def _stop_if_ending(self) -> None:
        if self._ending:
            raise _Stop

    def _set_reading(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        pause = (self._busy is not None or self._blocked) and not self._lingering
        if pause != self._paused:
            self._paused = pause
            (transport.pause_reading if pause else transport.resume_reading)()

    def _expect_within(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds

    def overdue(self) -> None:
        """End a connection whose time is over: idle without a word, inside a request with 408."""
        transport = self._transport
        self.deadline = _NEVER
        if transport is None:
            return
        if self._blocked or self._lingering or transport.is_closing():
            transport.abort()
        elif self._in_message:
            self._application.metrics.timeouts += 1
            self._fail(problem(408, "The request did not come in time."))
        else:
            self._close()

    def close_if_idle(self) -> None:
        """Close when nothing is asked; else after the answer."""
        if self._busy is None and not self._waiting and not self._in_message:
            self._close()

    def abort(self) -> None:
        """Close now."""
        if self._transport is not None:
            self._transport.abort()
