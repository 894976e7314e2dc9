"""Packed columns come back bit by bit, are small, and damaged bytes are refused."""

import contextlib
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ninefold.kernel.columnar import MAGIC, pack, unpack
from ninefold.kernel.errors import InvalidInput

_FLOATS = st.one_of(
    hnp.arrays(np.float64, st.integers(0, 40), elements=st.floats(allow_nan=True, allow_infinity=True)),
    hnp.arrays(np.float64, st.integers(0, 40), elements=st.integers(-1000, 1000).map(lambda i: i / 100)),
)
_INTEGERS = hnp.arrays(np.int64, st.integers(0, 40), elements=st.integers(-(2**63), 2**63 - 1))


@settings(max_examples=60)
@given(_FLOATS)
def test_floats_come_back_bit_by_bit(values: np.ndarray) -> None:
    """NaN, infinities and -0.0 included, whatever form is chosen."""
    back = unpack(pack({"x": values}))["x"]
    assert np.array_equal(back.view(np.uint64), values.view(np.uint64))


@settings(max_examples=60)
@given(_INTEGERS)
def test_integers_come_back_over_the_whole_range(values: np.ndarray) -> None:
    """Differences wrap at 64 bit and unwrap again."""
    assert np.array_equal(unpack(pack({"t": values}))["t"], values)


@settings(max_examples=40)
@given(st.lists(st.one_of(st.none(), st.text(max_size=5)), max_size=20))
def test_text_flags_and_codes_come_back(words: list[str | None]) -> None:
    """Null is not the empty text."""
    text = np.empty(len(words), object)
    text[:] = words
    flags = np.array([w is None for w in words], np.bool_)
    codes = np.arange(len(words), dtype=np.uint8)
    back = unpack(pack({"a": text, "b": flags, "q": codes}))
    assert list(back["a"]) == words
    assert np.array_equal(back["b"], flags)
    assert np.array_equal(back["q"], codes)


def test_ten_thousand_noisy_samples_need_at_most_ten_bytes_each() -> None:
    """48 tags at 10 s of simulated time, full float64 noise: the goal is 10 bytes a sample."""
    rng = np.random.default_rng(3)
    n = 9600
    columns = {
        "tag": np.tile(np.arange(48), n // 48),
        "t": np.repeat(1_790_000_000_000_000 + np.arange(n // 48) * 10_000_000, 48),
        "value": 40 + rng.normal(0, 3, n),
        "quality": np.zeros(n, np.uint8),
    }
    assert len(pack(columns)) / n <= 10


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "do not begin with"),
        (MAGIC, "cut off"),
        (MAGIC + b"no zlib", "damaged"),
        (MAGIC + zlib.compress(b"\x92\x05\xc0"), "damaged"),
        (MAGIC + zlib.compress(b"\x92\xce\xff\xff\xff\xff\x90"), "claim"),
    ],
)
def test_damaged_bytes_are_refused(data: bytes, says: str) -> None:
    """Whatever comes from outside is an InvalidInput, never another error."""
    with pytest.raises(InvalidInput, match=says):
        unpack(data)


@settings(max_examples=60)
@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_read(noise: bytes) -> None:
    """A fuzzed body never escapes as another exception."""
    with contextlib.suppress(InvalidInput):
        unpack(MAGIC + zlib.compress(noise))


def test_a_bomb_is_refused() -> None:
    """Half a gigabyte of zeros is refused before it is there."""
    bomb = zlib.compressobj(9)
    data = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(300)) + bomb.flush()
    with pytest.raises(InvalidInput, match="more than 256 MiB"):
        unpack(MAGIC + data)
