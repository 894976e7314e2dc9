"""The commands, on the small milling cell with its approved model, against the real server."""

import json
from pathlib import Path

import pytest
from tests.tracking.mlflow.conftest import Server
from tests.tracking.mlflow.test_bring import logged

import ninefold as nf
from ninefold.cli.main import main


def ninefold(capsys: pytest.CaptureFixture[str], root: Path, *words: str, code: int = 0) -> str:
    """Run a command in this process; return what it said."""
    with pytest.raises(SystemExit) as end:
        main(["-q", "-C", str(root), *words])
    said = capsys.readouterr()
    assert end.value.code == code, said.out + said.err
    return said.out + said.err


def test_an_approved_model_of_a_project_becomes_champion_and_stays_it(
    server: Server, cell_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the outcomes of its verdicts; the second time nothing is sent; without its approval the alias goes."""
    with nf.open(cell_root) as project, project.run("by hand") as r:
        r.metric("f1", 0.5)
    said = ninefold(capsys, cell_root, "mirror", "mlflow", server.url, "--experiment", "cell")
    assert "3 sent, 0 there already, 0 problem(s)." in said
    assert "champion" in said
    assert "0 sent, 2 there already" in ninefold(
        capsys, cell_root, "mirror", "mlflow", server.url, "--experiment", "cell"
    )
    with nf.open(cell_root) as project:
        model, bundle = project.ask("model:tool-failure"), project.ask("bundle:tool-failure")
    with server.client() as client:
        [registered] = client.get("registered-models/search")["registered_models"][-1:]
        version = client.get("registered-models/alias", name=registered["name"], alias="champion")["model_version"]
        tags = {t["key"]: t["value"] for t in version["tags"]}
        assert (tags["ninefold.content"], tags["ninefold.onnx"]) == (model.content, model.plain["onnx"])
        assert (tags["ninefold.bundle"], version["version"]) == (bundle.content, "1")
        run = client.get("runs/get", run_id=version["run_id"])["run"]["data"]
        outcomes = {t["key"]: t["value"] for t in run["tags"] if t["key"].startswith("verdict.")}
        assert outcomes["verdict.REQ-tool-failure-warning/recall"] == "pass"
        size, digest = client.artefact_digest(version["run_id"], "model/model.onnx", 1 << 30)
        assert (size > 0, digest) == (True, model.plain["onnx"])
    requirement = cell_root / "requirements" / "REQ-tool-failure-warning.md"
    requirement.write_text(requirement.read_text().replace("level: 0.6", "level: 0.61"))
    assert "no champion" in ninefold(capsys, cell_root, "mirror", "mlflow", server.url, "--experiment", "cell")


def test_runs_are_imported_and_shown(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By URL and by folder; what cannot be read ends with 1."""
    (tmp_path / "ninefold.toml").write_text('name = "empty"')
    with server.client() as client:
        logged(client, "import", "welding 7", metrics=[{"key": "f1", "value": 0.25, "timestamp": 1, "step": 0}])
    assert "welding 7" in ninefold(capsys, tmp_path, "import", "mlflow", server.url, "--experiment", "import")
    assert "0 brought, 1 here already" in ninefold(
        capsys, tmp_path, "import", "mlflow", server.url, "--experiment", "import"
    )
    shown = ninefold(capsys, tmp_path, "runs")
    assert "welding 7" in shown
    assert "0.25" in shown
    assert "holds no experiment" in ninefold(capsys, tmp_path, "import", "mlflow", str(tmp_path), code=1)
    run = tmp_path / "mlruns" / "1" / "r1"
    run.mkdir(parents=True)
    (run.parent / "meta.yaml").write_text(json.dumps({"name": "e", "lifecycle_stage": "active"}))
    (run / "meta.yaml").write_text("[")
    assert "refused" in ninefold(capsys, tmp_path, "import", "mlflow", str(tmp_path / "mlruns"), code=1)
    assert "No run is logged yet" not in ninefold(capsys, tmp_path, "runs", "--limit", "1")
