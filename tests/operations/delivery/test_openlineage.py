"""OpenLineage events of the small cell, built again by OpenLineage's own classes, whose validators look at them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openlineage.client.event_v2 import Dataset, InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    dataset_version_dataset,
    job_type_job,
    output_statistics_output_dataset,
    processing_engine_run,
    schema_dataset,
)
from openlineage.client.serde import Serde
from tests.small_cell import opened

from ninefold.cli.compose import Composer
from ninefold.operations.delivery.openlineage import events

THEIRS = {
    "version": dataset_version_dataset.DatasetVersionDatasetFacet,
    "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
    "processing_engine": processing_engine_run.ProcessingEngineRunFacet,
    "jobType": job_type_job.JobTypeJobFacet,
}  # fmt: skip


@pytest.fixture
def cell(cell_root: Path) -> Iterator[Composer]:
    with opened(cell_root) as composer:
        yield composer


def told(cell: Composer, *tasks: str) -> list[dict[str, Any]]:
    session = cell.session
    return list(events(session.store, session.status(), [session.ask(t).id for t in tasks], "my cell"))


def facets_of(plain: dict[str, Any]) -> dict[str, Any]:
    """Return facets as their own classes make them; ours stay as they are, with the two fields that all must have."""
    found = {}
    for name, facet in plain.items():
        assert {"_producer", "_schemaURL"} <= facet.keys()
        fields = {k: v for k, v in facet.items() if not k.startswith("_")}
        if name == "schema":
            own = [schema_dataset.SchemaDatasetFacetFields(**f) for f in fields["fields"]]
            found[name] = schema_dataset.SchemaDatasetFacet(fields=own, producer=facet["_producer"])
        elif name in THEIRS:
            found[name] = THEIRS[name](**fields, producer=facet["_producer"])
        else:
            assert name.startswith("ninefold_")
            continue
        assert found[name]._schemaURL == facet["_schemaURL"]
    return found


def dataset(kind: type[Dataset], plain: dict[str, Any], side: str) -> Any:
    return kind(plain["namespace"], plain["name"], facets=facets_of(plain["facets"]), **{side: facets_of(plain[side])})


@pytest.mark.job("delivery/openlineage", against="real", what="OpenLineage's own schema")
def test_openlineage_takes_every_event(cell: Composer) -> None:
    """Each field goes through the class that its own project generated from the specification."""
    found = told(cell)
    for event in found:
        again = RunEvent(
            eventTime=event["eventTime"], producer=event["producer"], eventType=RunState[event["eventType"]],
            run=Run(event["run"]["runId"], facets=facets_of(event["run"]["facets"])),
            job=Job(event["job"]["namespace"], event["job"]["name"], facets=facets_of(event["job"]["facets"])),
            inputs=[dataset(InputDataset, i, "inputFacets") for i in event["inputs"]],
            outputs=[dataset(OutputDataset, o, "outputFacets") for o in event["outputs"]],
        )  # fmt: skip
        assert again.schemaURL == event["schemaURL"]
        assert Serde.to_dict(again)["job"]["name"] == event["job"]["name"]
    assert len(found) > 40
    assert [e["eventType"] for e in found[:4]] == ["START", "COMPLETE", "START", "COMPLETE"]


def test_the_events_hold_the_graph(cell: Composer) -> None:
    """Of a verdict: from the source to it, inputs before what is made of them, in the versions that were used."""
    name = "verdict:tool-failure/REQ-tool-failure-warning/recall"
    runs = [e for e in told(cell, name) if e["eventType"] == "COMPLETE"]
    made: dict[str, str] = {}
    for run in runs:
        for one in run["inputs"]:
            if "#" not in one["name"] and one["name"] in {r["job"]["name"] for r in runs}:
                assert made[one["name"]] == one["facets"]["version"]["datasetVersion"]
        made[run["job"]["name"]] = run["outputs"][0]["facets"]["version"]["datasetVersion"]
    assert {"dataset:cell-history", "labels:part-features", "model:tool-failure", name} <= made.keys()
    assert "ranking" not in made
    assert runs[-1]["outputs"][0]["facets"]["ninefold_verdict"]["outcome"] == "pass"
    [source] = [r for r in runs if r["job"]["name"] == "dataset:cell-history"]
    columns = [f["name"] for f in source["outputs"][0]["facets"]["schema"]["fields"]]
    assert "spindle_torque" in columns
    assert source["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] > 1000


def test_told_twice_it_is_the_same(cell: Composer) -> None:
    """A receiver that knows a run id learns nothing new."""
    assert told(cell) == told(cell)
    assert all(e["job"]["namespace"] == "ninefold://my%20cell" for e in told(cell, "ranking"))


def test_no_person_is_in_an_event(cell: Composer) -> None:
    """Approvals are told by their content; who signed is in no event."""
    text = str(told(cell))
    assert "Erika" not in text
    assert cell.actor not in text
