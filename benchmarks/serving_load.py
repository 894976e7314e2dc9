"""Loads a server over some connections, each asking again when it is answered; run as a process of its own."""

import base64
import json
import selectors
import socket
import sys
import time


def answered(held: bytes) -> int:
    """Return how long the first answer in these bytes is; 0 when it is not complete, -1 when it is not 200."""
    head, mark, rest = held.partition(b"\r\n\r\n")
    if not mark:
        return 0
    if b" 200 " not in head[:16]:
        return -1
    sizes = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    size = len(head) + 4 + int(sizes[0])
    return size if len(held) >= size and rest is not None else 0


def load(port: int, request: bytes, count: int, connections: int) -> float:
    """Return the wall seconds that `count` answers took.

    Raises:
        SystemExit: one was not 200.
    """
    selector = selectors.DefaultSelector()
    held: dict[socket.socket, bytes] = {}
    for _ in range(connections):
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        held[connection] = b""
    begun, sent, done = time.perf_counter(), 0, 0
    for connection in held:
        connection.sendall(request)
        sent += 1
    while done < count:
        for key, _ in selector.select(60):
            connection = key.fileobj
            held[connection] += connection.recv(1 << 20)
            size = answered(held[connection])
            if size < 0:
                raise SystemExit(held[connection][:2000])
            if size:
                held[connection] = held[connection][size:]
                done += 1
                if sent < count:
                    connection.sendall(request)
                    sent += 1
    wall = time.perf_counter() - begun
    for connection in held:
        connection.close()
    return wall


def main() -> None:
    """Read what to do from standard input as JSON, and print the wall seconds."""
    asked = json.load(sys.stdin)
    request = base64.b64decode(asked["request"])
    print(load(asked["port"], request, asked["count"], asked["connections"]))


if __name__ == "__main__":
    main()
