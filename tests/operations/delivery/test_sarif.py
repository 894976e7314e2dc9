"""SARIF: read by a model that was generated from the standard's schema and knows no other key."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif
from tests.small_cell import copy_example, edit

from ninefold.kernel.errors import Problem
from ninefold.operations.delivery.sarif import FileFinding, of_problem, sarif


def test_an_empty_log_is_a_log() -> None:
    """A forge takes it as: nothing is found any more."""
    Sarif.model_validate(sarif([], "0.1.0.dev0"))
    assert sarif([], "1")["runs"][0]["results"] == []


@pytest.mark.job("delivery/comment", against="real", what="the models of SARIF 2.1.0")
def test_a_problem_stands_at_its_line() -> None:
    """The path is that of the repository, with what a URI cannot hold escaped; a whole file has no line."""
    found = [
        of_problem(Problem("recipes/a b#ü.yaml", 7, "keys.time", "Missing.", "Add it.")),
        of_problem(Problem("x", 0, "", "y")),
    ]
    log = sarif(found, "1", "lines/cell")
    Sarif.model_validate(log)
    first, second = log["runs"][0]["results"]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "lines/cell/recipes/a%20b%23%C3%BC.yaml"
    assert place["region"] == {"startLine": 7}
    assert first["message"]["text"] == "keys.time: Missing. Add it."
    assert "region" not in second["locations"][0]["physicalLocation"]


def test_the_mark_of_a_finding_does_not_move_with_its_line() -> None:
    """So that a forge does not call it new."""
    marks = [
        sarif([FileFinding("r", "note", "f", line, text)], "1")["runs"][0]["results"][0]["partialFingerprints"]
        for line, text in ((1, "a"), (9, "a"), (1, "b"))
    ]
    assert marks[0] == marks[1] != marks[2]


@pytest.mark.parametrize("version", ["0.1.0.dev0", "1.2.3"])
def test_the_version_is_semantic(version: str) -> None:
    """As the standard wants it."""
    driver = sarif([], version)["runs"][0]["tool"]["driver"]
    assert driver["semanticVersion"] in {"0.1.0-dev0", "1.2.3"}


def test_check_writes_problems_and_warnings(tmp_path: Path) -> None:
    """Also when it fails: that is when somebody looks."""
    copy_example(tmp_path / "p", {"ninefold.toml": {r"clock = .*": ""}})  # no simulation keeps a clock here
    edit(tmp_path / "p", "models/tool-failure.yaml", "metric: average_precision", "metrik: average_precision")
    edit(tmp_path / "p", "requirements/REQ-cabinet-heat.md", "shall", "should possibly")
    command = [
        sys.executable,
        "-m",
        "ninefold",
        "-C",
        str(tmp_path / "p"),
        "check",
        "--sarif",
        str(tmp_path / "out.sarif"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    log = json.loads((tmp_path / "out.sarif").read_text())
    Sarif.model_validate(log)
    results = log["runs"][0]["results"]
    levels = {(r["level"], r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) for r in results}
    assert done.returncode == 1
    assert {("error", "models/tool-failure.yaml"), ("warning", "requirements/REQ-cabinet-heat.md")} <= levels
    [line] = {
        r["locations"][0]["physicalLocation"]["region"]["startLine"]
        for r in results
        if "metrik" in r["message"]["text"]
    }
    assert (tmp_path / "p/models/tool-failure.yaml").read_text().splitlines()[line - 1].startswith("metrik")


def test_a_settings_file_with_problems_is_a_finding_too(tmp_path: Path) -> None:
    """Without it nothing else is read, but the forge is told where."""
    (tmp_path / "ninefold.toml").write_text('name = "cell"\nlanguag = "de"\n')
    command = [sys.executable, "-m", "ninefold", "check", "--sarif", "out.sarif"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    [result] = json.loads((tmp_path / "out.sarif").read_text())["runs"][0]["results"]
    assert done.returncode == 1
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "ninefold.toml"
    assert "languag" in result["message"]["text"]
