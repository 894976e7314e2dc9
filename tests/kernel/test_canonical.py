"""Pinned vectors: once released they are never edited, because every digest ever recorded rests on them."""

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.kernel.canonical import canonical, digest


class Part(msgspec.Struct, frozen=True):
    """A struct with defaults."""

    name: str
    length: float = 1.0
    tags: tuple[str, ...] = ()
    note: str | None = None


VECTORS: list[tuple[str, Any, bytes]] = [
    ("keys are sorted", {"b": 1, "a": 2}, b'{"a":2,"b":1}'),
    ("minus zero is zero", {"x": -0.0}, b'{"x":0.0}'),
    ("an int where a float is declared", Part("p", 50), b'{"length":50.0,"name":"p"}'),
    ("defaults are omitted", Part("p"), b'{"name":"p"}'),
    ("an equal default is omitted", Part("p", 1), b'{"name":"p"}'),
    ("text is NFC", {"x": "e\u0301"}, '{"x":"\u00e9"}'.encode()),
    ("line ends are LF", {"x": "a\r\nb\rc"}, b'{"x":"a\\nb\\nc"}'),
    ("int and float differ", [1, 1.0], b"[1,1.0]"),
    ("true is not 1", [True, None], b"[true,null]"),
    ("times are UTC in microseconds", datetime(2026, 1, 2, 3, 4, 5, 6, UTC), b'"2026-01-02T03:04:05.000006Z"'),
    ("another zone, the same moment", datetime(2026, 1, 2, 4, 4, 5, 6, timezone(timedelta(hours=1))),
     b'"2026-01-02T03:04:05.000006Z"'),
    ("tuples are lists", (1, (2,)), b"[1,[2]]"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), [v[1:] for v in VECTORS], ids=[v[0] for v in VECTORS])
def test_canonical_bytes(value: Any, expected: bytes) -> None:
    """One value, one sequence of bytes."""
    assert canonical(value) == expected


def test_a_digest_is_pinned() -> None:
    """The digest of a known value, computed once by hand with sha256sum."""
    assert digest({"a": 2, "b": 1}) == "d3626ac30a87e6f7a6428233b3c68299976865fa5508e4267c5415c76af7a772"


REFUSED = {
    "nan": math.nan, "infinity": math.inf, "a large integer": 2**63, "a set": {1}, "a naive time": datetime(2026, 1, 1),  # noqa: DTZ001 - the case
    "a key that is no text": {1: 2}, "a lone surrogate": "\ud800", "an object": object(),
    "merging keys": {"e\u0301": 1, "\u00e9": 2},
    "very long text": "x" * ((1 << 20) + 1),
}  # fmt: skip


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    """NaN, infinity, sets, naive times and text that is not Unicode have no digest."""
    with pytest.raises(ValueError, match=r".+"):
        canonical({"x": value} if not isinstance(value, dict) else value)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(plain)
def test_canonical_is_stable_under_decoding(value: Any) -> None:
    """Decoding the bytes and encoding them again gives the same bytes."""
    once = canonical(value)
    assert canonical(msgspec.json.decode(once)) == once
