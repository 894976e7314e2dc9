"""The bill of materials of the small cell's model, held against the standard's own schema, strictly."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.small_cell import REQUIREMENT, edit, opened

from ninefold.cli.compose import Composer
from ninefold.kernel.records import Record
from ninefold.operations.delivery.cyclonedx import bill_of
from ninefold.operations.delivery.libraries import Library, libraries, licence


@pytest.fixture
def cell(cell_root: Path) -> Iterator[Composer]:
    with opened(cell_root) as composer:
        yield composer


def bill(cell: Composer) -> dict[str, Any]:
    """Return the bill, which the schema takes."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator  # 3 s of every worker's collection

    session = cell.session
    found = bill_of(session.ask("model:tool-failure").id, session.status(), session.store, "cell")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(found)) is None
    return found


@pytest.mark.job("delivery/bom", against="real", what="the validator of CycloneDX 1.6")
def test_the_bill_names_graph_data_engines_and_figures(cell: Composer) -> None:
    """With the digests by which each can be found again in the store."""
    found = bill(cell)
    model = found["metadata"]["component"]
    evidence = cell.session.ask("model:tool-failure").plain
    assert model["hashes"] == [{"alg": "SHA-256", "content": evidence["onnx"]}]
    assert cell.session.blobs.get(evidence["onnx"]).is_file()
    parts = {c["name"]: c for c in found["components"]}
    assert {
        "dataset:cell-history",
        "dataset:maintenance-log",
        "features:part-features",
        "labels:part-features",
    } <= parts.keys()
    assert {"scikit-learn", "onnxruntime", "duckdb", "ninefold"} <= parts.keys()
    assert parts["duckdb"]["licenses"] == [{"license": {"id": "MIT"}}]
    assert cell.session.blobs.get(parts["features:part-features"]["hashes"][0]["content"]).is_file()
    figures = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    [recall] = [f for f in figures if "/recall:" in f["type"] and f["slice"] == "all"]
    verdict = cell.session.ask("verdict:tool-failure/REQ-tool-failure-warning/recall").plain
    assert float(recall["value"]) == pytest.approx(verdict["overall"]["estimate"]["value"], rel=1e-5)
    assert any(f["slice"] == "variant = H" for f in figures)
    assert model["modelCard"]["modelParameters"]["architectureFamily"] == "linear"


def test_what_was_made_from_what(cell: Composer) -> None:
    """Labels from features and the log, features from the history, the model from all of it."""
    found = bill(cell)
    names = {c["bom-ref"]: c["name"] for c in [*found["components"], found["metadata"]["component"]]}
    on = {names[d["ref"]]: {names[r] for r in d["dependsOn"]} for d in found["dependencies"]}
    assert on["features:part-features"] == {"dataset:cell-history"}
    assert on["labels:part-features"] == {"features:part-features", "dataset:maintenance-log"}
    assert {"labels:part-features", "duckdb", "ninefold"} <= on["tool-failure"]


def test_the_same_evidence_gives_the_same_bill(cell: Composer) -> None:
    """Serial number included; no clock is asked."""
    assert bill(cell) == bill(cell)


def test_a_stale_model_says_so(cell: Composer) -> None:
    """And carries no figures of verdicts that hold no more."""
    before = bill(cell)
    edit(cell.root, REQUIREMENT, "value: 0.70}", "value: 0.72}")
    found = bill(cell)
    states = [p["value"] for b in (before, found) for p in b["metadata"]["properties"] if p["name"] == "ninefold:state"]
    assert states == ["fresh", "stale"]
    assert "quantitativeAnalysis" not in found["metadata"]["component"]["modelCard"]
    assert found["serialNumber"] != before["serialNumber"]


def test_a_licence_is_told_only_of_the_version_that_is_here() -> None:
    """What another version had is a guess; an absent package has none."""
    assert licence(Library("duckdb", "0.0.1")) == ()
    assert licence(Library("no-such-package", "1")) == ()
    assert Library("Some_Thing", "1+x y").purl == "pkg:pypi/some-thing@1%2Bx%20y"


def test_engines_are_read_from_records() -> None:
    """Each version once; an absent engine is none."""
    records = [
        Record("", "", "x@1", "", "", "", "", 0, 0, 0, 0, e, (), b"")
        for e in ("duckdb 2.0, numpy 2.1", "duckdb 2.0, lightgbm absent", "")
    ]
    assert [one for one in libraries(records) if one.name != "ninefold"] == [("duckdb", "2.0"), ("numpy", "2.1")]
