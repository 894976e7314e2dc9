"""Bad input as a user meets it: the command ends with 1 and one sentence that names the place; never a traceback."""

import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ninefold.cli.main import main
from ninefold.kernel.certificates import create_certificate
from ninefold.kernel.schema import VERSION

REQUIREMENT = """---
id: REQ-warning
uuid: 6a1f5b1e-6f0e-4c58-9a53-0d6a3f6d8a12
type: functional
title: Warn in time
owner: maintenance
priority: must
---
When a tool is about to fail, the system shall warn between 5 minutes and 2 hours before.
"""
CONNECTION = """connector: csv
path: data/export.csv
zone: enterprise
time: ts
asset: asset
tags:
  - {signal: torque, column: torque, unit: "N.m"}
  - {signal: part, column: part}
"""
LIVE = """connector: opcua
endpoint: opc.tcp://127.0.0.1:1
zone: cell
tags:
  - {signal: torque, asset: m1, address: "ns=2;s=M1.Torque", unit: "N.m"}
"""
RECIPE = """inputs: {cell: dataset:export}
keys: {entity: asset, time: ts, frame: part}
steps:
  - window: {by: part, weights: rows, statistics: {torque: mean}}
"""
CSV = "asset,ts,torque,part\nm1,2026-01-01T00:00:00Z,40.5,1\nm1,2026-01-01T00:00:10Z,41.5,2\n"


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    """A project in order: one requirement, one table, one recipe."""
    for folder in ("requirements", "connections", "recipes", "data"):
        (tmp_path / folder).mkdir()
    (tmp_path / "ninefold.toml").write_text('name = "plant"\n')
    (tmp_path / "requirements/REQ-warning.md").write_text(REQUIREMENT)
    (tmp_path / "connections/export.yaml").write_text(CONNECTION)
    (tmp_path / "recipes/means.yaml").write_text(RECIPE)
    (tmp_path / "data/export.csv").write_text(CSV)
    return tmp_path


def ninefold(*words: str, at: Path, largest: int | None = None) -> tuple[int, str]:
    """Return the exit code and everything that a command says; `largest` bounds the files that it may write."""

    def bound() -> None:
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    command = [sys.executable, "-m", "ninefold", "--quiet", *words]
    environment = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(
        command, cwd=at, env=environment, capture_output=True, text=True, timeout=60, check=False, preexec_fn=bound
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    return done.returncode, said


def test_the_project_is_in_order(plant: Path) -> None:
    """Without a mistake everything passes: what follows is the mistake's doing."""
    assert ninefold("check", at=plant)[0] == 0
    assert ninefold("run", "lint:*", "features:*", at=plant)[0] == 0


def requirement(plant: Path, name: str, *, links: str = "", uuid: str = "13") -> None:
    """Write one more requirement."""
    text = REQUIREMENT.replace("REQ-warning", name).replace("8a12", f"8a{uuid}")
    lines = f"links:\n  - {{to: {links}, role: refines}}\n---\nWhen" if links else "---\nWhen"
    (plant / f"requirements/{name}.md").write_text(text.replace("---\nWhen", lines))


def rewrite(plant: Path, old: str, new: str) -> None:
    """Spoil the requirement."""
    file = plant / "requirements/REQ-warning.md"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def same_id(plant: Path) -> None:
    """Copy the requirement under another name, as it stands."""
    shutil.copy(plant / "requirements/REQ-warning.md", plant / "requirements/REQ-copy.md")


def same_uuid(plant: Path) -> None:
    """Copy it and change its id only."""
    requirement(plant, "REQ-copy", uuid="12")


def cycle(plant: Path) -> None:
    """Let two requirements refine each other."""
    requirement(plant, "REQ-a", links="REQ-b", uuid="14")
    requirement(plant, "REQ-b", links="REQ-a", uuid="15")


FILES = {
    "unknown key": (
        lambda p: rewrite(p, "priority:", "priorty:"),
        "requirements/REQ-warning.md:7: priorty: The key 'priorty' is not known here. Did you mean 'priority'?",
    ),
    "wrong type": (
        lambda p: rewrite(p, "title: Warn in time", "title: 5"),
        "requirements/REQ-warning.md:5: title: Found 5, expected text.",
    ),
    "duplicate id": (same_id, "requirements/REQ-copy.md:2: id: The id is 'REQ-warning' but the file is called"),
    "duplicate uuid": (same_uuid, "requirements/REQ-warning.md:3: uuid: REQ-copy has the same uuid."),
    "dangling link": (lambda p: requirement(p, "REQ-a", links="UC-none"), "requirements/REQ-a.md:9: links[0]"),
    "cyclic link": (cycle, "circle"),
    "not UTF-8": (
        lambda p: (p / "requirements/REQ-warning.md").write_bytes(
            REQUIREMENT.replace("Warn in", "Fräse").encode("latin-1")
        ),
        "requirements/REQ-warning.md:5: The byte 0xe4 is not UTF-8.",
    ),
    "50 MB": (
        lambda p: (p / "requirements/REQ-big.md").write_text("x" * 50_000_000),
        "requirements/REQ-big.md: The file has 50.0 MB; a project file has at most 1.0 MB",
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_is_named_with_its_line(plant: Path, case: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command that reads the files says the same."""
    spoil, message = FILES[case]
    spoil(plant)
    with pytest.raises(SystemExit) as end:
        main(["-C", str(plant), "check"])
    assert end.value.code == 1
    assert message in capsys.readouterr().out


TABLES = {
    "missing column": (CSV.replace("torque", "power"), "there is no column 'torque'; it has asset, ts, power, part"),
    "renamed column": (CSV.replace("torque", "torque_1"), "was it renamed to 'torque_1'"),
    "blank-padded column": (CSV.replace("torque", " torque "), "is called ' torque ', with blanks around its name"),
    "mixed types": (CSV + "m1,2026-01-01T00:00:20Z,40 Nm,3\n", "line 4: torque is '40 Nm', expected a number"),
    "no rows": (CSV.splitlines()[0] + "\n", "holds no rows"),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_bad_table_gives_no_dataset(plant: Path, case: str) -> None:
    """The task fails by name and what needs it does not run; nothing is recorded of it."""
    text, message = TABLES[case]
    (plant / "data/export.csv").write_text(text)
    code, said = ninefold("run", "features:means", at=plant)
    assert code == 1
    assert message in said
    assert "dataset:export" in said
    assert "dataset@" not in ninefold("log", at=plant)[1]


def test_a_server_that_is_absent_is_named_with_its_endpoint(plant: Path) -> None:
    """Whether its certificate is to be fetched, or is known; and what to look at."""
    (plant / "connections/cell.yaml").write_text(LIVE)
    code, said = ninefold("connector", "trust", "cell", "--fingerprint", "0" * 64, at=plant)
    assert code == 1
    assert "opc.tcp://127.0.0.1:1 cannot be reached" in said
    known = create_certificate(plant / "elsewhere", "cell", "urn:cell").certificate
    assert ninefold("connector", "trust", "cell", "--certificate", str(known), at=plant)[0] == 0
    code, said = ninefold("connector", "browse", "cell", at=plant)
    assert code == 1
    assert "cell cannot be reached" in said
    assert "Check address, port, cable" in said


def test_a_store_that_another_process_holds_is_said_to_be_locked(plant: Path) -> None:
    """After the deadline, with the way out; the work can be repeated."""
    ninefold("run", "lint:*", at=plant)
    rewrite(plant, "5 minutes", "6 minutes")
    other = sqlite3.connect(plant / ".ninefold/store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    code, said = ninefold("run", "lint:*", at=plant)
    other.execute("ROLLBACK")
    other.close()
    assert code == 1
    assert "locked by another process" in said
    assert ninefold("run", "lint:*", at=plant)[0] == 0


@pytest.mark.parametrize("version", [VERSION - 1, VERSION + 1], ids=["older", "newer"])
def test_a_store_of_another_schema_is_refused_and_left_alone(plant: Path, version: int) -> None:
    """Both versions are named."""
    ninefold("run", "lint:*", at=plant)
    with sqlite3.connect(plant / ".ninefold/store.db") as database:
        database.execute(f"PRAGMA user_version={version}")
    database.close()
    code, said = ninefold("status", at=plant)
    assert code == 1
    assert f"has schema {version}; this version of ninefold reads {VERSION}" in said


def test_a_full_disk_is_said_and_nothing_half_is_left(plant: Path) -> None:
    """No file may grow beyond what is there: the task fails, the store verifies, and later it runs."""
    ninefold("run", "lint:*", at=plant)
    rows = "".join(
        f"m{i % 8},2026-01-01T{i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}Z,{i}.25,{i}\n" for i in range(80_000)
    )
    (plant / "data/export.csv").write_text(CSV.splitlines()[0] + "\n" + rows)
    code, said = ninefold("run", "dataset:export", at=plant, largest=200_000)
    assert code == 1
    assert re.search(r"failed +dataset:export: The disk that holds \S+ is full", said), said
    assert ninefold("verify-store", at=plant)[0] == 0
    assert ninefold("run", "dataset:export", at=plant)[0] == 0
