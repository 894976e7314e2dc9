"""How long ago something was, as a number with the end of a message code: `Say(f"alarms.since-{unit}", {"n": n})`."""

from typing import Literal

Unit = Literal["s", "min", "h", "d"]
_UNITS: tuple[tuple[Unit, int], ...] = (("d", 86_400), ("h", 3600), ("min", 60))


def age(us: int) -> tuple[Unit, int]:
    """Return a duration in µs in its largest unit of which there are at least two; never less than 0 s.

    >>> age(5_400_000_000), age(90_000_000), age(-5)
    (('min', 90), ('s', 90), ('s', 0))
    """
    seconds = max(us, 0) // 1_000_000
    for unit, size in _UNITS:
        if seconds >= 2 * size:
            return unit, seconds // size
    return "s", seconds
