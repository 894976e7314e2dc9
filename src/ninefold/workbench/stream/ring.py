"""The last events in order, so that a browser that comes back gets what it missed, or is told to read all anew."""

import secrets
from collections import deque
from typing import Any, NamedTuple

import msgspec

KEPT = 200  # events


class Event(NamedTuple):
    """One event as it is sent; `of` names the only page that wants it, None goes to all."""

    number: int
    of: object
    data: bytes


class Ring:
    """Numbered events of one server; another server's numbers mean nothing here."""

    def __init__(self, kept: int = KEPT) -> None:
        self._name = secrets.token_hex(4)
        self._events: deque[Event] = deque(maxlen=kept)
        self.last = 0

    def add(self, name: str, value: Any, of: object = None) -> Event:
        """Append an event and return it."""
        self.last += 1
        event = Event(self.last, of, self.encoded(name, value, self.last))
        self._events.append(event)
        return event

    def encoded(self, name: str, value: Any, number: int) -> bytes:
        """Return an event in the format of server-sent events."""
        return b"id: %s-%d\nevent: %s\ndata: %s\n\n" % (
            self._name.encode(), number, name.encode(), msgspec.json.encode(value),
        )  # fmt: skip

    def after(self, number: int) -> list[Event] | None:
        """Return the events after one; None when some of them are not kept any more."""
        if number > self.last:
            return None
        if number == self.last:
            return []
        if not self._events or self._events[0].number > number + 1:
            return None
        missing = self.last - number
        return [self._events[i] for i in range(len(self._events) - missing, len(self._events))]

    def number_of(self, id: str) -> int | None:
        """Return the number in an id that a browser gives back; None when it is not of this server."""
        name, _, number = id.rpartition("-")
        return int(number) if name == self._name and number.isascii() and number.isdigit() else None
