"""Runs of MLflow come in as records: from a real server, from a folder, again, and when something is wrong."""

import json
import math
import pickle
from pathlib import Path
from typing import Any

import pytest
from tests.tracking.mlflow.conftest import Server
from tests.tracking.mlflow.faulty import answering, drop, saying
from tests.tracking.test_log import Desk

from ninefold.kernel.canonical import sha256
from ninefold.kernel.clock import SystemClock
from ninefold.kernel.errors import AccessDenied, ConnectorError, InvalidInput, NotFound, Unreachable
from ninefold.kernel.progress import Silent
from ninefold.kernel.verify import verify_store
from ninefold.tracking.history import unpack_history
from ninefold.tracking.mlflow.bring import Brought, bring_runs
from ninefold.tracking.mlflow.client import MlflowClient, credential_from
from ninefold.tracking.mlflow.folder import FolderRuns
from ninefold.tracking.mlflow.found import RunSource
from ninefold.tracking.mlflow.server import ServerRuns
from ninefold.vocabulary.run import Run

# what a colleague does: MLflow's own client, with an account's name, a pickle, a curve and a NaN
COLLEAGUE = """
import sys, mlflow
mlflow.set_experiment(sys.argv[1])
with mlflow.start_run(run_name="é <try> 1"):
    mlflow.log_params({"depth": 3, "odd": "ü <b>"})
    for step in range(5): mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_metric("f1", 0.5); mlflow.log_metric("nan", float("nan"))
    mlflow.set_tag("line", "3"); mlflow.set_tag("operator", "Erika"); mlflow.set_tag("by", "erika@plant.example")
    mlflow.log_artifact(sys.argv[2], "model")
try:
    with mlflow.start_run(run_name="failed"): raise RuntimeError
except RuntimeError: pass
"""


def bring(source: RunSource | str, desk: Desk, experiment: str | None = None, **options: Any) -> Brought:
    """Import with everything that a command hands over."""
    if isinstance(source, str):
        with MlflowClient(source) as client:
            return bring(ServerRuns(client), desk, experiment, **options)
    return bring_runs(source, desk.store, desk.blobs, SystemClock(), "account-1", Silent(), experiment, **options)


def runs(desk: Desk) -> list[Run]:
    """Return what was brought, the oldest first."""
    return [r.body(Run) for r in reversed(desk.store.of_kind("run@1"))]


def logged(client: MlflowClient, experiment: str, name: str = "r", **data: Any) -> str:
    """Log a finished run over REST; create the experiment when it is not there."""
    try:
        found = client.get("experiments/get-by-name", experiment_name=experiment)["experiment"]["experiment_id"]
    except NotFound:
        found = client.write("experiments/create", {"name": experiment})["experiment_id"]
    body = {"experiment_id": found, "run_name": name, "start_time": 1_767_225_600_000, "user_id": "erika"}
    run = str(client.write("runs/create", body)["run"]["info"]["run_id"])
    if data:
        client.write("runs/log-batch", {"run_id": run, **data})
    client.write("runs/update", {"run_id": run, "status": "FINISHED", "end_time": 1_767_225_601_000})
    return run


class Bomb:
    """What a pickle must never be able to do."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("exploded"),))


@pytest.mark.job("modelling/mlflow", against="real", what="an MLflow server, started")
def test_a_colleagues_runs_come_with_digests_and_without_names(
    server: Server, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parameters, metrics with history, tags, artefact digests; nobody's account, and no pickle is loaded."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(Bomb()))
    server.script(COLLEAGUE, "colleague", str(tmp_path / "model.pkl"))
    done = bring(server.url, desk, "colleague")
    assert (len(done.new), done.refused) == (2, {})
    first, second = runs(desk)
    assert (first.name, first.outcome, second.outcome) == ("é <try> 1", "finished", "failed")
    assert first.params == {"depth": "3", "odd": "ü <b>"}
    assert first.metrics == {"f1": 0.5, "loss": 0.2, "nan": None}
    curve = unpack_history(desk.blobs.read(first.history))
    assert curve["value"].tolist() == [1 / (step + 1) for step in range(5)]
    [model] = first.artefacts
    assert (model.name, model.digest) == ("model/model.pkl", sha256((tmp_path / "model.pkl").read_bytes()))
    assert not (tmp_path / "exploded").exists()
    assert first.tags == {"line": "3", "mlflow.source.type": "LOCAL"}
    assert first.notes[-1] == "Tags about people were left out: by, operator."
    assert first.origin is not None
    assert first.origin.experiment == "colleague"
    assert "rika" not in "".join(r.data.decode() for r in desk.store.log(10) if r.data)
    assert verify_store(desk.store) == []


def test_again_nothing_is_brought_twice_and_what_is_new_is(server: Server, desk: Desk) -> None:
    """Incremental: a new run, and one that went on after it was brought, whose former record stays."""
    with server.client() as client:
        run = logged(client, "again", metrics=[{"key": "f1", "value": 0.5, "timestamp": 1, "step": 0}])
        assert len(bring(server.url, desk, "again").new) == 1
        done = bring(server.url, desk, "again")
        assert (done.new, done.known) == ([], 1)
        logged(client, "again", "second")
        client.write("runs/set-tag", {"run_id": run, "key": "line", "value": "7"})
    done = bring(server.url, desk, "again")
    assert (len(done.new), done.known) == (2, 0)
    latest = desk.store.latest(f"run:mlflow/{run}")
    assert latest is not None
    assert latest.body(Run).tags == {"line": "7"}
    assert len(runs(desk)) == 3
    assert "0 brought, 2 here already" in str(bring(server.url, desk, "again").table().notes)


def test_ten_thousand_metrics_come_in_one_piece(server: Server, desk: Desk) -> None:
    """All last values; no call for each of them."""
    with server.client() as client:
        metrics = [{"key": f"m{n:05}", "value": n / 7, "timestamp": 1, "step": 0} for n in range(10_000)]
        run = logged(client, "wide")
        for start in range(0, len(metrics), 1000):
            client.write("runs/log-batch", {"run_id": run, "metrics": metrics[start : start + 1000]})
    bring(server.url, desk, "wide")
    assert runs(desk)[0].metrics == {f"m{n:05}": n / 7 for n in range(10_000)}


def test_a_huge_artefact_is_named_and_not_read(server: Server, desk: Desk, tmp_path: Path) -> None:
    """Below the limit the digest, above it the size and why."""
    with server.client() as client:
        run = logged(client, "huge")
        root = client.get("runs/get", run_id=run)["run"]["info"]["artifact_uri"].removeprefix("mlflow-artifacts:/")
        client.upload(f"{root}/large.bin", b"x" * 5000)
        client.upload(f"{root}/a/ä b.txt", b"hello")
    bring(server.url, desk, "huge", most_bytes=4999)
    small, large = runs(desk)[0].artefacts
    assert (small.name, small.digest) == ("a/ä b.txt", sha256(b"hello"))
    assert (large.size, large.digest, large.note) == (5000, "", "larger than 4999 bytes, not read")


def test_an_experiment_that_is_not_there(server: Server, desk: Desk) -> None:
    """The server's own words."""
    with pytest.raises(NotFound, match="no-such"):
        bring(server.url, desk, "no-such")


STORE = """
import sys, os, mlflow
mlflow.set_tracking_uri("file://" + sys.argv[1])
mlflow.set_experiment("folder")
with mlflow.start_run(run_name="r"):
    mlflow.log_param("a/b", "x"); mlflow.log_metric("loss", 1.0, step=0); mlflow.log_metric("loss", 0.5, step=3)
    mlflow.log_text("hello", "sub/a.txt")
"""


def test_a_folder_that_mlflow_wrote_gives_the_same(server: Server, desk: Desk, tmp_path: Path) -> None:
    """Read as text files; a link out of it is not followed, a damaged run does not keep the others back."""
    folder = tmp_path / "mlruns"
    server.script("import os; os.environ['MLFLOW_ALLOW_FILE_STORE'] = 'true'\n" + STORE, str(folder))
    [meta] = folder.glob("*/*/meta.yaml")
    (meta.parent / "params" / "leak").symlink_to("/etc/hostname")
    (meta.parent / "artifacts" / "leak").symlink_to("/etc")
    broken = meta.parent.with_name("broken")
    broken.mkdir()
    (broken / "meta.yaml").write_text("run_id: [unclosed")
    done = bring(FolderRuns(folder), desk)
    assert list(done.refused) == ["broken"]
    [run] = runs(desk)
    assert (run.params, run.metrics, run.points) == ({"a/b": "x"}, {"loss": 0.5}, 2)
    assert [(a.name, a.digest) for a in run.artefacts] == [("sub/a.txt", sha256(b"hello"))]
    assert bring(FolderRuns(folder), desk).known == 1
    assert bring(FolderRuns(folder), desk, "folder").known == 1
    with pytest.raises(NotFound, match="Use one of: Default, folder"):
        bring(FolderRuns(folder), desk, "no-such")


def test_a_folder_without_runs_says_what_to_name(tmp_path: Path) -> None:
    """Not silence."""
    with pytest.raises(NotFound, match="Name the folder mlruns"):
        FolderRuns(tmp_path)


def told(**changes: Any) -> bytes:
    """Return a page with one run, told as a server does, with changes to it."""
    info = {"run_id": "r1", "run_name": "n", "status": "FINISHED", "start_time": 1, "end_time": 2}
    data = {"metrics": [{"key": "m", "value": 1.0, "timestamp": 1, "step": 0}], "params": [], "tags": []}
    return json.dumps({"runs": [{"info": info, "data": data | changes}]}).encode()


def page(run: bytes) -> Any:
    """Return an answer with one experiment and one run in it."""

    def answer(handler: Any, _: bytes) -> None:
        path = handler.path
        experiments = b'{"experiments": [{"experiment_id": "1", "name": "e"}]}'
        body = experiments if "experiments" in path else run if "runs/search" in path else b"{}"
        saying(200, body)(handler, b"")

    return answer


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"params": [{"key": "e\u0301", "value": "1"}, {"key": "\u00e9", "value": "2"}]}, "the same after NFC"),
        ({"params": [{"key": "a", "value": "x" * 200_000}]}, "at most 100000 are kept"),
        ({"params": [{"key": "a\nb", "value": "1"}]}, "no name of a parameter"),
        ({"tags": [{"key": "", "value": "1"}]}, "no name of a tag"),
    ],
)
def test_a_run_that_cannot_be_kept_is_refused_by_itself(desk: Desk, changes: dict[str, Any], said: str) -> None:
    """With the reason; nothing of it is recorded, and the import goes on."""
    run = told(**changes)
    with answering(page(run)) as url:
        done = bring(url, desk)
    [reason] = done.refused.values()
    assert said in reason
    assert runs(desk) == []


def test_odd_characters_and_words_for_numbers_are_kept(desk: Desk) -> None:
    """Infinity and numbers as text, as MLflow's JSON has them; a name of two lines becomes one."""
    metrics = [
        {"key": "i", "value": "-Infinity", "timestamp": "5", "step": "0"},
        {"key": "日本", "value": 1, "timestamp": 5},
    ]
    changed = json.loads(
        told(metrics=metrics, params=[{"key": "p\u202f<", "value": "\u202ea"}] and [{"key": "<p>", "value": "\u202ea"}])
    )
    changed["runs"][0]["info"]["run_name"] = "two\nlines\x00"
    with answering(page(json.dumps(changed).encode())) as url:
        bring(url, desk)
    [run] = runs(desk)
    assert (run.name, run.metrics, run.params) == ("two lines", {"i": None, "日本": 1.0}, {"<p>": "\u202ea"})
    assert math.isclose(run.started, 1000)


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (saying(401, b"no"), AccessDenied, "MLFLOW_TRACKING_TOKEN"),
        (saying(403, b'{"error_code": "PERMISSION_DENIED", "message": "no"}'), AccessDenied, "does not let this account"),
        (saying(302, b""), ConnectorError, "302"),
        (saying(500, b"<html>"), ConnectorError, "fails at experiments/search: 500"),
        (saying(400, b'{"error_code": "BAD", "message": "a\\nb"}'), InvalidInput, "BAD, a b"),
        (saying(200, b"<html>login"), ConnectorError, "login page"),
        (saying(200, b'"text"'), ConnectorError, "not MLflow's"),
        (saying(200, b""), ConnectorError, "not MLflow's"),
        (saying(200, b'{"experiments": [{"no": 1}]}'), ConnectorError, "unknown form"),
        (page(b'{"runs": [{"info": {}, "data": {}}]}'), ConnectorError, "unknown form"),
        (page(b'{"runs": [{"info": {"run_id": "x", "start_time": "no"}, "data": {}}]}'), ConnectorError, "unknown form"),
        (drop, Unreachable, "cannot be reached"),
    ],
)  # fmt: skip
def test_a_server_that_does_wrong_is_an_error_of_ours(desk: Desk, answer: Any, error: type, said: str) -> None:
    """Never a traceback of json or http."""
    with answering(answer) as url, pytest.raises(error, match=said):
        bring(url, desk)


def test_a_server_that_is_down(desk: Desk) -> None:
    """The hint says that a repetition goes on."""
    with answering(saying(200, b"{}")) as url:
        pass
    with pytest.raises(Unreachable, match="then repeat"):
        bring(url, desk)


def test_an_endless_answer_is_cut(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded."""
    monkeypatch.setattr("ninefold.tracking.mlflow.client.MAX_ANSWER", 1000)
    with answering(saying(200, b" " * 2000)) as url, pytest.raises(ConnectorError, match="larger than"):
        bring(url, desk)


@pytest.mark.parametrize(
    ("url", "credential", "said"),
    [
        ("ftp://host", "", "no address"),
        ("https://", "", "no address"),
        ("https://erika:secret@host", "", "no address"),
        ("http://mlflow.plant:5000", "Bearer secret", "without encryption"),
        ("https://mlflow.plant", "Bearer se\ncret", "no header can"),
    ],
)
def test_an_address_is_checked_and_a_secret_is_never_shown(url: str, credential: str, said: str) -> None:
    """Nor sent in the clear."""
    with pytest.raises(InvalidInput, match=said) as error:
        MlflowClient(url, credential=credential)
    assert "secret" not in str(error.value)


def test_the_credential_comes_from_the_variables_of_mlflow(desk: Desk) -> None:
    """A token before a user; it reaches the server as a header."""
    assert credential_from({}) == ""
    assert credential_from({"MLFLOW_TRACKING_TOKEN": "t", "MLFLOW_TRACKING_USERNAME": "u"}) == "Bearer t"
    basic = credential_from({"MLFLOW_TRACKING_USERNAME": "u", "MLFLOW_TRACKING_PASSWORD": "p"})
    assert basic == "Basic dTpw"
    seen: list[str] = []

    def answer(handler: Any, _: bytes) -> None:
        seen.append(handler.headers["Authorization"])
        saying(200, b'{"experiments": []}')(handler, b"")

    with answering(answer) as url, MlflowClient(url, credential=basic) as client:
        assert bring(ServerRuns(client), desk).new == []
    assert seen == ["Basic dTpw"]
