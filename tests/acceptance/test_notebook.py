"""The example notebook runs from the top in a kernel of its own, and its cells say what the records hold."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import ninefold as nf
from ninefold.kernel.verify import verify_store

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOK = EXAMPLES / "notebook.ipynb"


def test_the_notebook_is_kept_without_outputs() -> None:
    """A diff of it is a diff of what somebody wrote; it holds no data and no place of a machine."""
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    assert len(cells) > 15
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in cells if c["cell_type"] == "code")
    assert NOTEBOOK.stat().st_size < 20_000


@pytest.fixture(scope="module")
def played(data_sets: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The notebook, run in a copy of the examples: its folder, and its cells by id. A cell that fails, fails this."""
    import nbformat
    from nbclient import NotebookClient

    folder = tmp_path_factory.mktemp("notebook")
    shutil.copy(NOTEBOOK, folder)
    shutil.copytree(EXAMPLES / "ai4i", folder / "ai4i", ignore=shutil.ignore_patterns(".ninefold", "__pycache__"))
    book = nbformat.read(folder / NOTEBOOK.name, as_version=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NINEFOLD_DATA", str(data_sets))
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
        NotebookClient(
            book, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        ).execute()
    return folder / "ai4i", {c["id"]: c for c in book["cells"]}


def shown(cells: dict[str, Any], name: str, kind: str = "text/plain") -> str:
    """Return what a cell shows last."""
    outputs = [o for o in cells[name]["outputs"] if o["output_type"] == "execute_result"]
    return str(outputs[-1]["data"][kind])


@pytest.mark.job("modelling/tracking", against="real", what="a Jupyter kernel")
@pytest.mark.acceptance
def test_every_cell_says_what_the_records_hold(played: tuple[Path, dict[str, Any]]) -> None:
    """339 failures, three variants, four runs whose order is that of their figures, verdicts as they are recorded."""
    root, cells = played
    assert "<svg" in shown(cells, "open", "text/html")
    assert "missing" in shown(cells, "status")
    assert sum(int(line.split()[2].removesuffix(".0")) for line in shown(cells, "look").splitlines()[2:]) == 339
    with nf.open(root) as project:
        runs = {r.plain["name"]: r.plain for r in project.runs()}
        assert set(runs) == {"line on raw", "line on derived", "tree on raw", "tree on derived"}
        for name, run in runs.items():
            assert f"{run['metrics']['average_precision']:.4g}" in shown(cells, "plot"), name
        assert runs["tree on derived"]["metrics"]["average_precision"] > 0.5
        recorded = {r.plain["criterion"]: r.plain["outcome"] for r in project.records("verdict", limit=100)}
        table = shown(cells, "verdict")
        assert {"recall", "precision", "ranking"} <= set(recorded)
        for criterion, outcome in recorded.items():
            line = next(x for x in table.splitlines() if f"/{criterion} " in x)
            assert outcome in line, line
        assert "insufficient" in shown(cells, "counted")
        assert project.ask("dataset:parts").plain["rows"] == 10_000
        assert len(project.data("inspections", library="columns")["torque"]) == 339
        assert verify_store(project._session.store) == []


@pytest.mark.acceptance
def test_what_is_shown_is_html_without_scripts(played: tuple[Path, dict[str, Any]]) -> None:
    """Every cell of ours has both forms; the chain leads back to the connection."""
    _, cells = played
    for name in ("open", "status", "runs", "plot", "trace", "verdict", "in"):
        assert "<script" not in shown(cells, name, "text/html").lower()
        assert shown(cells, name)
    assert "connection:parts#source" in shown(cells, "trace")
