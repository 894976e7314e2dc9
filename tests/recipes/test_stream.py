"""A runner in operation: what it refuses, what it counts, and that its state is only data."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recipes import cases
from tests.recipes.test_leaks import history

from ninefold.kernel.errors import InvalidInput, Refused
from ninefold.recipes.operations import frames
from ninefold.recipes.stream import Runner
from ninefold.vocabulary.columns import take

RECIPE = cases.recipe(cases.PART_FEATURES)


def started(rows: int = 40) -> tuple[Runner, dict[str, Any]]:
    runner, table = Runner(RECIPE), history(rows)
    runner.push(table)
    return runner, table


def test_a_push_without_rows_gives_typed_columns_without_rows() -> None:
    """The very first push too."""
    runner = Runner(RECIPE)
    found = runner.push(take(history(4), np.arange(0)))
    assert {n: a.dtype.kind for n, a in found.items()}["torque_lift"] == "f"
    assert all(len(a) == 0 for a in found.values())


def test_rows_without_asset_or_time_are_counted() -> None:
    """They belong to no stream."""
    runner, table = Runner(RECIPE), history(4)
    table["asset"][0] = None
    table["ts"][1] = -5
    runner.push(table)
    assert runner.skipped == 2


def test_late_rows_are_counted_over_a_restart() -> None:
    """A second copy of the same rows is late altogether."""
    runner, table = started(10)
    runner.push(table)
    assert runner.late == 20
    assert Runner.restore(RECIPE, runner.state()).late == 20


def test_a_missing_or_changed_column_is_named() -> None:
    """With the nearest name that is there."""
    runner, table = started()
    with pytest.raises(InvalidInput, match=r"no column 'spindle_torque'.*Did you mean 'spindle_torqe'"):
        runner.push({n.replace("torque", "torqe"): a for n, a in table.items()})
    with pytest.raises(InvalidInput, match="'variant' was text before"):
        runner.push(table | {"variant": np.ones(80)})
    with pytest.raises(InvalidInput, match=r"the input 'cell' has no column 'part'|has no column 'part'"):
        Runner(RECIPE).push({n: a for n, a in table.items() if n != "part"})


def test_mixed_types_and_text_times_are_refused() -> None:
    """A number among texts, and a time that nobody parsed."""
    table = history(4)
    with pytest.raises(InvalidInput, match=r"text column 'variant' holds 5 of type int"):
        Runner(RECIPE).push(table | {"variant": np.array([5, "L"] * 4, dtype=object)})
    with pytest.raises(InvalidInput, match=r"The time 'ts' is text.*parse_time"):
        Runner(RECIPE).push(table | {"ts": np.array(["now"] * 8, dtype=object)})


def test_a_column_that_is_all_null_keeps_its_kind() -> None:
    """An edge that has not heard of the variant yet gives NaN."""
    runner, _ = started()
    runner.push(history(44) | {"variant": np.full(88, np.nan)})


def test_a_stuck_frame_counter_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The frame that never closes is named."""
    monkeypatch.setattr(frames, "MAX_OPEN_ROWS", 30)
    table = history(100) | {"part": np.full(200, 3.0)}
    with pytest.raises(InvalidInput, match=r"a frame of 'part' \(such as .*3.0\) has more than 30 rows.*stuck"):
        Runner(RECIPE).push(table)


def test_a_python_step_is_refused_by_name() -> None:
    """On every engine of this version."""
    recipe = cases.steps("python: {function: mine.py:f, columns: [a]}")
    with pytest.raises(Refused, match=r"mine.py:f \(columns a\)"):
        Runner(recipe).push(history(4))


def test_a_state_belongs_to_its_recipe() -> None:
    """A changed recipe starts anew instead of continuing with foreign numbers."""
    runner, _ = started()
    other = cases.recipe(cases.PART_FEATURES.replace("20 parts", "21 parts"))
    with pytest.raises(InvalidInput, match="another recipe"):
        Runner.restore(other, runner.state())


@settings(max_examples=80)
@given(cut=st.floats(0, 1), flip=st.integers(0, 2**20), byte=st.integers(1, 255))
def test_a_damaged_state_is_refused(cut: float, flip: int, byte: int) -> None:
    """Cut anywhere, or with any byte flipped."""
    state = started()[0].state()
    assert b"pickle" not in state
    with pytest.raises(InvalidInput, match="state"):
        Runner.restore(RECIPE, state[: int(cut * (len(state) - 1))])
    broken = bytearray(state)
    broken[flip % len(state)] ^= byte
    with pytest.raises(InvalidInput, match="state"):
        Runner.restore(RECIPE, bytes(broken))


def test_a_new_runner_has_a_state_too() -> None:
    """Saved before the first push."""
    table = history(40)
    cases.exactly(Runner.restore(RECIPE, Runner(RECIPE).state()).push(table), Runner(RECIPE).push(table))


def test_a_lenient_cast_may_be_strict() -> None:
    """on_error: fail names the value."""
    recipe = cases.steps("cast: {numeral: float64, on_error: fail}")
    table = history(2) | {"numeral": np.array(["1", "1_0", "2", None], dtype=object)}
    with pytest.raises(InvalidInput, match="'numeral' holds '1_0'"):
        Runner(recipe).push(table)
    with pytest.raises(InvalidInput, match="column numeral holds a value that is no float64"):
        cases.duckdb.columns(recipe, {"cell": table})
