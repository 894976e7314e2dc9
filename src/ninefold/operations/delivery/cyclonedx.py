"""The bill of materials of a model as CycloneDX 1.6: the graph, the data it learnt from, the engines, its figures.

Everything is read from records, nothing is asked: what the records do not say (the licence of a data set, say) is a
property that says so. Source: CycloneDX 1.6, JSON; `modelCard` for the model, type `data` for what it learnt from.
"""

import importlib.metadata
import uuid
from collections.abc import Iterable
from typing import Any

import msgspec

from ninefold.kernel.clock import iso
from ninefold.kernel.errors import NotFound
from ninefold.kernel.plan import Plan
from ninefold.kernel.records import Record, revive
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.delivery.libraries import Library, libraries, licence
from ninefold.operations.delivery.lineage import name_of, rests_on
from ninefold.vocabulary.verdict import Judgement, Verdict

_SPACE = uuid.UUID("6b1f3c0e-92a5-5d1b-8f39-0b6d7a1c3e55")  # ours, for serial numbers; never changes
_DATA = {"dataset", "features", "labels"}
_RACE = "candidates"


def bill_of(model: str, plan: Plan, store: SqliteStore, project: str) -> dict[str, Any]:
    """Return the bill of a model record (its id) as plain values; the same evidence gives the same bill.

    Raises:
        NotFound: the record's body was erased.
    """
    record = store.get(model)
    if record.plain is None:
        raise NotFound(f"The body of the model record {model[:12]} was erased.", hint="Run the model again.")
    below = rests_on(store, [model])
    data = [r for r in below.values() if r.kind.partition("@")[0] in _DATA and r.plain is not None]
    used = libraries(below.values())
    verdicts = _verdicts(str(record.plain["name"]), plan)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, ' '.join([model, *(i for i, _ in verdicts)]))}",
        "version": 1,
        "metadata": {
            "timestamp": iso(record.time),
            "tools": {"components": [_tool()]},
            "component": _model(record, below.values(), data, verdicts),
            "properties": _properties(
                {"ninefold:project": project, "ninefold:record": record.id, "ninefold:state": _state(record, plan)}
            ),
        },
        "components": [_dataset(store, r) for r in data] + [_library(one) for one in used],
        "dependencies": _dependencies(record, data, used),
    }


def _state(record: Record, plan: Plan) -> str:
    """Return whether the model is what its files ask for now."""
    name = f"model:{record.plain['name']}"
    found = plan.statuses.get(name)
    return "no longer asked for" if found is None or found.last != record else found.state


def _tool() -> dict[str, Any]:
    return {"type": "application", "name": "ninefold", "version": importlib.metadata.version("ninefold")}


def _ref(record: Record) -> str:
    return f"{record.kind.partition('@')[0]}:{record.content}"


def _properties(values: dict[str, Any]) -> list[dict[str, str]]:
    return [{"name": name, "value": str(value)} for name, value in values.items() if value is not None]


def _model(
    record: Record, below: Iterable[Record], data: list[Record], verdicts: list[tuple[str, Verdict]]
) -> dict[str, Any]:
    plain = record.plain
    features = list(plain.get("features", ()))
    parameters: dict[str, Any] = {
        "approach": {"type": "supervised"},
        "task": str(plain.get("task", "")),
        "datasets": [{"ref": _ref(r)} for r in data],
        "inputs": [{"format": f"float32 {name}"} for name in features],
        "outputs": [{"format": "float32 score"}],
    }
    if family := _family(str(plain.get("candidate", "")), below):
        parameters["architectureFamily"] = family
    card: dict[str, Any] = {"modelParameters": {k: v for k, v in parameters.items() if v}}
    if figures := [f for _, verdict in verdicts for f in _figures(verdict)]:
        card["quantitativeAnalysis"] = {"performanceMetrics": figures}
    return {
        "type": "machine-learning-model",
        "bom-ref": _ref(record),
        "name": str(plain["name"]),
        "version": record.content[:12],
        "hashes": [{"alg": "SHA-256", "content": str(plain["onnx"])}],
        "modelCard": card,
        "properties": _properties({"ninefold:candidate": plain.get("candidate"), "ninefold:format": "ONNX"}),
    }


def _family(candidate: str, below: Iterable[Record]) -> str:
    """Return the trainer that made the candidate, as the race names it."""
    for record in below:
        if record.kind.partition("@")[0] == _RACE and record.plain is not None:
            for row in record.plain.get("candidates", ()):
                if row.get("name") == candidate:
                    return str(row.get("trainer", ""))
    return ""


def _verdicts(model: str, plan: Plan) -> list[tuple[str, Verdict]]:
    """Return the current verdicts on the model, with their record ids."""
    found = []
    for status in plan.statuses.values():
        record = status.record
        if status.name.startswith(f"verdict:{model}/") and status.state == "fresh" and record and record.data:
            found.append((record.id, msgspec.convert(record.plain, Verdict, strict=False, dec_hook=revive)))
    return found


def _figures(verdict: Verdict) -> Iterable[dict[str, Any]]:
    for judgement in verdict.cases[:1] or (verdict.overall, *verdict.slices):
        estimate = judgement.estimate
        if estimate.value is None:
            continue
        figure = {
            "type": f"{verdict.metric} ({verdict.requirement}/{verdict.criterion}: {judgement.outcome})",
            "value": f"{estimate.value:.6g}",
            "slice": ", ".join(f"{k} = {v}" for k, v in judgement.where.items()) or "all",
        }
        yield figure | _interval(judgement)


def _interval(judgement: Judgement) -> dict[str, Any]:
    """Return the two one-sided bounds, where both are there."""
    estimate = judgement.estimate
    if estimate.bound is None or estimate.opposite is None:
        return {}
    low, high = sorted((estimate.bound, estimate.opposite))
    return {"confidenceInterval": {"lowerBound": f"{low:.6g}", "upperBound": f"{high:.6g}"}}


def _dataset(store: SqliteStore, record: Record) -> dict[str, Any]:
    plain, name = record.plain, name_of(store, record)
    columns = plain.get("columns")
    described = {
        "ninefold:record": record.id, "ninefold:rows": plain.get("rows"),
        "ninefold:columns": ", ".join(c["name"] for c in columns) if columns else None,
        "ninefold:first": iso(plain["first"]) if plain.get("first") is not None else None,
        "ninefold:last": iso(plain["last"]) if plain.get("last") is not None else None,
        "ninefold:licence": "not stated in any record",
    }  # fmt: skip
    return {
        "type": "data",
        "bom-ref": _ref(record),
        "name": name,
        "version": record.content[:12],
        "hashes": [{"alg": "SHA-256", "content": str(plain["parquet"])}],
        "data": [{"type": "dataset", "name": name}],
        "properties": _properties(described),
    }


def _library(library: Library) -> dict[str, Any]:
    head = {
        "type": "library", "bom-ref": library.purl, "name": library.name, "version": library.version,
        "purl": library.purl,
    }  # fmt: skip
    known = licence(library)
    return head | ({"licenses": list(known)} if known else {})


def _dependencies(model: Record, data: list[Record], used: list[Library]) -> list[dict[str, Any]]:
    """Return what was made from what: the model from data and engines, features and labels from datasets."""
    refs = {r.id: _ref(r) for r in data}
    found: dict[str, set[str]] = {_ref(model): {*refs.values(), *(one.purl for one in used)}}
    for record in data:
        found.setdefault(refs[record.id], set()).update(refs[i.id] for i in record.inputs if i.id in refs)
    for one in used:
        found.setdefault(one.purl, set())
    return [{"ref": ref, "dependsOn": sorted(on - {ref})} for ref, on in sorted(found.items())]
