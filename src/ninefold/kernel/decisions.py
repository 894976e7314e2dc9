"""Decisions of persons: each carries the key and the signature of who took it; promotions under one are counted."""

from typing import Any, TypeVar

import msgspec

from ninefold.kernel.canonical import canonical
from ninefold.kernel.errors import InvalidInput, Refused, VerificationError
from ninefold.kernel.records import Draft, Input, Record, encode
from ninefold.kernel.signing import PublicKey, SigningKey, unhex
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.approval import APPROVAL_USE, Approval, ApprovalUse

T = TypeVar("T", bound=msgspec.Struct)


def sign_body(body: T, key: SigningKey, context: str) -> T:
    """Return the body with its `public_key` and a `signature` over the canonical bytes of all the rest."""
    named = msgspec.structs.replace(body, public_key=key.public.hex, signature="")
    signature = key.sign(context, canonical(named)).hex()
    return msgspec.structs.replace(named, signature=signature)


def check_body(plain: Any, context: str) -> PublicKey:
    """Return the key that signed a body, given as the plain values of its record; fields of newer versions count.

    Raises:
        VerificationError: it carries no signature, or one that does not fit.
    """
    fields = dict(plain) if isinstance(plain, dict) else {}
    try:
        signature = unhex(str(fields.pop("signature", "")), 64, "signature")
        key = PublicKey.from_hex(str(fields.get("public_key", "")))
    except InvalidInput as error:
        raise VerificationError(f"The {context} carries no signature: {error.message}") from None
    key.verify(context, canonical(fields), signature)
    return key


def signed_approval(record: Record) -> Approval:
    """Return an approval whose signature fits.

    Raises:
        VerificationError: it does not.
    """
    check_body(record.plain, "approval")
    return record.body(Approval)


def uses_of(store: SqliteStore, approval: str) -> frozenset[str]:
    """Return the contents of the bundles that went into service under a standing approval (its id)."""
    found = (r.plain for r in store.of_kind(APPROVAL_USE) if r.data is not None)
    return frozenset(str(p["bundle"]) for p in found if p["approval"] == approval)


def record_use(store: SqliteStore, approval: str, bundle: str, actor: str, now: int) -> None:
    """Note that a bundle (its content) goes into service under an approval (its id); again for the same one is nothing.

    Only standing approvals are counted. Two promotions at once cannot share the last use: the count is compared in the
    transaction.

    Raises:
        Refused: its uses are used up, or it was revoked.
        VerificationError: its signature does not fit.
        Conflict: another promotion was faster; look again.
    """
    record = store.get(approval)
    terms = signed_approval(record)
    if terms.decision != "standing":
        return
    if store.revoked(record.id):
        raise Refused(f"The standing approval {record.id[:12]} was revoked.", hint="Have a named person sign.")
    name = f"approval-uses:{record.id}"
    before = store.reference(name)
    used = uses_of(store, record.id)
    if bundle in used:
        return
    if len(used) >= terms.uses:
        message = f"The {terms.uses} promotion(s) of the standing approval {record.id[:12]} are used up."
        raise Refused(message, hint="Have a named person sign.")
    body = encode(APPROVAL_USE, ApprovalUse(record.id, bundle))
    draft = Draft(APPROVAL_USE, body, "sign@1", actor, now, (Input("approval", record.id, record.content),))
    store.put([draft], {name: before}, {name: str(len(used) + 1)})
