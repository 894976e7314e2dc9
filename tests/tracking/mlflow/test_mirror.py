"""The mirror: everything stands in MLflow once, wherever it broke off, and nobody else's work is touched."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.tracking.mlflow.conftest import Server
from tests.tracking.mlflow.faulty import Door, answering, saying
from tests.tracking.mlflow.test_bring import bring, logged
from tests.tracking.test_log import Desk

from ninefold.kernel.canonical import digest, sha256
from ninefold.kernel.errors import AccessDenied, ConnectorError, Refused, Unreachable
from ninefold.kernel.progress import Silent
from ninefold.tracking.mlflow.client import MlflowClient
from ninefold.tracking.mlflow.mirror import Mirrored, mirror_runs
from ninefold.tracking.mlflow.outgoing import OutgoingRun, allowed_names, outgoing_run
from ninefold.tracking.mlflow.registry import CHAMPION, OutgoingModel, mirror_models
from ninefold.tracking.mlflow.server import ServerRuns

READER = """
import sys, json, mlflow
client = mlflow.MlflowClient()
version = client.get_model_version_by_alias(sys.argv[1], "champion")
run = client.get_run(version.run_id)
path = mlflow.artifacts.download_artifacts(run_id=version.run_id, artifact_path="model/model.onnx", dst_path=sys.argv[2])
print(json.dumps([version.version, version.tags, run.data.params, run.data.metrics, run.info.status, open(path).read()]))
"""


def outgoing(desk: Desk) -> list[OutgoingRun]:
    """Return all runs of a desk, the oldest first."""
    return [outgoing_run(r, desk.blobs) for r in reversed(desk.store.of_kind("run@1"))]


def mirrored(url: str, desk: Desk, experiment: str, runs: Sequence[OutgoingRun] | None = None) -> Mirrored:
    """Mirror once."""
    with MlflowClient(url, timeout_s=30) as client:
        return mirror_runs(
            client, desk.store, desk.blobs, Silent(), experiment, outgoing(desk) if runs is None else runs
        )


def there(server: Server, experiment: str) -> list[Any]:
    """Return (info, data) of what stands in an experiment."""
    with server.client() as client:
        id = client.get("experiments/get-by-name", experiment_name=experiment)["experiment"]["experiment_id"]
        return list(ServerRuns(client).pages(id))


def pairs(items: Sequence[Any]) -> dict[str, Any]:
    """Return key -> value."""
    return {i["key"]: i["value"] for i in items}


def log(desk: Desk, tmp_path: Path, name: str = "try <1>") -> None:
    """Log a run with odd names, a curve, NaN and a file."""
    (tmp_path / "model.onnx").write_text("graph")
    with desk.run(name, idea="ä") as r:
        r.log({"ü/x": 1, "/etc/../passwd": 2, "ok": 2.5, "list": [1]})
        for step in range(3):
            r.metric("loss", 1 / (step + 1), step=step)
        r.metric("nan", float("nan"))
        r.artefact(tmp_path / "model.onnx")


@pytest.mark.job("modelling/mlflow", against="real", what="an MLflow server, started")
def test_a_run_stands_there_once_with_everything(server: Server, desk: Desk, tmp_path: Path) -> None:
    """Again, nothing is sent; a further run is; what was imported does not go back, nor does the mirror come in."""
    log(desk, tmp_path)
    assert [row[1] for row in mirrored(server.url, desk, "once").rows] == ["sent"]
    again = mirrored(server.url, desk, "once")
    assert (again.rows, again.known, again.problems) == ([], 1, 0)
    [(info, data)] = there(server, "once")
    [record] = desk.store.of_kind("run@1")
    assert (info["run_name"], info["status"]) == ("try <1>", "FINISHED")
    assert pairs(data["metrics"]) == {"loss": 1 / 3, "nan": "NaN"}
    assert sorted(pairs(data["params"]).values()) == ["1", "2", "2.5", "[1]"]
    tags = pairs(data["tags"])
    assert (tags["ninefold.record"], tags["ninefold.complete"]) == (record.id, record.content)
    with server.client() as client:
        assert client.artefact_digest(info["run_id"], "files/model.onnx", 100) == (5, sha256(b"graph"))
        assert client.artefact_digest(info["run_id"], "ninefold/record.json", 10_000)[1] == record.content
    log(desk, tmp_path, "second")
    assert [row[0] for row in mirrored(server.url, desk, "once").rows] == ["second"]
    assert bring(server.url, desk, "once").ours == 2
    assert len(desk.store.of_kind("run@1")) == 2


def test_wherever_it_breaks_off_the_next_one_goes_on(server: Server, desk: Desk, tmp_path: Path) -> None:
    """The server dies after each single request in turn, its last answer lost; at the end each run stands there once."""
    log(desk, tmp_path, "first")
    log(desk, tmp_path, "second")
    broken = 0
    for passes in range(1, 40):
        door = Door(server.url, passes)
        with answering(door) as url:
            desk_url = url
            try:
                mirrored(desk_url, desk, f"broken {passes}")
            except Unreachable:
                broken += 1
        if door.left > 0:
            break
        done = mirrored(server.url, desk, f"broken {passes}")
        assert done.problems == 0
        found = there(server, f"broken {passes}")
        assert sorted(info["run_name"] for info, _ in found) == ["first", "second"]
        assert all(info["status"] == "FINISHED" for info, _ in found)
        assert all(len(data["metrics"]) == 2 and len(data["params"]) == 4 for _, data in found)
        assert mirrored(server.url, desk, f"broken {passes}").rows == []
    assert broken >= 10


def test_the_work_of_others_is_not_touched_and_changes_are_told(server: Server, desk: Desk, tmp_path: Path) -> None:
    """A colleague's run in the same experiment stays as it is; one that bears another store's tags is theirs."""
    log(desk, tmp_path)
    mirrored(server.url, desk, "shared")
    [(ours, _)] = there(server, "shared")
    [record] = desk.store.of_kind("run@1")
    with server.client() as client:
        stranger = logged(client, "shared", "colleague", tags=[{"key": "ninefold.record", "value": record.id}])
        before = client.get("runs/get", run_id=stranger)
        metric = {"run_id": ours["run_id"], "key": "loss", "value": 0.99, "timestamp": 9_000_000_000_000, "step": 9}
        client.write("runs/log-metric", metric)
        done = mirrored(server.url, desk, "shared")
        assert [(row[1], "loss was changed there" in str(row[2])) for row in done.rows] == [("differs", True)]
        assert client.get("runs/get", run_id=stranger) == before
        assert len(there(server, "shared")) == 2


def test_a_run_that_was_deleted_there_is_sent_again(server: Server, desk: Desk, tmp_path: Path) -> None:
    """The records are the truth, not a list of what was sent once."""
    log(desk, tmp_path)
    mirrored(server.url, desk, "deleted")
    [(info, _)] = there(server, "deleted")
    with server.client() as client:
        client.write("runs/delete", {"run_id": info["run_id"]})
    assert [row[1] for row in mirrored(server.url, desk, "deleted").rows] == ["sent"]
    assert len(there(server, "deleted")) == 1


def test_two_at_once_and_a_server_that_refuses(desk: Desk, tmp_path: Path) -> None:
    """A second process waits; a wrong token and a server that fails are errors of ours, and the lease is given back."""
    log(desk, tmp_path)
    with answering(saying(401, b"{}")) as url:
        for _ in range(2):
            with pytest.raises(AccessDenied):
                mirrored(url, desk, "x")
        other = Desk(tmp_path)
        host = url.removeprefix("http://")
        assert other.store.lease(digest({"mirror": host, "experiment": "x"}), 60) is not None
        with answering(saying(500, b"")) as failing, pytest.raises(ConnectorError, match="fails at"):
            mirrored(failing, desk, "x")
        with pytest.raises((Refused, AccessDenied)):
            mirrored(url, desk, "x")
        other.store.close()


def test_ten_thousand_values_travel_in_parts(server: Server, desk: Desk) -> None:
    """All metrics are there."""
    with desk.run("wide") as r:
        r.metrics({f"m{n:05}": n / 7 for n in range(10_000)})
    mirrored(server.url, desk, "wide out")
    [(_, data)] = there(server, "wide out")
    assert pairs(data["metrics"]) == {f"m{n:05}": n / 7 for n in range(10_000)}


@pytest.mark.parametrize(
    "names",
    [
        ["a", "b c", "x/y", "v-1.0_"],
        ["é", "è", "_"],
        ["../x", "x", "a//b", "/"],
        ["x" * 300, "x" * 301],
        ["loss:1", "loss;1"],
    ],
)
def test_names_become_allowed_ones_and_stay_apart(names: list[str]) -> None:
    """What is allowed already is left alone."""
    made = allowed_names(names)
    assert len(set(made.values())) == len(names)
    assert all(0 < len(m) <= 250 and ".." not in m.split("/") and not m.startswith("/") for m in made.values())
    assert all(m.isascii() and ":" not in m for m in made.values())
    if names[0] == "a":
        assert made == {n: n for n in names}


def model(desk: Desk, run: OutgoingRun, **changes: Any) -> OutgoingModel:
    """Return a model that stands on a run."""
    told = {
        "name": "cell.tool",
        "record": run.record,
        "content": run.content,
        "onnx": sha256(b"graph"),
        "approved": True,
    }
    return OutgoingModel(**told | changes)


def sent_model(server: Server, desk: Desk, name: str, run: OutgoingRun, done: Mirrored, **changes: Any) -> list[Any]:
    """Mirror a model and return the new rows."""
    before = len(done.rows)
    with server.client() as client:
        mirror_models(client, desk.store.origin, [model(desk, run, name=name, **changes)], done)
    return [row[1] for row in done.rows[before:]]


def test_an_approved_model_is_champion_for_mlflows_own_client(server: Server, desk: Desk, tmp_path: Path) -> None:
    """Version, alias, digests and graph, read by a client that is not ours; the alias goes with the approval."""
    log(desk, tmp_path)
    [run] = outgoing(desk)
    run = OutgoingRun(
        **{f: getattr(run, f) for f in run.__struct_fields__} | {"files": {"model/model.onnx": sha256(b"graph")}}
    )
    done = mirrored(server.url, desk, "models", [run])
    assert sent_model(server, desk, "cell.tool", run, done, bundle="b" * 64) == ["sent", CHAMPION]
    assert sent_model(server, desk, "cell.tool", run, done, bundle="b" * 64) == []
    import json

    version, tags, params, metrics, status, graph = json.loads(server.script(READER, "cell.tool", str(tmp_path)))
    assert (str(version), status, graph, params["ok"]) == ("1", "FINISHED", "graph", "2.5")
    assert metrics["loss"] == 1 / 3
    assert tags["ninefold.content"] == run.content
    assert (tags["ninefold.onnx"], tags["ninefold.bundle"]) == (sha256(b"graph"), "b" * 64)
    with server.client() as client:
        body = {"name": "cell.tool", "version": "1", "key": "ninefold.onnx", "value": "0" * 64}
        client.write("model-versions/set-tag", body)
    assert sent_model(server, desk, "cell.tool", run, done) == ["corrected"]
    assert sent_model(server, desk, "other", run, done, approved=False) == ["sent", f"no {CHAMPION}"]
    assert sent_model(server, desk, "cell.tool", run, done, approved=False) == []


def test_a_registered_model_of_somebody_else_is_left(server: Server, desk: Desk, tmp_path: Path) -> None:
    """The name is taken: refused, and told."""
    with server.client() as client:
        client.write("registered-models/create", {"name": "taken"})
    log(desk, tmp_path)
    [run] = outgoing(desk)
    done = mirrored(server.url, desk, "taken", [run])
    assert sent_model(server, desk, "taken", run, done) == ["refused"]
    assert done.problems == 1
    with server.client() as client:
        assert "latest_versions" not in client.get("registered-models/get", name="taken")["registered_model"]
