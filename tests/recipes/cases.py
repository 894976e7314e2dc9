"""Random tables, and the one comparison by which engines are held equal."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ninefold.kernel.documents import parse_yaml
from ninefold.recipes import Recipe, batch, duckdb, parse_recipe
from ninefold.recipes.batch import ordered
from ninefold.recipes.parity import compare
from ninefold.recipes.stream import Runner
from ninefold.vocabulary.columns import Columns, length, take

PART_FEATURES = """\
inputs: {cell: dataset:cell-history, log: events:maintenance-log}
keys: {entity: asset, time: ts, frame: part}
tables: {nominal_torque: {L: 37, M: 40, H: 44}}
steps:
  - cast: {spindle_torque: float64, on_error: "null"}
  - clip: {spindle_torque: [0, 120]}
  - fill: {columns: [spindle_torque, spindle_speed], method: forward, limit: 30 s}
  - derive: {power: "spindle_torque * spindle_speed * 0.10471975512"}
  - window: {by: part, weights: time, statistics: {spindle_torque: [mean, std, max], power: [mean, min, max], tool_wear: last}}
  - derive: {torque_lift: "spindle_torque_mean / nominal_torque(variant)"}
  - rolling: {over: 20 parts, reset: tool_life, statistics: {torque_lift: [mean, slope]}}
label: {from: log, event: tool_failure, horizon: [5 min, 2 h], clock: operating, at: frame_end, planned_change: negative, unlabelled: censored, averted: exclude, mature_after: 3 d}
"""


def recipe(text: str) -> Recipe:
    return parse_recipe(parse_yaml(text, "recipe.yaml"))


def steps(*lines: str, frame: bool = True, tables: str = "", right: bool = False) -> Recipe:
    """Return a recipe over the random table with these steps."""
    keys = "keys: {entity: asset, time: ts" + (", frame: part}" if frame else "}")
    inputs = "inputs: {cell: dataset:cell" + (", log: events:log}" if right else "}")
    text = "\n".join([inputs, keys, tables, "steps:" if lines else "steps: []", *(f"  - {line}" for line in lines)])
    return recipe(text)


NUMBERS = st.one_of(
    st.none(),
    st.integers(-3, 3).map(float),
    st.floats(-1e6, 1e6),
    st.floats(1e8, 1e8 + 1),
    st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1e300, -0.0]),
)
SECOND = 1_000_000
START = 1_780_000_000 * SECOND


@st.composite
def tables(draw: st.DrawFn, max_rows: int = 40) -> dict[str, Any]:
    """Rows of up to three assets in arrival order: unsorted and repeated times, nulls, NaN, frames that come and go."""
    rows = draw(st.integers(0, max_rows))
    step = draw(st.sampled_from([1, 7, 30]))
    asset, ts, part = [], [], []
    clock, frame = {"m1": 0, "m2": 3, "m3": 50}, {"m1": 1, "m2": 1, "m3": 1}
    for _ in range(rows):
        name = draw(st.sampled_from(["m1", "m1", "m2", "m3", None]))
        asset.append(name)
        moved = draw(st.sampled_from([0, 1, 1, 2, 3, 40, -1, -5]))
        key = name or "m1"
        clock[key] += moved
        frame[key] += draw(st.sampled_from([0, 0, 0, 1, 1, -1]))
        ts.append(START + clock[key] * step * SECOND + draw(st.sampled_from([0, 0, 0, 1, 500_000])))
        part.append(draw(st.sampled_from([float(frame[key])] * 5 + [np.nan])))
    numbers = {
        name: np.array(
            [np.nan if v is None else v for v in draw(st.lists(NUMBERS, min_size=rows, max_size=rows))], float
        )
        for name in ("x", "y")
    }
    words = st.sampled_from(["L", "M", "H", "it's", None])
    numerals = st.sampled_from(["1", " 2.5 ", "1_0", "nan", "inf", "-3e2", "", "x", "1e400", None, "0x10", "5."])
    return {
        "asset": np.array(asset, dtype=object),
        "ts": np.array(ts, dtype=np.int64),
        "part": np.array(part, dtype=float),
        **numbers,
        "life": np.array(draw(st.lists(st.sampled_from([1.0, 1.0, 2.0, np.nan]), min_size=rows, max_size=rows)), float),
        "variant": np.array(draw(st.lists(words, min_size=rows, max_size=rows)), dtype=object),
        "numeral": np.array(draw(st.lists(numerals, min_size=rows, max_size=rows)), dtype=object),
    }


@st.composite
def standing(draw: st.DrawFn) -> dict[str, Any]:
    """Rows that stand by asset and time, no time twice, each frame once: as a data set that was taken over stands."""
    table = draw(tables(60))
    known = np.flatnonzero([name is not None for name in table["asset"]])
    _, first = np.unique(
        [f"{a} {t}" for a, t in zip(table["asset"][known], table["ts"][known], strict=True)], return_index=True
    )
    rows = known[first]  # by asset and time: all times have the same number of digits
    found = take(table, rows)
    return found | {"part": np.arange(len(rows)) // draw(st.integers(1, 5)) * 1.0}


@st.composite
def cuts(draw: st.DrawFn) -> list[float]:
    return sorted(draw(st.lists(st.floats(0, 1), max_size=6)))


def concatenated(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {n: np.concatenate([p[n] for p in parts]) for n in parts[0]}


def streamed(
    recipe_: Recipe, table: Columns, where: list[float], rights: Mapping[str, Columns], *, restart: bool = False
) -> Any:
    """Return what a stream gives for a table cut at shares of its rows."""
    rows = length(table)
    bounds = [0, *(int(w * rows) for w in where), rows]
    runner, parts = Runner(recipe_, rights), []
    for begin, end in pairwise(bounds):
        parts.append(runner.push(take(table, np.arange(begin, end))))
        if restart:
            runner = Runner.restore(recipe_, runner.state(), rights)
    return ordered(concatenated(parts))


def exactly(a: Columns, b: Columns) -> None:
    """Check that two results are the same to the bit."""
    assert list(a) == list(b)
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)
        assert a[name].dtype == b[name].dtype, name


def all_equal(recipe_: Recipe, table: Columns, where: list[float], rights: Mapping[str, Columns] | None = None) -> Any:
    """Check that DuckDB, batch, stream and restarted stream give the same rows; return them."""
    rights = rights or {}
    whole = batch.run(recipe_, {"cell": table, **rights})
    exactly(streamed(recipe_, table, where, rights), whole)
    exactly(streamed(recipe_, table, where, rights, restart=True), whole)
    by_sql = duckdb.columns(recipe_, {"cell": table, **rights})
    found = compare(by_sql, whole)
    assert found.equal, found
    return whole
