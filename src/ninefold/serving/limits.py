"""What one client may take of the server: sizes, counts and times. Everything from outside is held against these."""

import msgspec

from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.quantity import Duration, Size


class TooLarge(InvalidInput):
    """A request, or what it asks for, is larger than this server takes."""


class Limits(msgspec.Struct, frozen=True):
    """The limits of a server; a request beyond one is refused, and the others go on."""

    head_bytes: Size = Size(16 << 10)  # request line and headers
    body_bytes: Size = Size(16 << 20)  # binary tensors included
    json_bytes: Size = Size(4 << 20)  # of it JSON: 2 bytes of text may become 32 bytes of memory
    buffered_bytes: Size = Size(128 << 20)  # bodies of all connections together
    rows: int = 100_000  # of one request
    connections: int = 1024
    pipelined: int = 256  # requests of one connection that wait for their turn
    head: Duration = Duration(10.0)  # from the first byte of a request to the end of its head
    body: Duration = Duration(30.0)  # from there to the end of its body
    idle: Duration = Duration(75.0)  # between two requests
    write: Duration = Duration(30.0)  # for a client that does not read its answers
    grace: Duration = Duration(0.5)  # after SIGTERM: not ready, yet new requests are answered
    drain: Duration = Duration(20.0)  # then: for requests in progress
