"""The parameters of a metric: declared by it, checked here, with the nearest name as a hint."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.quantity import Duration, Share


@dataclass(frozen=True)
class Param:
    """One parameter: how it is written, how it is read, and what it is when absent."""

    about: str
    read: Callable[[Any], Any]  # raises ValueError
    default: Any = None


def nearest(name: str, names: Iterable[str]) -> str:
    """Return a hint that begins with a verb: the closest known name, or all of them."""
    known = sorted(names)
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}?" if len(known) > 12 else f"Use {close[0]!r}."
    return f"Use one of: {', '.join(known)}." if known else "Leave it out: there is none to set."


def read_params(metric: str, declared: Mapping[str, Param], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every declared parameter, as given or by default, in the code's own units.

    Raises:
        InvalidInput: an unknown name, or a value that cannot be read.
    """
    for name in given:
        if name not in declared:
            raise InvalidInput(f"Metric {metric} has no parameter {name!r}.", hint=nearest(name, declared))
    out = {}
    for name, param in declared.items():
        try:
            out[name] = param.read(given[name]) if name in given else param.default
        except (ValueError, TypeError) as error:
            message = f"Parameter {name} of metric {metric} is {given[name]!r}: {error}."
            raise InvalidInput(message, hint=f"Write {param.about}.") from error
    return out


def one_of(*choices: str) -> Callable[[Any], str]:
    """Return a reader of one of some words."""

    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return str(value)

    return read


def window(value: Any) -> tuple[float, float]:
    """Return a pair of durations in seconds, shortest first."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValueError("expected two durations")
    low, high = (float(Duration.parse(v)) for v in value)
    if not 0 <= low <= high:
        raise ValueError("expected the shorter one first, none below 0")
    return low, high


def duration(value: Any) -> float:
    """Return a duration above 0 in seconds."""
    seconds = float(Duration.parse(value))
    if seconds <= 0:
        raise ValueError("expected more than 0")
    return seconds


def words(value: Any) -> tuple[str, ...]:
    """Return a list of words."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) and v for v in value):
        raise ValueError("expected a list of words")
    return tuple(value)


def share(value: Any) -> float:
    """Return a share strictly between 0 and 1."""
    number = float(Share.parse(value))
    if not 0 < number < 1:
        raise ValueError("expected more than 0 and less than 1")
    return number


def at_least(low: float) -> Callable[[Any], float]:
    """Return a reader of numbers from `low` up."""

    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value < float("inf"):
            raise ValueError(f"expected a number from {low:g} up")
        return float(value)

    return read


def count(value: Any) -> int:
    """Return a whole number from 1 up."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("expected a whole number from 1 up")
    return value
