"""Progress of long work, and how it is cancelled: a surface implements `Progress`, work calls it now and then."""

import threading
from typing import Protocol

from ninefold.kernel.errors import Cancelled


class Progress(Protocol):
    """Where work says how far it is."""

    def say(self, message: str, done: float | None = None) -> None:
        """Tell a person what goes on; `done` is a share of 0 to 1 when it is known."""


class Silent:
    """Says nothing: for tests and for work inside work."""

    def say(self, message: str, done: float | None = None) -> None:
        """Do nothing."""


class Cancel:
    """A wish to end the work, from a signal or a person; work looks at it at least once a second."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def request(self) -> None:
        """Ask the work to end."""
        self._event.set()

    @property
    def requested(self) -> bool:
        """Return whether the end was asked for."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise when the end was asked for.

        Raises:
            Cancelled: the end was asked for.
        """
        if self._event.is_set():
            raise Cancelled("The work was cancelled; nothing half-done was recorded.", hint="Run it again to go on.")
