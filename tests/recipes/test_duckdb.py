"""DuckDB over files: Parquet and CSV give what columns in memory give, and no name becomes SQL."""

from pathlib import Path

import duckdb as driver
import numpy as np
import pytest
from tests.recipes import cases
from tests.recipes.test_leaks import history

from ninefold.kernel.errors import InvalidInput
from ninefold.recipes import batch, duckdb
from ninefold.recipes.parity import certify, compare
from ninefold.recipes.sql import UNKNOWN, Order

RECIPE = cases.recipe(cases.PART_FEATURES)


def written(table: dict[str, np.ndarray], path: Path) -> Path:
    con = driver.connect()
    con.register("rows", table)
    con.execute(f"COPY (SELECT * REPLACE (make_timestamp(ts) AS ts) FROM rows) TO '{path}'")
    con.close()
    return path


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_files_give_the_same_rows_as_columns(tmp_path: Path, suffix: str) -> None:
    """With times as timestamps, and the features written as Parquet and read back."""
    source = written(history(), tmp_path / f"cell.{suffix}")
    out = tmp_path / "features.parquet"
    rows = duckdb.run(RECIPE, {"cell": source}, out)
    found, whole = duckdb.read(out), batch.run(RECIPE, {"cell": history()})
    assert rows == len(found["t"]) == 98
    assert compare(found, whole).equal, compare(found, whole)
    assert found["t"].dtype == found["t_start"].dtype == np.int64


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    """The digest of a feature table is its identity: a second run must not look like a change."""
    source, outs = written(history(3000), tmp_path / "cell.parquet"), [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for out in outs:
        duckdb.run(RECIPE, {"cell": source}, out)
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_two_halves_of_the_entities_give_the_rows_of_one_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the same order, the same bytes each time, and nothing is left behind; one entity alone is never halved."""
    rows, source = history(300), tmp_path / "cell.parquet"
    written(rows, source)
    whole = duckdb.columns(RECIPE, {"cell": source})
    monkeypatch.setattr(duckdb, "HALVES_FROM", 10)
    outs = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    assert [duckdb.run(RECIPE, {"cell": source}, out) for out in outs] == [len(whole["t"])] * 2
    assert outs[0].read_bytes() == outs[1].read_bytes()
    found = duckdb.read(outs[0])
    assert all(np.array_equal(found[n], whole[n], equal_nan=whole[n].dtype.kind == "f") for n in whole)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.parquet", "b.parquet", "cell.parquet"]
    one = {n: a[rows["asset"] == rows["asset"][0]] for n, a in rows.items()}
    assert duckdb.run(RECIPE, {"cell": one}, tmp_path / "one.parquet") > 0


def test_parity_is_certified_with_counts_and_the_largest_difference() -> None:
    """What the certificate of a recipe says; and a recipe that differs is not certified."""
    inputs = {"cell": history()}
    reference = duckdb.columns(RECIPE, inputs)
    found = certify(RECIPE, inputs, reference, 5, np.random.default_rng(1))
    assert list(found) == ["batch", "stream", "restarted"]
    assert all(c.equal and c.rows == c.other_rows == 98 and c.largest < 1e-12 for c in found.values())
    planted = reference | {"power_mean": reference["power_mean"] * (1 + 1e-8)}
    assert "power_mean" in certify(RECIPE, inputs, planted, 5, np.random.default_rng(1))["batch"].differences[0]


def test_a_name_or_a_value_never_becomes_sql() -> None:
    """Quotes and statements in column names, categories, table keys and texts."""
    evil = "x\"; DROP TABLE t; --'"
    table = {"asset": np.array(["m'1"], dtype=object), "ts": np.array([cases.START]), evil: np.array([2.0]),
             "variant": np.array(["it's"], dtype=object)}  # fmt: skip
    recipe = cases.steps(
        'one_hot: {variant: ["it\'s", "\'); DROP TABLE t; --"]}',
        "derive: {a: 'nominal(variant) + `" + evil.replace("'", "''") + "`'}",
        tables='tables: {nominal: {"it\'s": 1}}',
        frame=False,
    )
    found = cases.all_equal(recipe, table, [])
    assert found["a"].tolist() == [3.0]


def test_what_duckdb_refuses_is_an_error_of_ours(tmp_path: Path) -> None:
    """No file, a file that is no Parquet, a missing key column, a missing input."""
    with pytest.raises(InvalidInput, match=r"no file cell.parquet"):
        duckdb.columns(RECIPE, {"cell": tmp_path / "cell.parquet"})
    (tmp_path / "bad.parquet").write_bytes(b"PAR1nothing")
    with pytest.raises(InvalidInput, match="DuckDB refuses"):
        duckdb.columns(RECIPE, {"cell": tmp_path / "bad.parquet"})
    with pytest.raises(InvalidInput, match="no column 'part', which is a key"):
        duckdb.columns(RECIPE, {"cell": {n: a for n, a in history().items() if n != "part"}})
    with pytest.raises(InvalidInput, match="The input 'cell' is not given"):
        duckdb.columns(RECIPE, {"cel": history()})


def test_the_recipe_reads_only_the_columns_that_it_needs() -> None:
    """A wide source costs nothing: the rest is not in the statement."""
    kinds = {"cell": {n: "text" if n in {"asset", "variant"} else "number" for n in history(1)} | {"unused": "number"}}
    assert "unused" not in duckdb.statement(RECIPE, kinds, {"cell": "rows"})


@pytest.mark.parametrize("again", [False, True])
def test_frames_that_come_again_are_told_apart(again: bool) -> None:
    """Where each frame stands once its name is its run; where one comes again, its two runs stay two rows."""
    table = history(40)
    parts = table["part"].copy()
    if again:
        parts[parts == parts[-1]] = parts[0]  # the last frame of the last asset, and the first of the first
        mine = table["asset"] == table["asset"][0]
        names = list(dict.fromkeys(parts[mine].tolist()))
        parts[mine & (parts == names[2])] = names[0]
    cases.all_equal(RECIPE, table | {"part": parts}, [0.3, 0.6])


def test_rows_in_order_are_not_sorted_again() -> None:
    """Neither to fill nor to close frames; after a step that may move rows they are."""
    kinds = {"cell": {"asset": "text", "ts": "number", "part": "number", "x": "number"}}
    fill, window = "fill: {columns: [x], limit: 30 s}", "window: {by: part, statistics: {x: mean}}"

    def said(*lines: str, order: Order) -> str:
        return duckdb.statement(cases.steps(*lines), kinds, {"cell": "cell"}, order=order)

    in_order = Order(in_time=True, frames_once=True)
    assert "PARTITION BY" not in said(fill, "filter: 'x > 0'", window, order=in_order)
    assert said(fill, window, order=UNKNOWN).count("PARTITION BY") > 2
    waited = said("admit: {lateness: 60 s}", fill, window, order=in_order)
    assert 'PARTITION BY "asset" ORDER BY "ts" ROWS' in waited
    assert 'lead("ts") OVER (PARTITION' in waited
