"""A project in a notebook: data, work, evidence and runs; each is a record like any other."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import ninefold as nf
from ninefold.kernel.errors import (
    Conflict,
    InvalidFile,
    InvalidInput,
    NinefoldError,
    NotFound,
    Refused,
    VerificationError,
)
from ninefold.kernel.verify import verify_store


def test_the_import_is_light_and_the_names_are_there() -> None:
    """Nothing of the API before it is used; what `dir` lists exists."""
    code = "import sys, ninefold as nf\nassert {'open', 'run', 'Project'} <= set(dir(nf))\n"
    code += "print(sorted(m for m in sys.modules if m.startswith('ninefold') or m in {'numpy', 'msgspec', 'pandas'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['ninefold']"
    assert all(hasattr(nf, name) for name in nf.__all__)
    with pytest.raises(AttributeError, match="no attribute 'opne'"):
        nf.opne  # noqa: B018 - the access is the test


def test_outside_a_project_the_next_command_is_named(tmp_path: Path) -> None:
    """The same error as on the command line."""
    with pytest.raises(NotFound, match="begin one with: ninefold init"):
        nf.open(tmp_path)


def test_the_work_is_that_of_the_command(project: nf.Project) -> None:
    """What the API brings up to date is fresh for the command, with the same actor."""
    assert {row["state"] for row in project.status("dataset:*")} == {"missing"}
    shown = project.update("labels:parts")
    assert [(row["task"], row["state"]) for row in shown] == [("labels:parts", "fresh")]
    command = [sys.executable, "-m", "ninefold", "run", "labels:parts"]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=True)
    assert "0 done" in done.stdout
    assert {r.actor for r in project.records(limit=100)} == {project.records("labels")[0].actor}
    assert "labels:parts" in project._repr_html_() or "profile:parts" in project._repr_html_()


def test_data_of_each_task_come_as_a_frame(project: nf.Project) -> None:
    """Features and labels side by side, row for row; a bare name must be clear."""
    project.update("labels:parts")
    raw = project.data("dataset:parts", library="pandas")
    assert (len(raw), str(raw["ts"].dtype)) == (240, "datetime64[us, UTC]")
    both = project.data("recipe:parts", library="polars")
    assert isinstance(both, pl.DataFrame)
    assert both["doubled"].to_list() == pytest.approx((2 * both["torque"]).to_list())
    assert ((both["torque"] > 47) == (both["label"] == 1)).all()
    assert list(project.data("labels:parts", columns=["label"], library="columns")) == ["label"]
    with pytest.raises(InvalidInput, match=r"3 tables.*features:parts"):
        project.data("parts")
    with pytest.raises(NotFound, match="no column 'tork'"):
        project.data("features:parts", columns=["tork"])
    with pytest.raises(NotFound, match="dataset:parts"):
        project.data("nothing")


def test_stale_and_missing_data_are_not_given(project: nf.Project) -> None:
    """What is asked for must be what the files say now."""
    with pytest.raises(NotFound, match="Run: ninefold run"):
        project.data("features:parts")
    project.update("features:parts")
    recipe = project.root / "recipes" / "parts.yaml"
    recipe.write_text(recipe.read_text().replace("torque * 2", "torque * 3"))
    with pytest.raises(Refused, match="features:parts is stale"):
        project.data("features:parts")
    project.update("features:parts")
    assert project.data("features:parts", library="columns")["doubled"][0] > 100


def test_an_altered_table_is_noticed(project: nf.Project) -> None:
    """A blob that is not its digest is no evidence."""
    project.update("dataset:parts")
    blob = project._session.blobs.get(project.ask("dataset:parts").plain["parquet"])
    blob.chmod(0o644)
    blob.write_bytes(blob.read_bytes() + b"x")
    with pytest.raises(VerificationError, match="altered on disk"):
        project.data("dataset:parts")


def test_an_error_of_a_task_is_raised_as_it_is(project: nf.Project) -> None:
    """After the others were tried; the rest are its notes."""
    (project.root / "data" / "parts.csv").write_text("machine,finished\nm0,2026-01-01T00:00:00Z\n")
    with pytest.raises(InvalidInput, match="there is no column 'torque'") as error:
        project.update()
    assert "This was dataset:parts." in error.value.__notes__
    with pytest.raises(NotFound, match="No task is called datset:parts"):
        project.update("datset:parts")
    with pytest.raises(InvalidInput, match="again needs the names"):
        project.update(again=True)


def test_a_frame_becomes_a_dataset_version(project: nf.Project) -> None:
    """It is there before a recipe reads it, fresh once one does, and every version stays."""
    moments = pd.date_range("2026-01-01", periods=3, freq="s")
    frame = pd.DataFrame({"when": moments, "Kraft [N]": [1.0, None, 3.0], "zone": ["a", None, "c"]})
    first = project.add_data("press", frame, asset="press-1", time="when", units={"Kraft [N]": "N"})
    assert (first.kind, first.plain["rows"], first.plain["assets"]) == ("dataset@1", 3, ["press-1"])
    back = project.data("press", library="pandas")
    assert np.array_equal(back["Kraft_N"], frame["Kraft [N]"], equal_nan=True)
    recipe = "inputs: {parts: dataset:press}\nkeys: {entity: asset, time: ts}\nsteps:\n  - keep: [Kraft_N]\n"
    (project.root / "recipes" / "press.yaml").write_text(recipe)
    assert [row["state"] for row in project.status("dataset:press")] == ["fresh"]
    second = project.add_data("press", frame.iloc[:2], asset="press-1", time="when", units={"Kraft [N]": "N"})
    assert second.content != first.content
    assert len(project.data("dataset:press", library="columns")["ts"]) == 2
    polars = pl.DataFrame({"when": moments.to_list(), "Kraft [N]": [1.0, None, 3.0], "zone": ["a", None, "c"]})
    project.add_data("press", polars, asset="press-1", time="when", units={"Kraft [N]": "N"})
    assert project.ask("dataset:press").content == first.content
    project.update("features:press")
    assert not project.records("dataset@2")
    assert not list((project.root / "data").glob(".new*"))


def test_rows_without_times_and_logs_of_events_come_in_too(project: nf.Project) -> None:
    """The order of the rows counts, and says that it is invented; an asset may be a number."""
    made = project.add_data("rows", {"machine": np.array([7, 8]), "x": np.array([1.0, 2.0])}, asset="machine")
    assert (made.plain["time_from"], made.plain["assets"]) == ("row order", ["7", "8"])
    log = {"asset": ["m", "m"], "what": ["stop", "go"], "occurred": np.array(["2026-01-01", "2026-01-02"], "M8[us]")}
    made = project.add_data("log", log, event="what")
    assert (made.plain["kind"], made.plain["rows"]) == ("events", 2)


@pytest.mark.parametrize(
    ("name", "frame", "options", "said"),
    [
        ("Bad Name", {"x": [1.0]}, {}, "no name of a dataset"),
        ("../x", {"x": [1.0]}, {}, "no name of a dataset"),
        ("a", {"x": [1.0]}, {"time": "when"}, "no column 'when'"),
        ("a", {"x": [1.0]}, {"time": "x"}, "holds no moments"),
        ("a", {"x": [1.0]}, {"units": {"y": "N"}}, "no column 'y'"),
        ("a", {"asset": [1.5]}, {}, "names no asset"),
        ("a", {"kind": ["stop"]}, {"event": "kind"}, "needs a column of moments"),
        (
            "a",
            {"ts": np.array(["2026-01-01"], "M8[s]"), "u": np.array(["2026-01-01"], "M8[s]")},
            {},
            "'u' holds moments",
        ),
    ],
)
def test_a_frame_that_cannot_be_used_changes_no_file(
    project: nf.Project, name: str, frame: object, options: dict[str, object], said: str
) -> None:
    """The error names the column."""
    before = sorted(p for p in project.root.rglob("*") if ".ninefold" not in p.parts)
    with pytest.raises(InvalidInput, match=said):
        project.add_data(name, frame, **options)  # type: ignore[arg-type]  # wrong on purpose
    assert sorted(p for p in project.root.rglob("*") if ".ninefold" not in p.parts) == before


def test_a_connection_that_a_person_wrote_is_kept(project: nf.Project) -> None:
    """And what YAML would take for markup in a name stays a name."""
    with pytest.raises(Conflict, match="written by a person"):
        project.add_data("parts", {"x": [1.0]})
    project.add_data("odd", {'a: "b" {c}\\': [1.0], "#": [2.0]}, asset='x"\\')
    assert list(project.data("odd", library="columns")) == ["asset", "ts", "a_b_c", "column_"]
    with pytest.raises(InvalidFile, match="stands twice"):
        project.add_data("twice", {"a b": [1.0], "a-b": [2.0]})


def test_the_requirements_are_drawn(project: nf.Project) -> None:
    """As SVG, and in words."""
    assert "requirements 0" in repr(project.requirements())
    assert "<svg" in project.requirements()._repr_html_()


def test_a_column_about_people_makes_no_feature(project: nf.Project) -> None:
    """The rule of files holds for frames: it stays in the dataset, and a recipe that reads it is refused."""
    project.add_data("shifts", {"operator": ["x", "y"], "force": [1.0, 2.0]})
    recipe = "inputs: {parts: dataset:shifts}\nkeys: {entity: asset, time: ts}\nsteps:\n  - keep: [operator]\n"
    (project.root / "recipes" / "shifts.yaml").write_text(recipe)
    [row] = project.status("features:shifts")
    assert (row["state"], "about people" in str(row["why"])) == ("blocked", True)


def test_a_run_is_one_record_with_its_inputs(project: nf.Project, tmp_path: Path) -> None:
    """It leads back to the data; a model file is kept as bytes."""
    project.update("labels:parts")
    file = tmp_path / "model.onnx"
    file.write_bytes(b"\x80 not loaded")
    with project.run("try-1", idea="as a floor") as r:
        r.uses("labels:parts")
        r.log({"depth": np.int64(3)}, rate=0.1)
        r.metric("f1", np.float32(0.5))
        digest = r.artefact(file)
    [record] = project.records("run")
    assert record.id == r.id
    assert record.plain["params"] == {"depth": 3, "rate": 0.1}
    assert record.plain["artefacts"] == [{"name": "model.onnx", "size": 12, "digest": digest}]
    assert record.plain["tags"] == {"idea": "as a floor"}
    assert "dataset:parts" in [row["name"] for row in project.trace("run:try-1")]
    assert "run:try-1" in [row["name"] for row in project.trace("dataset:parts", down=True)]
    assert verify_store(project._session.store) == []


def test_runs_stand_side_by_side(project: nf.Project) -> None:
    """The latest first; what differs comes before what does not; a drawing says the same in words."""
    for depth in (2, 3):
        with project.run(f"d{depth}") as r:
            r.log(seed=1, depth=depth)
            r.metrics(f1=depth / 10)
    runs = project.runs()
    assert list(runs.frame("pandas").columns) == ["run", "record", "started", "outcome", "f1", "depth", "seed"]
    assert [row.plain["name"] for row in runs] == ["d3", "d2"]
    assert len(project.runs("d2")) == 1
    assert repr(project.plot("f1")) == "f1 of 2 runs\nd2: 0.2; d3: 0.3"
    assert project.plot("f1")._repr_html_().count("<rect") == 3
    assert "No run has this metric" in repr(nf_table(project.plot("f2")))


def nf_table(shown: object) -> object:
    """Return the table behind a drawing, shown."""
    from ninefold.api.shown import Shown

    return Shown(shown.table)  # type: ignore[attr-defined]  # a Shown


def test_the_run_of_the_working_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`nf.run` finds the project from below it."""
    monkeypatch.chdir(root / "recipes")
    with nf.run("try-1") as r:
        r.metric("f1", 1)
    with nf.run("try-2") as r:
        r.metric("f1", 2)
    with nf.open(root) as project:
        assert [x.plain["metrics"] for x in project.runs()] == [{"f1": 2.0}, {"f1": 1.0}]


def test_another_thread_is_told_to_open_the_project_again(project: nf.Project) -> None:
    """SQLite's connection belongs to one thread; the error says so, and a project of its own works."""
    told: list[object] = []

    def work() -> None:
        try:
            project.status()
        except NinefoldError as error:
            told.append(error)
        with nf.open(project.root) as own:
            own.update("dataset:parts")
            told.append(own.ask("dataset:parts").plain["rows"])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert isinstance(told[0], Refused)
    assert told[1] == 240


def test_an_interrupt_ends_an_update_between_tasks(project: nf.Project) -> None:
    """The handlers of signals are those from before afterwards."""
    import signal

    before = signal.getsignal(signal.SIGINT)
    project.update("dataset:parts")
    assert signal.getsignal(signal.SIGINT) is before


def test_a_project_opened_twice_and_closed_twice(root: Path) -> None:
    """Closing is harmless, and what is closed opens again when it is asked."""
    project = nf.open(root)
    project.update("dataset:parts")
    project.close()
    project.close()
    assert len(project.records("dataset")) == 1
    project.close()
    assert os.fspath(project.root) in repr(project)


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_a_limit_out_of_bounds_is_refused(project: nf.Project, limit: int) -> None:
    """Lists are bounded."""
    with pytest.raises(InvalidInput, match="Ask for 1 to"):
        project.records(limit=limit)


def test_verdicts_of_a_project_without_a_model(project: nf.Project) -> None:
    """Nothing is planned, and it says so; to validate an unknown model is an error."""
    assert "No verdict is planned" in repr(project.verdicts())
    with pytest.raises(NotFound):
        project.validate("ghost")
