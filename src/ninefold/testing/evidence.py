"""A small chain of evidence in a real store: requirement facets, model, bundle, verdict, approval."""

from pathlib import Path
from typing import Any

from ninefold.bundle.evidence import excerpt
from ninefold.kernel.canonical import sha256
from ninefold.kernel.decisions import sign_body
from ninefold.kernel.records import Draft, Input, encode
from ninefold.kernel.signing import SigningKey
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.approval import Approval


def fill_chain(store: SqliteStore, payload: bytes, approved: Any = None) -> dict[str, str]:
    """Put the chain and return the ids by role; `approved` is the body of the approval, signed by nobody in particular
    when it is not given.
    """
    approval = Approval("tool-failure", "exactly", {}, "person-0123456789abcdef", "", "looks good")
    signed = sign_body(approval, SigningKey.new(), "approval")
    bodies = {
        "statement": ("facet-statement@1", {"name": "REQ-x#statement", "body": "It shall warn."}, (), ()),
        "metric": ("facet-metric@1", {"name": "REQ-x#metric/recall", "body": {"metric": "recall"}}, (), ()),
        "lint": ("requirement-lint@1", {"findings": []}, (), ("statement",)),
        "model": ("model@1", {"name": "tool-failure"}, (), ()),
        "bundle": ("bundle@1", {"name": "tool-failure"}, (sha256(payload),), ("model",)),
        "verdict": ("verdict@1", {"requirement": "REQ-x", "criterion": "recall", "outcome": "pass"}, (),
                    ("model", "metric")),
        "approval": ("approval@1", approved or signed, (), ("bundle", "verdict")),
    }  # fmt: skip
    ids: dict[str, str] = {}
    contents: dict[str, str] = {}
    for moment, (role, (kind, body, blobs, inputs)) in enumerate(bodies.items()):
        links = tuple(Input(i, ids[i], contents[i]) for i in inputs)
        draft = Draft(kind, encode(kind, body, blobs), "test@1", "person-1", moment, links)
        [ids[role]] = store.put([draft])
        contents[role] = draft.content
    return ids


def small_evidence(folder: Path, payload: bytes) -> bytes:
    """Return the excerpt of a fresh chain, with the payload as its bundle."""
    with SqliteStore(folder / "store.db") as store:
        ids = fill_chain(store, payload)
        return excerpt(store, {role: ids[role] for role in ("approval", "bundle", "lint")})
