"""The present of the cell: the world of the history, going on at a factor, by jumps, and with faults put in by hand.

Simulated time runs only while the cell works: a planned stop is passed over at once, and said. Every change of pace
is told through `say`, so that nobody takes simulated hours for real ones. On a computer that is too busy to keep the
pace time runs slower: what was not sent in time does not come all at once, or its readers would lose it.
"""

import time
from collections.abc import Callable

import numpy as np

from ninefold.kernel.clock import iso
from ninefold.kernel.errors import InvalidInput
from ninefold.simulation.control import DEFAULT_FACTOR, checked_factor
from ninefold.simulation.faults import FOREVER, Fault, Kind, check
from ninefold.simulation.plant import ASSETS, Plant
from ninefold.vocabulary.columns import Array

LONGEST_JUMP_DAYS = 400
LATE_S = 1.0  # of the clock, that are made up for at once; what is more is left out of simulated time


class Live:
    """A cursor through a plant's samples that moves with a monotonic clock."""

    def __init__(
        self,
        plant: Plant,
        from_us: int,
        *,
        factor: float = DEFAULT_FACTOR,
        monotonic: Callable[[], float] = time.monotonic,
        say: Callable[[str], None] = lambda _: None,
        on_pace: Callable[[int, float], None] = lambda _now, _factor: None,
    ) -> None:
        """Stand at `from_us`, where a history ended; the first sample taken is the first at or after it.

        `on_pace` is told (simulated µs UTC, factor) whenever simulated time does not go on as it did.

        Raises:
            InvalidInput: the factor is not above 0 and at most 1,600.
        """
        self.plant, self._monotonic, self._say, self._on_pace = plant, monotonic, say, on_pace
        self._factor = checked_factor(factor)
        self._cursor = from_us
        self._was_late = False
        self._stand(from_us)
        say(f"Simulated time runs {self._factor:g} times as fast as the clock, from {iso(from_us)}.")

    @property
    def factor(self) -> float:
        """How many simulated seconds pass in one."""
        return self._factor

    @property
    def cursor_us(self) -> int:
        """Everything before this moment was taken or jumped over."""
        return self._cursor

    def _stand(self, time_us: int) -> None:
        self._base_s = float(self.plant.clock.operating(np.array([time_us]))[0])
        self._base_clock = self._taken = self._monotonic()
        self._on_pace(self.now(), self._factor)

    def now(self) -> int:
        """Return the simulated time in µs UTC."""
        passed = (min(self._monotonic(), self._taken + LATE_S) - self._base_clock) * self._factor
        moment = int(self.plant.clock.utc(np.array([self._base_s + passed]))[0])
        return max(moment, self._cursor)

    def take(self) -> dict[str, Array]:
        """Return the samples since the last call, in time order, as `Plant.samples` has them."""
        late, now = self._monotonic() > self._taken + LATE_S, self.now()
        closing = self.plant.clock.closing(self._cursor)
        if self._cursor < closing < now:
            self._say(f"Simulated time passes over a planned stop, from {iso(closing)}.")
            self._on_pace(now, self._factor)
        samples = self.plant.samples(self._cursor, now)
        self._cursor, self._taken = now, self._monotonic()
        if late:
            self._stand(now)
            if not self._was_late:
                self._say("The computer is busy: simulated time runs slower than its factor at times.")
            self._was_late = True
        return samples

    def set_factor(self, factor: float) -> None:
        """Go on at another pace.

        Raises:
            InvalidInput: the factor is not above 0 and at most 1,600.
        """
        checked, now = checked_factor(factor), self.now()
        self._factor = checked
        self._stand(now)
        self._say(f"Simulated time runs {checked:g} times as fast as the clock, from {iso(now)}.")

    def jump(self, to_us: int) -> tuple[int, int]:
        """Go on from a later moment; return the span whose samples nobody gets live.

        Raises:
            InvalidInput: the moment is not later, or more than 400 days away.
        """
        from_us = self._cursor
        if to_us <= self.now():
            raise InvalidInput(f"Simulated time cannot jump back to {iso(to_us)}.", hint="Name a later moment.")
        if to_us - from_us > LONGEST_JUMP_DAYS * 86_400_000_000:
            raise InvalidInput(f"A jump to {iso(to_us)} is longer than {LONGEST_JUMP_DAYS} days.")
        self._cursor = to_us
        self._stand(to_us)
        self._say(f"Simulated time jumps from {iso(from_us)} to {iso(to_us)}.")
        return from_us, to_us

    def inject(self, kind: Kind, asset: str | None = None, *, signal: str | None = None, share: float = 0.4) -> Fault:
        """Begin a fault now; return it.

        Raises:
            InvalidInput: a fault that the cell cannot have.
        """
        fault = check(Fault(kind, self._cursor, FOREVER, asset, signal, share), ASSETS)
        self.plant.inject(fault)
        self._say(f"Fault {kind}{f' at {asset}' if asset else ''} from {iso(self._cursor)}.")
        return fault

    def repair(self, kind: Kind, asset: str | None = None) -> int:
        """End the faults of a kind now; return how many ended."""
        ended = self.plant.repair(kind, asset, self._cursor)
        self._say(f"Repaired {ended} of {kind}{f' at {asset}' if asset else ''} at {iso(self._cursor)}.")
        return ended
