"""The bundle file (`*.9fb`): payload, evidence, a statement that ties them to a version, and signatures over it."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from ninefold.bundle.archive import MAX_BYTES, pack, unpack
from ninefold.bundle.evidence import Evidence, read_evidence
from ninefold.bundle.payload import Payload, decoded, read_payload
from ninefold.kernel.canonical import canonical, sha256
from ninefold.kernel.errors import InvalidInput, NotFound, VerificationError
from ninefold.kernel.signing import SigningKey

CONTEXT = "bundle"  # of the signature
MAX_SIGNATURES = 16
_ENTRIES = {"evidence.jsonl", "payload.zip", "signatures.json", "statement.json"}


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed: this payload with this evidence is version N of the model's bundle."""

    name: str
    version: int  # counts upwards per name; a device refuses one that is older than what it has seen
    payload: str  # sha256
    evidence: str  # sha256


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One signature over the statement's bytes, in the context "bundle"; both halves in hexadecimal digits."""

    public_key: str
    signature: str


class Signatures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All signatures, by public key."""

    signatures: tuple[Signature, ...]


class BundleFile(msgspec.Struct, frozen=True):
    """The parts of a file that was read; `verify` says whether they may be trusted."""

    statement: Statement
    signed: bytes  # the statement's bytes, as they were signed
    signatures: tuple[Signature, ...]
    payload: Payload
    evidence: Evidence
    evidence_digest: str


def write_file(payload: bytes, evidence: bytes, version: int, keys: Sequence[SigningKey]) -> bytes:
    """Return a signed bundle file.

    Raises:
        InvalidInput: no version from 1 up, no key or too many, or one key twice.
        VerificationError: payload or evidence do not verify themselves.
    """
    if not 1 <= version < 2**53:
        raise InvalidInput(f"The version of a bundle counts from 1, found {version}.")
    if not 1 <= len({k.public for k in keys}) == len(keys) <= MAX_SIGNATURES:
        raise InvalidInput(f"A bundle is signed by 1 to {MAX_SIGNATURES} different keys, found {len(keys)}.")
    name = read_payload(payload).manifest.name
    read_evidence(evidence)
    statement = canonical(Statement(name, version, sha256(payload), sha256(evidence)))
    made = [Signature(k.public.hex, k.sign(CONTEXT, statement).hex()) for k in keys]
    ordered = Signatures(tuple(sorted(made, key=lambda s: s.public_key)))
    return pack(
        {
            "evidence.jsonl": evidence, "payload.zip": payload, "signatures.json": canonical(ordered),
            "statement.json": statement,
        }
    )  # fmt: skip


def read_file(data: bytes) -> BundleFile:
    """Return the parts of a bundle file; damage is found here, trust is not given here.

    Raises:
        MissingRecord: a record was removed from the evidence.
        VerificationError: anything in it is damaged.
    """
    entries = unpack(data, "The bundle file")
    if entries.keys() != _ENTRIES:
        found = ", ".join(sorted(entries.keys() ^ _ENTRIES))
        raise VerificationError(f"This is no bundle file; its entries differ from those expected: {found}.")
    signed = entries["statement.json"]
    statement = decoded(signed, Statement, "The statement")
    signatures = decoded(entries["signatures.json"], Signatures, "The list of signatures")
    if len(signatures.signatures) > MAX_SIGNATURES or canonical(signatures) != entries["signatures.json"]:
        raise VerificationError("The list of signatures has not its one form.", hint="Get the original again.")
    return BundleFile(
        statement, signed, signatures.signatures, read_payload(entries["payload.zip"]),
        read_evidence(entries["evidence.jsonl"]), sha256(entries["evidence.jsonl"]),
    )  # fmt: skip


def load(path: Path) -> bytes:
    """Return the bytes of a bundle file, read no further than the largest that is allowed.

    Raises:
        NotFound: there is no such file.
        VerificationError: it is too large.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise NotFound(f"The bundle file {path} cannot be read: {error.strerror}.") from None
    if len(data) > MAX_BYTES:
        raise VerificationError(f"{path} has more than {MAX_BYTES} bytes; that is no bundle.")
    return data
