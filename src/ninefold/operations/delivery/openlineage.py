"""OpenLineage run events from records: each result is a run of its task, its inputs and itself are datasets.

A record says when it was finished, not when it was begun: START and COMPLETE of a run carry the same time. Source:
OpenLineage 2-0-2 and its facets; two facets are our own (`ninefold_record`, `ninefold_verdict`).
"""

import importlib.metadata
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from ninefold.kernel.clock import iso
from ninefold.kernel.plan import Plan
from ninefold.kernel.records import Record
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.delivery.lineage import current, made_by_a_step, name_of, rests_on

_SPEC = "https://openlineage.io/spec"
_EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_SPACE = uuid.UUID("f0a5d0f1-4f0b-5c86-9a3e-7b8a2b8f1c42")  # ours, for run ids; never changes


def events(store: SqliteStore, plan: Plan, starts: Sequence[str], project: str) -> Iterator[dict[str, Any]]:
    """Yield the events of the records (ids) and all that they rest on, oldest first; of all that is fresh without ids.

    The same records give the same events, run ids included, so that a receiver meets nothing twice.
    """
    teller = _Teller(store, project)
    for record in rests_on(store, starts or current(plan)).values():
        if made_by_a_step(record):
            yield from teller.run(record)


class _Teller:
    def __init__(self, store: SqliteStore, project: str) -> None:
        self.store = store
        self.namespace = f"ninefold://{quote(project, safe='')}"
        self.producer = f"urn:ninefold:{importlib.metadata.version('ninefold')}"

    def run(self, record: Record) -> Iterable[dict[str, Any]]:
        """Return the two events of a run."""
        name = name_of(self.store, record)
        engine = self._facet("1-1-1/ProcessingEngineRunFacet", version=record.step, name="ninefold")
        made = self._facet(
            "", record=record.id, content=record.content, step=record.step, environment=record.environment
        )
        kind = self._facet(
            "2-0-4/JobTypeJobFacet", processingType="BATCH", integration="NINEFOLD", jobType=name.partition(":")[0]
        )
        event = {
            "eventTime": iso(record.time),
            "producer": self.producer,
            "schemaURL": _EVENT,
            "run": {
                "runId": str(uuid.uuid5(_SPACE, record.id)),
                "facets": {"processing_engine": engine, "ninefold_record": made},
            },
            "job": {"namespace": self.namespace, "name": name, "facets": {"jobType": kind}},
            "inputs": [self._dataset(self.store.get(i.id), "inputFacets") for i in record.inputs],
        }
        yield {**event, "eventType": "START", "outputs": []}
        yield {**event, "eventType": "COMPLETE", "outputs": [self._dataset(record, "outputFacets")]}

    def _dataset(self, record: Record, side: str) -> dict[str, Any]:
        facets = {"version": self._facet("1-0-1/DatasetVersionDatasetFacet", datasetVersion=record.content)}
        plain = record.plain if isinstance(record.plain, dict) else {}  # none once erased
        fields = [{"name": str(c["name"]), "type": str(c["type"])} for c in plain.get("columns", ()) if "type" in c]
        if fields:
            facets["schema"] = self._facet("1-2-0/SchemaDatasetFacet", fields=fields)
        if record.kind.partition("@")[0] == "verdict" and "outcome" in plain:
            facets["ninefold_verdict"] = self._facet("", outcome=plain["outcome"], criterion=plain.get("criterion"))
        counted = {}
        if side == "outputFacets" and isinstance(plain.get("rows"), int):
            counted["outputStatistics"] = self._facet(
                "1-0-2/OutputStatisticsOutputDatasetFacet", rowCount=plain["rows"]
            )
        return {"namespace": self.namespace, "name": name_of(self.store, record), "facets": facets, side: counted}

    def _facet(self, schema: str, **fields: Any) -> dict[str, Any]:
        """Return a facet of OpenLineage's ("1-0-1/NAME"), or of our own without a schema of theirs."""
        name = schema.partition("/")[2]
        url = f"{_SPEC}/facets/{schema}.json#/$defs/{name}" if schema else f"{self.producer}:facet"
        return {"_producer": self.producer, "_schemaURL": url} | fields
