"""DuckDB, numpy batch, stream in random cuts and stream restarted from its state after each cut give the same rows."""

from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recipes import cases

FUNCTIONS = (
    "derive: {a: 'sqrt(abs(x)) + log(y)', b: 'min(x, y)', c: 'coalesce(x, y * 1e90 * 1e90, 7)', d: 'sign(x) ^ 2', "
    "e: 'floor(x / 3) + ceil(y)', f: 'max(exp(x / 1e6), x)', g: 'x is null and not (y >= 0)', h: 'pow(x, 0.5)'}"
)
WINDOW = (
    "window: {by: part, hold: 20 s, context: [variant], statistics: "
    "{x: [mean, std, min, max, first, last, count], variant: [first, last, count]}}"
)
RESAMPLE = (
    "resample: {every: 20 s, hold: 45 s, context: [life], columns: "
    "{x: [mean, std, min, max, first, last, count], variant: last}}"
)

OPERATIONS: dict[str, tuple[str, ...]] = {
    "none": (),
    "cast": ("cast: {numeral: float64, x: float64, variant: text}",),
    "cast whole": ("cast: {numeral: int64, x: int64}",),
    "clip": ("clip: {x: [-1, 2.5], y: [null, 0]}",),
    "unit": ("unit: {x: {from: Cel, to: K}, y: {factor: 1e-3, offset: -2}}",),
    "fill": ("fill: {columns: [x, variant], limit: 30 s}",),
    "fill without limit": ("fill: {columns: [x]}",),
    "derive": ("derive: {a: 'x * y - 2 / x', b: 'nominal(variant) + x', c: 'if(x > 0 or y < 1, variant, \"none\")'}",),
    "derive functions": (FUNCTIONS,),
    "filter": ("filter: 'x > 0 and variant != \"M\" or y is null'",),
    "keep": ("derive: {z: 'x + 1'}", "keep: [z, variant]", "filter: 'z > 0'"),
    "lag": ("lag: {columns: [x, variant], n: 2}",),
    "rolling": ("rolling: {over: 4 rows, reset: life, statistics: {x: [mean, std, min, max, slope, count]}}",),
    "rolling without reset": ("rolling: {over: 3, statistics: {x: [slope, mean], y: max}}",),
    "one_hot": ('one_hot: {variant: [L, M, "it\'s"]}',),
    "category": ("category: {variant: [H, L]}",),
    "admit": ("admit: {lateness: 60 s}",),
    "window": (WINDOW,),
    "window by rows": ("window: {by: part, weights: rows, statistics: {x: [mean, std], life: last}}",),
    "resample": (RESAMPLE,),
}

small = settings(max_examples=15)


@pytest.mark.parametrize("name", OPERATIONS)
@small
@given(table=cases.tables(), where=cases.cuts())
@pytest.mark.job("data/operations", against="cases", what="generated inputs")
def test_an_operation_gives_the_same_rows_on_every_engine(name: str, table: Any, where: list[float]) -> None:
    """Each operation alone, on nulls, NaN, unsorted and repeated times, empty tables and single rows."""
    tables = "tables: {nominal: {L: 37, M: 40, H: 44}}"
    cases.all_equal(cases.steps(*OPERATIONS[name], tables=tables), table, where)


STANDING: dict[str, tuple[str, ...]] = {
    "fill": OPERATIONS["fill"],
    "fill without limit": OPERATIONS["fill without limit"],
    "window": OPERATIONS["window"],
    "window by rows": OPERATIONS["window by rows"],
    "fill what a filter left, then window": (
        "filter: 'y is null or y > 0'", "fill: {columns: [x, variant], limit: 1 min}", "filter: 'x != 0'", WINDOW,
    ),
    "window what waited": ("admit: {lateness: 60 s}", *OPERATIONS["fill"], WINDOW),
}  # fmt: skip


@pytest.mark.parametrize("name", STANDING)
@small
@given(table=cases.standing(), where=cases.cuts())
def test_rows_that_stand_in_order_give_the_same_on_every_engine(name: str, table: Any, where: list[float]) -> None:
    """DuckDB then reads them in one pass without a sort: nothing of one machine may reach the next one."""
    cases.all_equal(cases.steps(*STANDING[name]), table, where)


@small
@given(table=cases.tables(60), where=cases.cuts())
@pytest.mark.job("data/restart", against="cases", what="generated inputs")
def test_the_whole_part_features_recipe_gives_the_same_rows_on_every_engine(table: Any, where: list[float]) -> None:
    """The worked example of the milling cell, with its torque as a float column."""
    renamed = {"x": "spindle_torque", "y": "spindle_speed", "life": "tool_life"}
    table = {renamed.get(n, n): a for n, a in table.items()} | {"tool_wear": table["x"]}
    found = cases.all_equal(cases.recipe(cases.PART_FEATURES), table, where)
    assert list(found)[:6] == ["asset", "frame", "t", "t_start", "variant", "tool_life"]


@pytest.mark.parametrize("late", ["", "admit: {lateness: 200 s}"])
@small
@given(table=cases.tables(60), where=cases.cuts())
def test_a_chain_of_operations_gives_the_same_rows_on_every_engine(late: str, table: Any, where: list[float]) -> None:
    """Row steps, a grid, history and categories in one recipe."""
    chain = [
        "cast: {numeral: float64}",
        "derive: {z: 'coalesce(numeral, x) * 2'}",
        "fill: {columns: [z, variant], limit: 1 min}",
        "filter: 'z is not null'",
        "resample: {every: 30 s, hold: 60 s, columns: {z: [mean, std], x: last}}",
        "one_hot: {variant: [L, M]}",
        "lag: {column: z_mean, n: 1}",
        "rolling: {over: 3 rows, reset: variant, statistics: {z_mean: [mean, std, slope]}}",
        "filter: 'z_mean_lag_1 < z_mean or z_std is null'",
    ]
    cases.all_equal(cases.steps(*([late] if late else []), *chain), table, where)


MOMENTS = st.one_of(
    st.sampled_from(["2026-06-01 08:00:00", "2026-06-01 08:00:00.5", "2026-02-30 00:00:00.1", "", "x", None]),
    st.datetimes(datetime(2026, 6, 1), datetime(2026, 6, 2)).map(str),  # noqa: DTZ001 - text without a zone
)


@pytest.mark.parametrize("zone", ["UTC", "+01:00"])
@small
@given(moments=st.lists(MOMENTS, max_size=20), where=cases.cuts())
def test_parsed_times_are_the_same_on_every_engine(zone: str, moments: list[str | None], where: list[float]) -> None:
    """As the time key, where what does not match drops the row, and as a plain column, where it is null."""
    step = f"{{format: '%Y-%m-%d %H:%M:%S.%f', zone: '{zone}', column: "
    texts = np.array(moments, dtype=object)
    table = {"asset": np.full(len(texts), "m1", dtype=object), "ts": texts, "also": texts}
    cases.all_equal(cases.steps(f"parse_time: {step} ts}}", f"parse_time: {step} also}}", frame=False), table, where)


@st.composite
def logs(draw: st.DrawFn) -> dict[str, Any]:
    """Events of some assets with their three times; some are known before they occur, some never."""
    rows = draw(st.integers(0, 8))
    times = st.integers(-20, 60).map(lambda s: float(cases.START + s * cases.SECOND))
    names = st.sampled_from(["m1", "m1", "m2", None])
    return {
        "asset": np.array([draw(names) for _ in range(rows)], dtype=object),
        "known": np.array([draw(st.one_of(times, st.just(np.nan))) for _ in range(rows)], float),
        "occurred": np.array([draw(st.one_of(times, st.just(np.nan))) for _ in range(rows)], float),
        "value": np.array([draw(st.one_of(cases.NUMBERS)) or np.nan for _ in range(rows)], float),
        "word": np.array([draw(st.sampled_from(["a", "b", None])) for _ in range(rows)], dtype=object),
    }


@small
@given(table=cases.tables(), log=logs(), where=cases.cuts())
def test_an_as_of_join_gives_the_same_rows_on_every_engine(table: Any, log: Any, where: list[float]) -> None:
    """Backward on the known time; equal known times by the later occurrence, then by the later row."""
    recipe = cases.steps("as_of: {right: log, columns: {v: value, w: word}, tolerance: 25 s}", right=True)
    cases.all_equal(recipe, table, where, {"log": log})
