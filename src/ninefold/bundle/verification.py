"""Verification of a bundle file without store and without network: whole, signed by somebody trusted, not older."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

from ninefold.bundle.evidence import Evidence
from ninefold.bundle.file import CONTEXT, BundleFile, load, read_file
from ninefold.kernel.decisions import check_body
from ninefold.kernel.errors import InvalidInput, VerificationError
from ninefold.kernel.records import Record
from ninefold.kernel.signing import PublicKey, by_id, unhex


class ForeignSignature(VerificationError):
    """Nobody who is trusted here signed it."""


class OlderVersion(VerificationError):
    """It is older than what was seen before."""


class Judged(msgspec.Struct, frozen=True):
    """A verdict as the evidence holds it."""

    requirement: str
    criterion: str
    outcome: str
    record: str  # id


class Signed(msgspec.Struct, frozen=True):
    """A decision of a named person as the evidence holds it; its signature fits."""

    record: str  # id
    by: str  # opaque key of the person; "erased" once the body was erased
    key: str  # id of the key that signed
    what: str  # exactly, standing, or the criterion that was waived
    until: int  # µs UTC, 0 for no end


class Report(msgspec.Struct, frozen=True):
    """What was verified, and what the evidence says."""

    name: str
    version: int
    payload: str  # sha256 of the payload
    evidence: str  # sha256 of the evidence
    signers: tuple[str, ...]  # ids of the trusted keys that signed
    others: tuple[str, ...]  # ids of keys that signed and are not trusted here
    records: int
    erased: tuple[str, ...]  # ids of records whose body was erased
    requirements: tuple[str, ...]
    verdicts: tuple[Judged, ...]
    approvals: tuple[str, ...]  # ids
    decisions: tuple[Signed, ...]  # approvals, then the waivers that they rest on


def verify_file(path: Path, trusted: Collection[PublicKey], minimum_version: int | None = None) -> Report:
    """Return what a bundle file is and says, once all of it is verified; see `verify`.

    Raises:
        NotFound: there is no such file.
        VerificationError: it does not verify; see `verify`.
    """
    return verify(read_file(load(path)), trusted, minimum_version)


def verify(file: BundleFile, trusted: Collection[PublicKey], minimum_version: int | None = None) -> Report:
    """Return what a bundle file is and says.

    `minimum_version` is the highest version that was seen before under this name; the same one may come again.

    Raises:
        ForeignSignature: no key that is trusted signed it.
        OlderVersion: below `minimum_version`.
        VerificationError: a signature does not fit, payload or evidence are not those that were signed, or the
            evidence is that of another payload, or holds a decision whose signature does not fit.
    """
    statement = file.statement
    signers = _signers(file)
    keys = by_id(trusted)
    ours = tuple(sorted(k for k in signers if k in keys))
    if not ours:
        named = ", ".join(sorted(s[:12] for s in signers)) or "nobody"
        message = f"Nobody who is trusted here signed {statement.name} version {statement.version}; {named} did."
        raise ForeignSignature(message, hint="Trust the key in keys/ if you know whose it is, or refuse the file.")
    _same("payload", statement.payload, file.payload.digest)
    _same("evidence", statement.evidence, file.evidence_digest)
    if statement.name != file.payload.manifest.name:
        raise VerificationError(f"The statement is for {statement.name}, the payload is {file.payload.manifest.name}.")
    if minimum_version is not None and statement.version < minimum_version:
        message = f"{statement.name} version {statement.version} is older than version {minimum_version} seen before."
        raise OlderVersion(message, hint="Roll back on the device with the bundle it keeps, or sign it anew.")
    _belongs(file)
    return _report(file, ours, tuple(sorted(signers - set(ours))))


def _signers(file: BundleFile) -> set[str]:
    """Return the ids of all keys that signed; one signature that does not fit spoils the file."""
    found = set()
    for item in file.signatures:
        try:
            key = PublicKey.from_hex(item.public_key)
            signature = unhex(item.signature, 64, "signature")
        except InvalidInput as error:
            raise VerificationError(f"A signature cannot be read: {error.message}") from None
        key.verify(CONTEXT, file.signed, signature)
        found.add(key.id)
    return found


def _same(what: str, signed: str, found: str) -> None:
    if signed != found:
        message = f"The {what} is not the one that was signed: {found[:12]} instead of {signed[:12]}."
        raise VerificationError(message, hint="Get the original again; do not use this copy.")


def _belongs(file: BundleFile) -> None:
    """Return when the evidence is about this payload."""
    bundles = file.evidence.of_kind("bundle")
    if not any(file.payload.digest in r.blobs for r in bundles):
        message = f"The evidence is about another bundle: no record in it made the payload {file.payload.digest[:12]}."
        raise VerificationError(message, hint="Get the original again; do not use this copy.")


def _report(file: BundleFile, ours: tuple[str, ...], others: tuple[str, ...]) -> Report:
    evidence = file.evidence
    verdicts = tuple(
        sorted((_judged(r) for r in evidence.of_kind("verdict")), key=lambda j: (j.requirement, j.criterion))
    )
    return Report(
        file.statement.name, file.statement.version, file.payload.digest, file.evidence_digest, ours, others,
        len(evidence.records), tuple(r.id for r in evidence.records.values() if r.data is None),
        _requirements(evidence), verdicts, tuple(r.id for r in evidence.of_kind("approval")),
        (*_decided(evidence, "approval"), *_decided(evidence, "waiver")),
    )  # fmt: skip


def _judged(record: Record) -> Judged:
    body = _fields(record)
    words = [str(body.get(name, "erased")) for name in ("requirement", "criterion", "outcome")]
    return Judged(words[0], words[1], words[2], record.id)


def _decided(evidence: Evidence, kind: str) -> tuple[Signed, ...]:
    """Return the approvals or waivers of the evidence, once each signature fits.

    Raises:
        VerificationError: one of them was not signed, or changed after it was.
    """
    found = []
    for record in evidence.of_kind(kind):
        body = _fields(record)
        key = "" if record.data is None else check_body(body, kind).id
        what = body.get("decision") or f"{body.get('requirement', '')}/{body.get('criterion', '')}"
        until = body.get("until", 0)
        found.append(
            Signed(record.id, str(body.get("by", "erased")), key, str(what), until if isinstance(until, int) else 0)
        )
    return tuple(found)


def _requirements(evidence: Evidence) -> tuple[str, ...]:
    """Return the requirements whose facets the evidence holds."""
    names = (str(_fields(r).get("name", "")) for r in evidence.records.values() if r.kind.startswith("facet-"))
    return tuple(sorted({n.partition("#")[0] for n in names if n.startswith("REQ-")}))


def _fields(record: Record) -> dict[str, Any]:
    plain = record.plain
    return plain if isinstance(plain, dict) else {}
