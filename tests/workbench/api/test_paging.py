"""Pages: cursors come back as they went, and pages together are the list."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.kernel.errors import InvalidInput
from ninefold.workbench.api.paging import decode, encode, part


@given(st.text())
def test_a_cursor_comes_back_as_it_went(place: str) -> None:
    """Whatever the name of an object is."""
    if not any("\ud800" <= c <= "\udfff" for c in place):
        assert decode(encode(place)) == place


@given(st.text(max_size=30))
def test_what_is_no_cursor_is_refused_or_read(text: str) -> None:
    """Nothing else happens."""
    with suppress(InvalidInput):
        assert isinstance(decode(text), str)


@given(st.sets(st.text(alphabet="abc/ö", max_size=4), max_size=40), st.integers(1, 7))
def test_pages_together_are_the_list(names: set[str], limit: int) -> None:
    """In order, each once."""
    found: list[str] = []
    page = part(names, str, "", limit, str)
    found += page.items
    while page.next:
        page = part(names, str, page.next, limit, str)
        found += page.items
    assert found == sorted(names)


@pytest.mark.parametrize("text", ["=", "a", "ImE", "bnVsbA", "MQ"])
def test_half_a_cursor_is_refused(text: str) -> None:
    """Not base64, not JSON, no text."""
    with pytest.raises(InvalidInput):
        decode(text)
