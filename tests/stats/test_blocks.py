"""Blocks of equal row count: their borders, their independence, and the stream that scores them."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.stats.blocks import BlockStream, equal_blocks, lag_correlation, smallest_block
from ninefold.stats.drift import DriftReference
from ninefold.testing.in_control import autoregressive


@given(st.lists(st.sampled_from("abc"), max_size=60), st.integers(1, 7))
@settings(max_examples=60)
def test_blocks_hold_size_rows_of_one_group_in_order(groups: list[str], size: int) -> None:
    """By a plain recount; fewer than `size` rows of each group stay over."""
    blocks = equal_blocks(np.array(groups, dtype=object), size)
    for block in range(blocks.max(initial=-1) + 1):
        rows = np.flatnonzero(blocks == block)
        assert len(rows) == size
        assert len({groups[r] for r in rows}) == 1
    for group in set(groups):
        own = [int(b) for b, g in zip(blocks, groups, strict=True) if g == group]
        whole = len(own) // size * size
        assert own[whole:] == [-1] * (len(own) - whole)
        assert all(a <= b for a, b in pairwise(own[:whole]))


def test_block_of_no_rows_is_refused() -> None:
    """The message names the size."""
    with pytest.raises(ValueError, match="not 0"):
        equal_blocks(np.array(["a"]), 0)


def test_smallest_block_grows_with_the_memory_of_the_signal() -> None:
    """Independent rows need the smallest size; AR(1) .95 needs more than 25 rows; a random walk none of these."""
    rng = np.random.default_rng(0)
    sizes = (5, 25, 100, 200)
    assert smallest_block(rng.normal(size=40_000), sizes) == 5
    found = smallest_block(autoregressive(rng, 80_000, 0.95), sizes)
    assert found in (100, 200)
    assert smallest_block(np.cumsum(rng.normal(size=40_000)), sizes) is None
    assert np.isnan(lag_correlation(np.zeros(30), 5))


def _reference() -> DriftReference:
    rng = np.random.default_rng(1)
    columns = {"a": rng.normal(size=1000), "b": rng.exponential(size=1000)}
    return DriftReference.fit(columns, np.repeat(np.arange(20), 50))


@given(st.lists(st.integers(0, 130), min_size=1, max_size=6), st.booleans())
@settings(max_examples=30)
def test_any_cut_of_the_stream_gives_the_same_blocks(cuts: list[int], restart: bool) -> None:
    """Pushed in parts, with a restart from JSON between them: as if scored block by block."""
    reference, total = _reference(), sum(cuts)
    rng = np.random.default_rng(2)
    columns = {n: np.where(rng.random(total) < 0.1, np.nan, rng.normal(size=total)) for n in ("a", "b")}
    stream, start, scores = BlockStream(reference, 50), 0, []
    for cut in cuts:
        scores += stream.push({n: c[start : start + cut] for n, c in columns.items()})
        start += cut
        if restart:
            stream = BlockStream.resume(reference, 50, json.loads(json.dumps(stream.state())))
    assert len(scores) == total // 50
    for i, block in enumerate(scores):
        alone = reference.scores({n: c[50 * i : 50 * i + 50] for n, c in columns.items()})
        assert np.allclose(block, alone)


def test_silent_feature_has_no_score() -> None:
    """A block without a value of one feature is NaN there only."""
    block = BlockStream(_reference(), 4).push({"a": np.zeros(4), "b": np.full(4, np.nan)})[0]
    assert np.isfinite(block[0]).all()
    assert np.isnan(block[1]).all()
