"""Samples become rows: the last known values, whatever the cuts, over a restart; packed samples come back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.connectors.contract import PlannedTag, ReadPlan
from ninefold.edge.prepare import Prepare, pack_batch, unpack_batch
from ninefold.kernel.columnar import pack
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.batch import ColumnBatch, make_batch
from ninefold.vocabulary.columns import Columns

SIGNALS = ("x", "y", "part")
PLAN = ReadPlan(tuple(PlannedTag(s, a, f"{a}.{s}") for a in ("m1", "m2") for s in SIGNALS))


def prepare() -> Prepare:
    found = Prepare(PLAN)
    found.read_as_text(frozenset({"part"}))
    return found


def rows(columns: list[Columns]) -> list[tuple[object, ...]]:
    """Return rows as values that compare: NaN as None."""
    found = []
    for part in columns:
        lists = [part[n].tolist() for n in ("asset", "t", "good", *SIGNALS)]
        found += [tuple(None if v is None or v != v else v for v in row) for row in zip(*lists, strict=True)]
    return sorted(found, key=str)


def test_a_value_holds_until_another_comes_and_a_bad_one_is_null() -> None:
    """Values are never carried from one asset to another."""
    made = prepare()
    batch = make_batch(
        [0, 2, 3, 0, 1, 0, 0], [10, 10, 10, 20, 20, 30, 40], 0, [1.0, np.nan, 9.0, 2.0, 5.0, 3.0, 4.0],
        quality=[0, 0, 0, 0, 0, 2, 0], text=np.array([None, "p1", None, None, None, None, None], object),
    )  # fmt: skip
    found = rows([made.push(batch), made.release()])
    third = 1 / 3
    assert found == sorted(
        [
            ("m1", 10, 2 * third, 1.0, None, "p1"), ("m1", 20, 1.0, 2.0, 5.0, "p1"), ("m1", 30, 2 * third, None, 5.0, "p1"),
            ("m1", 40, 1.0, 4.0, 5.0, "p1"), ("m2", 10, third, 9.0, None, None),
        ],
        key=str,
    )  # fmt: skip


_SAMPLE = st.tuples(
    st.integers(0, 5), st.integers(1, 6), st.sampled_from([0, 1, 2]), st.floats(-5, 5), st.sampled_from(["a", "b"])
)


def batch_of(samples: list[tuple[int, int, int, float, str]]) -> ColumnBatch:
    samples = sorted(samples, key=lambda s: s[1])  # a device sends in order of time
    text = np.array([s[4] if s[0] % 3 == 2 else None for s in samples], object)
    values = [np.nan if s[0] % 3 == 2 else s[3] for s in samples]
    return make_batch([s[0] for s in samples], [s[1] for s in samples], 7, values, [s[2] for s in samples], text=text)


@settings(max_examples=60)
@given(st.lists(_SAMPLE, min_size=1, max_size=25), st.lists(st.integers(0, 25), max_size=4))
def test_any_cuts_and_a_restart_at_each_give_the_same_rows(
    samples: list[tuple[int, int, int, float, str]], cuts: list[int]
) -> None:
    """The rows of one push are those of many pushes with a new object between them."""
    batch = batch_of(samples)
    whole = prepare()
    expected = rows([whole.push(batch), whole.release()])
    made, found, start = prepare(), [], 0
    for end in [*sorted(cuts), len(batch)]:
        found.append(made.push(batch.take(slice(start, end))))
        start = max(start, end)
        state, made = made.state(), prepare()
        made.restore(state)
    found.append(made.release())
    assert rows(found) == expected


def test_samples_after_their_row_left_are_counted_and_change_nothing() -> None:
    """They stay in the raw lane."""
    made = prepare()
    made.push(make_batch([0], [10], 0, [1.0]))
    made.push(make_batch([0], [20], 0, [2.0]))
    made.push(make_batch([0], [10], 0, [99.0]))
    assert made.late == 1
    assert rows([made.release()]) == [("m1", 20, 1 / 3, 2.0, None, None)]


def test_nothing_is_no_row() -> None:
    """Neither an empty batch, nor tags that the plan does not have."""
    made = prepare()
    assert rows([made.push(make_batch([], [], [], [])), made.release()]) == []
    assert rows([made.push(make_batch([99], [10], 0, [1.0])), made.release()]) == []


def test_a_state_of_another_plan_is_refused() -> None:
    """And so is noise."""
    other = Prepare(ReadPlan(PLAN.tags[:3]))
    with pytest.raises(InvalidInput, match="another plan"):
        other.restore(prepare().state())
    with pytest.raises(InvalidInput, match="cannot be read"):
        other.restore(b"noise")


def test_packed_samples_come_back_sorted_by_tag_and_time() -> None:
    """With quality, reason, receive time and text; other columns are refused."""
    batch = make_batch([2, 0, 0], [5, 9, 7], [6, 10, 9], [np.nan, 1.5, 2.5], [0, 2, 0], [0, 3, 0], ["p", None, None])
    back = unpack_batch(pack_batch(batch))
    assert back.tag.tolist() == [0, 0, 2]
    assert back.source_time.tolist() == [7, 9, 5]
    assert back.receive_time.tolist() == [9, 10, 6]
    assert back.reason.tolist() == [0, 3, 0]
    assert back.text is not None
    assert back.text.tolist() == [None, None, "p"]
    with pytest.raises(InvalidInput, match="no samples"):
        unpack_batch(pack({"tag": np.array([1])}))
