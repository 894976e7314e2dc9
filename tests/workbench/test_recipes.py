"""The pages of recipes and datasets."""

from html import unescape
from pathlib import Path

import duckdb
import msgspec
import numpy as np
from tests import small_cell
from tests.workbench.desk import APPROVER, opened
from tests.workbench.empty import empty_project, unmade


def text_of(root: Path, path: str, language: str = "en") -> str:
    """Return what a page says."""
    with opened(root, msgspec.structs.replace(APPROVER, language=language)) as client:
        answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def test_a_recipe_is_read_step_by_step(cell_root: Path) -> None:
    """Its steps, its label in words, its pipeline with links, its parity and its profile."""
    text = text_of(cell_root, "/data/recipes/part-features")
    assert "part-features makes 22 features of" in text
    assert "1 when tool_failure follows within 5 min to 2 h of operating time" in text
    assert "where: spindle_speed > 200" in text
    assert 'href="/models/tool-failure"' in text
    assert 'href="/data/sets/cell-history"' in text
    assert "restarted" in text
    assert "torque_lift_mean_20" in text
    assert "style=" not in text


def test_columns_are_found_and_shown_in_full(cell_root: Path) -> None:
    """Of the features, and of the dataset, whose profile is made when it is asked for."""
    found = text_of(cell_root, "/data/recipes/part-features?q=slope")
    profile = found[found.index('id="profile"') :]
    assert "torque_lift_slope_20" in profile
    assert "heat_mean_20" not in profile
    assert "Standard deviation" in text_of(cell_root, "/data/recipes/part-features?column=torque_lift")
    assert "most frequent values" in text_of(cell_root, "/data/recipes/part-features?column=variant")
    assert "p95 189" in text_of(cell_root, "/data/sets/cell-history?column=tool_wear")


def test_a_dataset_tells_its_version(cell_root: Path) -> None:
    """Units, missing values, source files and who reads it."""
    text = text_of(cell_root, "/data/sets/cell-history")
    assert "rows of 11 columns on 8 machines" in text
    assert "{rev}/min" in text
    assert 'href="/data/recipes/part-features"' in text
    assert ".parquet" in text


def test_it_speaks_german(cell_root: Path) -> None:
    """The label as well."""
    text = text_of(cell_root, "/data/recipes/part-features", "de")
    assert "1, wenn tool_failure innerhalb von 5 min bis 2 h Betriebszeit" in text
    assert "Schritte der Reihe nach" in text


def test_what_is_not_there_is_a_page(cell_root: Path) -> None:
    """Unknown recipe, dataset or column, and a row that is none."""
    with opened(cell_root) as client:
        for path in ("recipes/x", "sets/x", "recipes/part-features?column=%3Ci%3E", "sets/cell-history?column=ts"):
            answer = client.get(f"/data/{path}")
            assert (answer.status_code, "<i>" in answer.text) == (404, False), path
        assert client.get("/data/recipes?from=x").status_code == 422


def test_an_empty_project_says_what_to_do_first(tmp_path: Path) -> None:
    """And a recipe that was not run yet shows its steps all the same."""
    assert "then write recipes/NAME.yaml" in text_of(empty_project(tmp_path / "p"), "/data/recipes")
    root = unmade(tmp_path / "fresh")
    text = text_of(root, "/data/recipes/part-features")
    assert "part-features was not run yet" in text
    assert "Steps in order" in text
    assert "cell-history was not read yet" in text_of(root, "/data/sets/cell-history")


def test_five_thousand_columns_are_a_hundred_a_page(tmp_path: Path) -> None:
    """Of a real dataset; a column whose header is markup, runs backwards and is long is text like any other."""
    odd = '<b>"x"</b> \u202eredrum\u202c ' + "läng " * 36
    write_wide(tmp_path, 5000, odd)
    with opened(tmp_path) as client:
        page = client.get("/data/sets/wide").text
        last = client.get("/data/sets/wide?from=5000").text
        source = client.get("/files/connections/wide.yaml").text
    assert "20 rows of 5,002 columns" in page
    assert page.count("<tr>") < 110
    assert "x0090" in page
    assert "x4000" not in page
    assert "odd" in last
    assert "redrum" in source
    assert '<b>"x"' not in source
    assert len(page) < 60_000


def write_wide(root: Path, columns: int, odd: str) -> None:
    """Make a project with a table of many columns, the last of which has an odd header, and read it once."""
    names = [f"x{n:04}" for n in range(columns - 1)]
    tags = "".join(f'  - {{signal: {n}, column: {n}, unit: "1"}}\n' for n in names)
    files = {
        "ninefold.toml": 'name = "wide"\n',
        "connections/wide.yaml": "connector: parquet\npath: data/wide.parquet\nasset: {is: mill}\ntime: {every: 1 min}\n"
        f"tags:\n{tags}  - {{signal: odd, column: '{odd}', unit: \"1\"}}\n",
        "recipes/parts.yaml": "inputs: {parts: dataset:wide}\nkeys: {entity: asset, time: ts}\n"
        "steps: [keep: [x0001]]\nlabel: {from: parts, column: odd}\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    (root / "data").mkdir()
    table = {name: np.arange(20.0) for name in (*names, odd)}
    with duckdb.connect() as connection:
        connection.register("wide", table)
        connection.execute(f"COPY (SELECT * FROM wide) TO '{root / 'data' / 'wide.parquet'}' (FORMAT parquet)")
    with small_cell.opened(root) as composer:
        assert not small_cell.run(composer, "dataset:wide").failed
