"""What a run may hold, whoever logs it: names on one line, plain values, bounded numbers of them."""

import math
from collections.abc import Mapping
from typing import Any

from ninefold.kernel.errors import InvalidInput

LONGEST_NAME = 250
LONGEST_VALUE = 100_000  # characters; more belongs into an artefact
MOST_PARAMS = 10_000
MOST_METRICS = 20_000
MOST_POINTS = 1_000_000
MOST_ARTEFACTS = 10_000


def name_of(text: object, what: str) -> str:
    """Return a name that is one line of 1 to 250 characters.

    Raises:
        InvalidInput: it is something else.
    """
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_NAME or not text.isprintable():
        hint = f"Use one line of 1 to {LONGEST_NAME} printable characters."
        raise InvalidInput(f"{str(text)[:60]!r} is no name of a {what}.", hint=hint)
    return text


def plain(value: object, where: str) -> Any:
    """Return a parameter as a value with a canonical form: numbers of numpy become Python's, NaN and infinity text.

    Raises:
        InvalidInput: it is no number, text, flag, None, or list or mapping of these.
    """
    if hasattr(value, "item") and getattr(value, "shape", None) == ():  # numpy's scalars
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        message = f"{where} has {len(value)} characters; at most {LONGEST_VALUE} are kept."
        raise InvalidInput(message, hint="Log it as an artefact.")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(v, f"{where}[{i}]") for i, v in enumerate(value)]
    if isinstance(value, Mapping):
        return {str(k): plain(v, f"{where}.{k}") for k, v in value.items()}
    message = f"{where} is a {type(value).__name__}, which is no plain value."
    raise InvalidInput(message, hint="Log its settings, or str() of it.")


def number(value: object, where: str) -> float:
    """Return a metric's value; NaN and infinity may stand here.

    Raises:
        InvalidInput: it is no number.
    """
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if isinstance(value, (bool, int, float)):
        return float(value)
    raise InvalidInput(f"The metric {where} is {str(value)[:40]!r}, which is no number.", hint="Log a number.")


def room(count: int, most: int, what: str) -> None:
    """Refuse one more of something when the most is reached.

    Raises:
        InvalidInput: there is no room.
    """
    if count >= most:
        raise InvalidInput(f"The run has {most} {what} already, the most that is kept.", hint="Log an artefact.")
