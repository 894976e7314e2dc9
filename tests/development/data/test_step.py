"""Datasets, features, labels, profile and parity as tasks: what runs, what stays fresh, what is refused."""

import hashlib

import numpy as np
import pytest
from tests.development.data.project import Project

from ninefold.development.data import making
from ninefold.kernel.errors import Conflict, InvalidInput, MissingDependency
from ninefold.recipes.duckdb import read

T = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z, a Thursday
MINUTE = 60_000_000

HISTORY = """\
connector: csv
path: data/history.csv
tags:
  - {signal: torque, column: torque, unit: N.m}
  - {signal: part, column: part}
  - {signal: variant, column: variant}
time: ts
"""
LOG = "connector: csv\npath: data/log.csv\nevent: kind\ntimes: {occurred: at, reported: typed}\n"
RECIPE = """\
inputs: {cell: dataset:history, log: events:log}
keys: {entity: asset, time: ts, frame: part}
steps:
  - window: {by: part, weights: time, hold: 10 s, context: [variant], statistics: {torque: [mean, std, max]}}
  - rolling: {over: 3 parts, statistics: {torque_mean: [mean]}}
label: {from: log, event: tool_failure, horizon: [1 min, 10 min], clock: calendar, mature_after: 1 min}
"""
EVERYTHING = [
    "dataset:history", "dataset:log", "features:parts", "labels:parts", "parity:parts", "profile:parts",
]  # fmt: skip


def history(assets=("m1", "m2"), parts=30, seed=1):
    """Return CSV rows: each part has six samples, ten seconds apart."""
    rng = np.random.default_rng(seed)
    lines = ["asset,ts,torque,part,variant,operator"]
    for asset in assets:
        for i in range(parts * 6):
            seconds = i * 10
            stamp = f"2026-01-01T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"
            lines.append(f"{asset},{stamp},{40 + rng.normal():.3f},{asset}-p{i // 6},L,o{i % 3}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def project(tmp_path):
    """A project with a table of samples, a table of events, and a recipe."""
    project = Project(tmp_path)
    project.write("ninefold.toml", 'name = "x"\n')
    project.write("connections/history.yaml", HISTORY)
    project.write("connections/log.yaml", LOG)
    project.write("recipes/parts.yaml", RECIPE)
    project.write("data/history.csv", history())
    project.write("data/log.csv", "asset,kind,at,typed\nm1,tool_failure,2026-01-01T00:12:00Z,2026-01-01T00:20:00Z\n")
    return project


def ran(project):
    done = project.run()
    assert project.failed == {}
    return done


def test_everything_is_made_once_and_then_found(project):
    """The second run does nothing."""
    assert ran(project) == EVERYTHING
    assert ran(project) == []


def test_a_column_of_the_rows_can_be_the_label(project):
    """Beside the features and not among them; invented times are said to be so; an edited label leaves the features."""
    project.write(
        "connections/log.yaml",
        """\
connector: csv
path: data/parts.csv
asset: {is: mill}
time: {every: 1 min}
tags: [{signal: torque, column: torque, unit: N.m}, {signal: bad, column: bad, unit: "1"}]
""",
    )
    project.write("data/parts.csv", "torque,bad\n40,0\n41,1\n42,\n43,0\n")
    project.write(
        "recipes/parts.yaml",
        """\
inputs: {parts: dataset:log}
keys: {entity: asset, time: ts}
steps: [keep: [torque]]
label: {from: parts, column: bad}
""",
    )
    ran(project)
    labels, features = project.body("labels:parts"), project.body("features:parts")
    assert (labels["positive"], labels["negative"], labels["unknown"], labels["event"]) == (1, 2, 1, "bad")
    assert (features["features"], features["time_from"]) == (["torque"], "row order")
    recipe = project.root / "recipes/parts.yaml"
    recipe.write_text(recipe.read_text().replace("column: bad", "column: bad, known_with: [why]"))
    [problem] = project.view().problems
    assert str(problem) == (
        "recipes/parts.yaml:4: label.known_with: The table of 'parts' has no column 'why'. Use one of: torque, bad."
    )
    recipe.write_text(recipe.read_text().replace("known_with: [why]", "known_with: [bad]"))
    assert project.view().problems == ()
    assert ran(project) == ["labels:parts"]


def test_labels_are_numbers_classes_or_what_remains(project):
    """Each kind says what it holds; what remains needs no dataset beside the features."""
    history = "asset,ts,torque,part,variant,operator,x,y\n" + "".join(
        f"{a},2026-01-01T00:00:0{i}Z,4{i},p,L,o,{i % 2},{(i + 1) % 2 * (i < 4)}\n"
        for a in ("m1", "m2")
        for i in range(5)
    )
    project.write("data/history.csv", history)
    more = "".join(f'  - {{signal: {n}, column: {n}, unit: "1"}}\n' for n in "xy")
    project.write("connections/history.yaml", HISTORY.replace("time: ts", more + "time: ts"))
    head = "inputs: {cell: dataset:history}\nkeys: {entity: asset, time: ts}\nsteps: [keep: [torque]]\n"
    found = {}
    for label in (
        "kind: remaining, until: end_of_group, cap: 2", "kind: multiclass, columns: {Odd: x, Even: y}",
        "kind: multiclass, column: variant", "kind: regression, column: x", "kind: remaining, event: tool_failure, unit: s",
    ):  # fmt: skip
        of_events = "event" in label
        text = head.replace("}", ", log: events:log}", 1) if of_events else head
        project.write("recipes/parts.yaml", f"{text}label: {{from: {'log' if of_events else 'cell'}, {label}}}\n")
        ran(project)
        body = project.body("labels:parts")
        (project.root / "labels.parquet").unlink(missing_ok=True)
        (project.root / "labels.parquet").symlink_to(project.blobs.get(body["parquet"]))
        found[label] = body, read(project.root / "labels.parquet")["label"].tolist()
    (body, values), (one_hot, classes), (column, _), (number, _), (until, seconds) = found.values()
    assert (body["kind"], body["event"], body["low"], body["high"], body["capped"], values) == (
        "regression", "end_of_group", 0, 2, 6, [2, 2, 2, 1, 0] * 2)  # fmt: skip
    assert (one_hot["kind"], one_hot["classes"], one_hot["unknown"]) == ("multiclass", {"Odd": 4, "Even": 4}, 2)
    assert classes == ["Even", "Odd", "Even", "Odd", None] * 2
    assert (column["classes"], column["event"]) == ({"L": 10}, "variant")
    assert (number["kind"], number["low"], number["high"], number.get("capped", 0)) == ("regression", 0, 1, 0)
    assert (until["events"], until["announced"], until["unknown"], until["high"]) == (1, 1, 5, 720)
    assert seconds[:5] == [720, 719, 718, 717, 716]


def test_bodies_say_what_the_files_hold(project):
    """Rows, columns with type and unit, nulls, span, source, feature names, label counts."""
    ran(project)
    dataset = project.body("dataset:history")
    assert (dataset["rows"], dataset["first"], dataset["last"]) == (360, T, T + 1790 * 1_000_000)
    torque = next(c for c in dataset["columns"] if c["name"] == "torque")
    assert (torque["type"], torque["unit"]) == ("number", "N.m")
    assert dataset["source"][0]["name"] == "data/history.csv"
    features = project.body("features:parts")
    assert features["features"] == ["torque_mean", "torque_std", "torque_max", "torque_mean_mean_3"]
    assert features["context"] == ["variant"]
    assert features["rows"] == 58  # the last part of each machine is still open
    labels = project.body("labels:parts")
    assert (labels["positive"], labels["events"], labels["announced"]) == (10, 1, 1)
    assert labels["positive"] + labels["negative"] + labels["unknown"] == labels["rows"] == 58
    (project.root / "labels.parquet").symlink_to(project.blobs.get(labels["parquet"]))
    rows = read(project.root / "labels.parquet")
    announced = rows["t"][rows["label"] == 1]
    assert announced.min() == T + 2 * MINUTE
    assert announced.max() == T + 11 * MINUTE
    assert set(rows["event"][rows["label"] == 1]) == {f"m1/tool_failure/{T + 12 * MINUTE}"}
    assert [c["name"] for c in project.body("profile:parts")["columns"]][:2] == ["variant", "torque_mean"]


@pytest.mark.job("data/versions", against="simulator", what="milling cell")
def test_parity_is_shown_on_the_real_rows(project):
    """Batch, stream and restarted stream equal DuckDB; the certificate names its subject."""
    ran(project)
    certificate = project.body("parity:parts")
    assert certificate["equal"]
    assert [c["engine"] for c in certificate["checks"]] == ["batch", "stream", "restarted"]
    assert certificate["rows_in"] == 360
    assert certificate["of"] == {"features": project.plan()["features:parts"].record.content}


def test_engine_that_differs_fails_the_certificate_by_name(project, monkeypatch):
    """A recipe that gives other rows on the edge must not be certified."""
    import ninefold.recipes.parity as engines

    real = engines.run

    def wrong(recipe, inputs):
        found = real(recipe, inputs)
        return {**found, "torque_std": found["torque_std"] * 1.001}

    monkeypatch.setattr(engines, "run", wrong)
    ran(project)
    certificate = project.body("parity:parts")
    assert not certificate["equal"]
    assert [c["engine"] for c in certificate["checks"] if not c["equal"]] == ["batch"]
    assert "torque_std" in certificate["checks"][0]["differences"][0]


def test_large_dataset_is_certified_on_whole_assets_and_says_so(project, monkeypatch):
    """A sample is stated as one."""
    monkeypatch.setattr(making, "PARITY_ROWS", 200)
    ran(project)
    certificate = project.body("parity:parts")
    assert (certificate["sampled"], certificate["assets"], certificate["rows_in"]) == (True, ["m1"], 180)
    assert certificate["equal"]


@pytest.mark.parametrize(
    ("file", "old", "new", "redone"),
    [
        ("recipes/parts.yaml", "mature_after: 1 min", "mature_after: 2 min", ["labels:parts"]),
        ("recipes/parts.yaml", "over: 3 parts", "over: 4 parts", EVERYTHING[2:]),
        ("recipes/parts.yaml", "steps:", "# why\nsteps:", []),
        ("connections/history.yaml", "time: ts", "time: ts\nzone: dmz\nlimit: 1 GiB", []),
        ("ninefold.toml", '"x"', '"y"', []),
        ("data/history.csv", "40", "41", []),
    ],
)
def test_exactly_the_dependents_are_redone(project, file, old, new, redone):
    """A label leaves the features, a comment leaves all, and newer data wait until they are asked for."""
    ran(project)
    text = (project.root / file).read_text()
    project.write(file, text.replace(old, new))
    assert ran(project) == redone
    project.write(file, text)
    assert ran(project) == []


def test_new_events_leave_the_features_fresh(project):
    """Features do not depend on the log that labels them."""
    ran(project)
    log = (project.root / "data/log.csv").read_text()
    project.write("data/log.csv", log + "m2,tool_failure,2026-01-01,2026-01-01\n")
    assert project.run(again=["dataset:log"]) == ["dataset:log", "labels:parts"]


@pytest.mark.parametrize("step", ["- one_hot: {operator: [o0, o1]}", "- category: {operator: [o0, o1]}"])
@pytest.mark.job("data/personal", against="cases", what="written cases")
def test_personal_columns_are_refused_without_an_agreement(project, step):
    """An operator's number must not become a feature by the way; with an agreement it may."""
    tag = "  - {signal: operator, column: operator}\ntime: ts"
    project.write("connections/history.yaml", HISTORY.replace("time: ts", tag))
    project.write("recipes/parts.yaml", RECIPE.replace("steps:", f"steps:\n  {step}"))
    assert any("operator" in p.message for p in project.view().problems)
    assert "features:parts" not in project.run()
    assert "about people" in project.plan()["features:parts"].reason
    project.write(
        "ninefold.toml", 'name = "x"\nagreements = ["operator", "operator_o0", "operator_o1", "operator_code"]\n'
    )
    assert "features:parts" in ran(project)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "connections/history.yaml does not exist"),
        ("connector: csv\npath: x.csv\n", "needs time: and tags:"),
        ("connector: profinet\ntags: []\n", "No connector is called 'profinet'"),
        (
            "connector: opcua\nendpoint: opc.tcp://h:1\ntags: [{signal: torque, asset: m1, address: 'ns=2;s=a'}]\n",
            "is live and holds no history",
        ),
    ],
)
def test_source_that_cannot_be_a_dataset_blocks_with_the_reason(project, text, reason):
    """The root reason is told where the dataset is planned."""
    if text is None:
        (project.root / "connections/history.yaml").unlink()
    else:
        project.write("connections/history.yaml", text)
    assert reason in project.plan()["dataset:history"].reason


def test_operating_clock_needs_a_calendar(project):
    """Labels on the operating clock wait for calendar.yaml; with one they are made."""
    project.write("recipes/parts.yaml", RECIPE.replace("clock: calendar", "clock: operating"))
    project.run()
    assert "no calendar.yaml" in project.plan()["labels:parts"].reason
    project.write("calendar.yaml", "zone: UTC\n")
    assert ran(project) == ["labels:parts"]


def writing(project, monkeypatch, times: int) -> None:
    """Let somebody write into the export while it is read, the first times that it is."""
    from ninefold.connectors.csv.connector import CsvTable

    real, seeds = CsvTable.snapshot, iter(range(2, 2 + times))

    def slow(self, out):
        rows = real(self, out)
        if (seed := next(seeds, None)) is not None:
            project.write("data/history.csv", history(seed=seed))
        return rows

    monkeypatch.setattr(CsvTable, "snapshot", slow)


def test_file_that_is_always_written_to_is_told(project, monkeypatch):
    """A growing export must not become half a dataset."""
    writing(project, monkeypatch, 9)
    project.run()
    assert isinstance(project.failed["dataset:history"], Conflict)


def test_file_that_changes_once_is_read_again(project, monkeypatch):
    """A log that lives gets a line now and then: what was read before it is thrown away."""
    writing(project, monkeypatch, 1)
    project.run()
    found = project.plan()["dataset:history"]
    assert found.state == "fresh"
    [source] = found.record.plain["source"]
    assert source["digest"] == hashlib.sha256(history(seed=2).encode()).hexdigest()


def test_recipe_that_gives_no_rows_is_an_error(project):
    """Nothing is not a result."""
    project.write("recipes/parts.yaml", RECIPE.replace("steps:", 'steps:\n  - filter: "torque > 1000"'))
    project.run()
    error = project.failed["features:parts"]
    assert isinstance(error, InvalidInput)
    assert "gives no rows" in error.message


def test_missing_engine_names_the_extra(project, monkeypatch):
    """Without DuckDB the message says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    project.run()
    error = project.failed["dataset:history"]
    assert isinstance(error, MissingDependency)
    assert "ninefold[data]" in error.hint
