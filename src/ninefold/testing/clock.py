"""A clock that moves only when it is told to."""


class FakeClock:
    """A clock for tests: starts at a moment (µs UTC) and is moved by hand."""

    def __init__(self, start: int = 1_790_000_000_000_000) -> None:
        self.moment = start

    def now(self) -> int:
        """Return the moment that was set, µs UTC."""
        return self.moment

    def advance(self, seconds: float) -> None:
        """Move the clock forward (or back, with a negative number)."""
        self.moment += round(seconds * 1e6)
