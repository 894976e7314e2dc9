"""Requests for any set of tags on any device: short enough, complete, and no refused range is asked for twice."""

import asyncio

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ninefold.connectors.modbus.planner import Answer, Holes, Span, fetch, plan_blocks

spans = st.lists(
    st.builds(
        lambda unit, table, start, size: Span(unit, table, start, start + size),
        st.integers(1, 2),
        st.sampled_from(["coil", "holding"]),
        st.integers(0, 400),
        st.integers(1, 4),
    ),
    min_size=1,
    max_size=30,
)
LIMITS = {"coil": 2000, "holding": 125}


@settings(max_examples=80)
@given(spans, st.integers(0, 40))
def test_every_tag_is_in_one_request_that_is_short_enough(spans, bridge):
    """Whatever lies where; neighbours closer than the bridge do not cost two requests for nothing."""
    blocks = plan_blocks(spans, bridge=bridge, holes=Holes())
    assert sorted(i for b in blocks for i in b.spans) == list(range(len(spans)))
    for block in blocks:
        assert 1 <= block.size <= LIMITS[block.table]
        for index in block.spans:
            span = spans[index]
            assert (span.unit, span.table) == (block.unit, block.table)
            assert block.start <= span.start < span.end <= block.end


@settings(max_examples=60)
@given(spans, st.sets(st.integers(0, 404), max_size=8), st.integers(8, 125))
@example([Span(1, "coil", 231, 235), Span(1, "coil", 232, 234), Span(1, "coil", 236, 237)], {235}, 8)
@example([Span(1, "holding", 0, 4), Span(1, "holding", 3, 7), Span(1, "holding", 6, 10)], set(), 8)
def test_device_with_holes_and_a_limit_of_its_own_is_learned(spans, unreadable, most):
    """Each readable tag gets its own registers at once; soon no request but that of an absent tag is refused."""
    refused = []

    async def ask(block):
        if block.size > (most if block.table == "holding" else 16 * most):
            refused.append(block)
            return Answer(block, code=3)
        if unreadable & set(range(block.start, block.end)):
            refused.append(block)
            return Answer(block, code=2)
        return Answer(block, np.arange(block.start, block.end))

    holes = Holes()
    for _ in range(40):
        refused.clear()
        blocks = plan_blocks(spans, bridge=16, holes=holes)
        answers = asyncio.run(fetch(blocks, spans, ask, holes))
        found = {i: a for a in answers for i in a.block.spans}
        for index, span in enumerate(spans):
            answer = found[index]
            readable = not unreadable & set(range(span.start, span.end))
            assert readable == (answer.code == 0)
            if readable:
                start = span.start - answer.block.start
                assert answer.data[start : start + span.end - span.start].tolist() == list(range(span.start, span.end))
        if all(len(b.spans) == 1 for b in refused):
            return
    raise AssertionError(f"after 40 polls {refused} are still asked for")
