"""Scales of drawings: where a number stands between two others, and the round numbers that are written there."""

import math
from collections.abc import Iterable

from ninefold.surface.words import here

_GERMAN = str.maketrans(",.", ".,")


def share(value: float, low: float, high: float) -> float:
    """Return where a value stands between two bounds, 0 to 1, values outside at the nearer bound."""
    if high <= low:
        return 0.5
    return min(max((value - low) / (high - low), 0.0), 1.0)


def span(numbers: Iterable[float | None], *, zero: bool = False, room: float = 0.0) -> tuple[float, float]:
    """Return the least and the greatest finite number, apart from each other; `zero` draws 0 in, `room` is a share
    that is added on both sides.
    """
    found = [float(n) for n in numbers if n is not None and math.isfinite(n)]
    found += [0.0] if zero or not found else []
    low, high = min(found), max(found)
    if high <= low:
        apart = abs(high) * 0.1 or 1.0
        return (low, high + apart) if zero else (low - apart, high + apart)
    more = (high - low) * room
    return low - more, high + more


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return round numbers (steps of 1, 2 or 5 times a power of ten) between two bounds, about `count` of them."""
    if not high > low:
        return [low]
    step = 10.0 ** math.floor(math.log10((high - low) / count))
    step *= next((m for m in (1, 2, 5, 10) if (high - low) / (m * step) <= count), 10)
    first = math.ceil(low / step - 1e-9)
    return [round((first + i) * step, 12) for i in range(int(high / step - first + 1e-9) + 1)]


def figure(value: float) -> str:
    """Return a number as it is written at a mark: short, with a real minus, in the way of who reads."""
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    text = text.translate(_GERMAN) if here() == "de" else text
    return text.replace("-", "\u2212") if not text.startswith("-0") or value else "0"
