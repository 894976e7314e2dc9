"""Where a long list begins, and how it is sorted: what the address of a page says after the question mark."""

from ninefold.kernel.errors import InvalidInput
from ninefold.workbench.desk import Desk

FURTHEST = 10_000_000


def start_of(desk: Desk) -> int:
    """Return the row that `?from=` names, 0 without it.

    Raises:
        InvalidInput: it is no whole number from 0 up.
    """
    text = desk.query.get("from", "0")
    if not (text.isascii() and text.isdecimal()) or int(text) > FURTHEST:
        raise InvalidInput(f"{text[:20]!r} is no row of a list.", hint="Open the list without it.")
    return int(text)
