"""The clock that is passed in wherever time matters; µs since 1970 UTC. Time is information, never order."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from ninefold.kernel.errors import InvalidInput


class Clock(Protocol):
    """Where the present comes from."""

    def now(self) -> int:
        """Return µs since 1970-01-01 UTC."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """Return µs since 1970-01-01 UTC."""
        return time.time_ns() // 1000


class PlantClock:
    """The time of a simulated or replayed plant, told by a file that its simulator keeps.

    The file is JSON {"plant_us": ..., "wall_us": ..., "factor": ...}: at this machine's `wall_us` it was `plant_us`
    in the plant, and since then plant time has run `factor` times as fast. A jump rewrites the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def now(self) -> int:
        """Return µs since 1970-01-01 UTC in the plant.

        Raises:
            InvalidInput: the file is absent or holds something else.
        """
        try:
            anchor = msgspec.json.decode(self.path.read_bytes(), type=_Anchor)
        except (OSError, msgspec.DecodeError) as error:
            message = f"The plant's clock {self.path} cannot be read: {error}."
            raise InvalidInput(message, hint="Start the simulation that keeps it, or remove `clock`.") from None
        return anchor.plant_us + round((time.time_ns() // 1000 - anchor.wall_us) * anchor.factor)


class _Anchor(msgspec.Struct):
    plant_us: int
    wall_us: int
    factor: float


def write_plant_clock(path: Path, plant_us: int, factor: float) -> None:
    """Say that it is `plant_us` in the plant now, and that its time runs `factor` times as fast from here on."""
    temporary = path.with_suffix(".new")
    temporary.write_bytes(msgspec.json.encode(_Anchor(plant_us, time.time_ns() // 1000, factor)))
    temporary.replace(path)


def iso(time_us: int) -> str:
    """Return a time as people and machines read it: 2026-11-24T16:00:00Z."""
    moment = datetime.fromtimestamp(time_us / 1e6, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_iso(text: str) -> int:
    """Return µs UTC of an ISO 8601 time or date; without a zone it is UTC.

    Raises:
        ValueError: the text is no ISO 8601 time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1e6)
