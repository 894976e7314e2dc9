"""Scales: round ticks inside of their bounds for every pair of numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.surface.scale import figure, share, span, ticks

numbers = st.floats(-1e9, 1e9)


@given(numbers, st.floats(1e-3, 1e9))
def test_ticks_are_few_and_inside(low: float, wide: float) -> None:
    """They rise, and about five are enough."""
    high = low + wide
    found = ticks(low, high)
    assert len(found) <= 6
    assert found == sorted(found)
    assert all(low - wide * 0.01 <= t <= high + wide * 0.01 for t in found)


@given(st.lists(st.none() | st.floats(), max_size=5), st.booleans())
def test_a_span_is_never_empty(values: list[float | None], zero: bool) -> None:
    """Also of nothing, of one number and of what is no number."""
    low, high = span([v for v in values if v is None or abs(v) < 1e300 or v != v], zero=zero)
    assert low < high


@pytest.mark.parametrize(("value", "text"), [(0.75, "0.75"), (-0.0, "0"), (-2.1, "−2.1"), (294700, "294,700")])
def test_numbers_are_short(value: float, text: str) -> None:
    """With a real minus and thousands apart."""
    assert figure(value) == text


def test_a_share_stays_inside() -> None:
    """What is outside stands at the end."""
    assert [share(v, 0, 2) for v in (-1, 1, 9)] == [0, 0.5, 1]
