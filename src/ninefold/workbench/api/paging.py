"""Lists in parts: a cursor names the last item that was seen, so that what is added meanwhile moves nothing."""

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Annotated, TypeVar

import msgspec
from litestar.params import QueryParameter

from ninefold.client.answers import Page
from ninefold.kernel.errors import InvalidInput

T = TypeVar("T")
S = TypeVar("S")
MOST = 500

Cursor = Annotated[
    str, QueryParameter(max_length=1000, description="`next` of the page before; empty for the first page")
]
Limit = Annotated[int, QueryParameter(ge=1, le=MOST, description="How many items at most")]


def encode(place: str) -> str:
    """Return the cursor of the page that begins after a place."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def decode(cursor: str) -> str:
    """Return the place after which a page begins.

    Raises:
        InvalidInput: it is no cursor of ours.
    """
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(data, type=str)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise InvalidInput("This is no cursor.", hint="Send `next` of the page before as it came.") from None


def part(items: Iterable[T], key: Callable[[T], str], cursor: str, limit: int, shown: Callable[[T], S]) -> Page[S]:
    """Return a page of items in the order of their keys, which differ; only what is shown is made."""
    place = decode(cursor) if cursor else None
    ordered = sorted(((key(i), i) for i in items if place is None or key(i) > place), key=lambda pair: pair[0])
    found = ordered[:limit]
    more = len(ordered) > limit
    return Page(tuple(shown(i) for _, i in found), encode(found[-1][0]) if more else "")
