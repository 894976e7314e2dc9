"""A release: the approved bundle of a model with its evidence, numbered and signed, as one file for devices."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from ninefold.bundle.evidence import excerpt
from ninefold.bundle.file import write_file
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.canonical import sha256
from ninefold.kernel.errors import NotFound, Refused
from ninefold.kernel.plan import Plan
from ninefold.kernel.records import Draft, Input, Record, encode
from ninefold.kernel.signing import SigningKey
from ninefold.kernel.sqlite import SqliteStore

RELEASE = "release@1"


class Release(msgspec.Struct, frozen=True):
    """A bundle file that was made; its blob is the file."""

    model: str
    version: int  # counts upwards per model
    payload: str  # sha256
    file: str  # sha256


class Released(NamedTuple):
    """A release and the bytes of its file."""

    release: Release
    record: str  # id
    data: bytes


def release(
    plan: Plan, store: SqliteStore, blobs: Blobs, model: str, keys: Sequence[SigningKey], actor: str, now: int
) -> Released:
    """Sign the approved bundle of a model with its evidence; the version is one above the last, and is recorded.

    Raises:
        NotFound: there is no such model.
        Refused: its approval is not fresh.
        Conflict: another release of the model was made at the same moment.
    """
    name = f"approval:{model}"
    if name not in plan:
        known = ", ".join(n.partition(":")[2] for n in plan.statuses if n.startswith("approval:")) or "none"
        raise NotFound(f"No model is called {model}.", hint=f"Use one of: {known}.")
    approval = plan[name]
    if approval.state != "fresh" or approval.record is None:
        hint = f"Run: {approval.command or 'ninefold run'}."
        raise Refused(f"{model} is not approved: {approval.reason or approval.state}.", hint=hint)
    bundle = _record(plan, f"bundle:{model}")
    payload = blobs.read(str(bundle.plain["payload"]))
    roots = roots_of(plan, store, model, approval.record)
    evidence = excerpt(store, roots)
    reference = counter_of(model)
    before = store.reference(reference)
    version = int(before or 0) + 1
    data = write_file(payload, evidence, version, keys)
    blob = blobs.put(data)
    body = Release(model, version, sha256(payload), blob)
    held = {"approval": approval.record, "bundle": bundle}
    held |= {role: store.get(id) for role, id in roots.items() if role.startswith("lint:")}  # they hold the sentences
    links = tuple(Input(role, r.id, r.content) for role, r in held.items())
    draft = Draft(RELEASE, encode(RELEASE, body, (blob,)), "release@1", actor, now, links, name=f"release:{model}")
    [id] = store.put([draft], {reference: before}, {reference: str(version)})
    return Released(body, id, data)


def _record(plan: Plan, name: str) -> Record:
    record = plan[name].record if name in plan else None
    if record is None or record.data is None:
        raise Refused(f"{name} has no result.", hint=f"Run: ninefold run {name}.")
    return record


def counter_of(model: str) -> str:
    """Return the name of the reference that counts the versions of a model's bundle files."""
    return f"bundle-version/{model}"


def roots_of(plan: Plan, store: SqliteStore, model: str, approval: Record) -> dict[str, str]:
    """Return what the evidence must hold: bundle, verdicts, approval and its waivers, and the lint of each requirement.

    A standing approval was given on an older bundle, so bundle and verdicts are roots of their own.
    """
    status = plan[f"approval:{model}"]
    roots = {"approval": approval.id}
    for role, name in (status.task.results if status.task else {}).items():
        roots[role if role == "bundle" else f"verdict:{role}"] = _record(plan, name).id
        lint = f"lint:{role.partition('/')[0]}"
        if lint in plan and plan[lint].record is not None:
            roots[lint] = _record(plan, lint).id
    for id in (approval.plain or {}).get("waivers", []):
        roots[f"waiver:{id[:12]}"] = store.get(str(id)).id
    return roots
