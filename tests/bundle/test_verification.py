"""A bundle file verifies without store and network, and each way of spoiling it has its own message."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ninefold.bundle.archive import pack, unpack
from ninefold.bundle.evidence import MissingRecord, excerpt, read_evidence
from ninefold.bundle.file import CONTEXT, read_file, write_file
from ninefold.bundle.payload import read_payload
from ninefold.bundle.verification import ForeignSignature, OlderVersion, Report, verify, verify_file
from ninefold.kernel.canonical import canonical, sha256
from ninefold.kernel.decisions import sign_body
from ninefold.kernel.errors import InvalidInput, NotFound, VerificationError
from ninefold.kernel.signing import SigningKey
from ninefold.kernel.sqlite import SqliteStore
from ninefold.testing.bundles import small_graph, small_payload
from ninefold.testing.evidence import fill_chain, small_evidence
from ninefold.vocabulary.approval import Approval

KEY = SigningKey.new()
PAYLOAD = small_payload()


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return small_evidence(tmp_path_factory.mktemp("chain"), PAYLOAD)


@pytest.fixture(scope="module")
def good(evidence: bytes) -> bytes:
    return write_file(PAYLOAD, evidence, 7, [KEY])


def check(data: bytes, folder: Path, minimum: int | None = None, keys: list[SigningKey] | None = None) -> Report:
    path = folder / "bundle.9fb"
    path.write_bytes(data)
    return verify_file(path, [k.public for k in keys or [KEY]], minimum)


def spoilt(data: bytes, **entries: bytes) -> bytes:
    names = {"evidence": "evidence.jsonl", "payload": "payload.zip", "signatures": "signatures.json",
             "statement": "statement.json"}  # fmt: skip
    return pack({**unpack(data, "it"), **{names[n]: d for n, d in entries.items()}})


def test_a_good_file_tells_what_it_proves(good: bytes, tmp_path: Path) -> None:
    """The report names version, signer, requirements, verdicts and approval."""
    report = check(good, tmp_path, 7)
    assert (report.name, report.version, report.records) == ("tool-failure", 7, 7)
    assert report.payload == sha256(PAYLOAD)
    assert report.signers == (KEY.public.id,)
    assert report.requirements == ("REQ-x",)
    assert [(v.requirement, v.criterion, v.outcome) for v in report.verdicts] == [("REQ-x", "recall", "pass")]
    [approval] = report.decisions
    assert report.approvals == (approval.record,)
    assert (approval.what, approval.by, approval.until) == ("exactly", "person-0123456789abcdef", 0)
    assert report.erased == ()


def test_the_same_contents_give_the_same_file(evidence: bytes) -> None:
    """Ed25519 is deterministic, and so is everything else."""
    other = SigningKey.new()
    assert write_file(PAYLOAD, evidence, 7, [KEY, other]) == write_file(PAYLOAD, evidence, 7, [other, KEY])


def test_a_flipped_byte_of_the_model(good: bytes, tmp_path: Path) -> None:
    """The container's own checksum tells which entry it was."""
    bad = good.replace(b"Sigmoid", b"SigmoiD", 1)
    with pytest.raises(VerificationError, match=r"damaged or no bundle: the entry payload\.zip was altered"):
        check(bad, tmp_path)


def test_an_exchanged_payload(good: bytes, tmp_path: Path) -> None:
    """Another payload, whole in itself, is not the one that was signed."""
    with pytest.raises(VerificationError, match="The payload is not the one that was signed"):
        check(spoilt(good, payload=small_payload(onnx=small_graph((0.9, 0.0)))), tmp_path)


def test_a_foreign_signature(evidence: bytes, tmp_path: Path) -> None:
    """A correct signature of a key that nobody here trusts is refused; a second, trusted one is enough."""
    stranger = SigningKey.new()
    message = f"Nobody who is trusted here signed tool-failure version 7; {stranger.public.id[:12]} did"
    with pytest.raises(ForeignSignature, match=message):
        check(write_file(PAYLOAD, evidence, 7, [stranger]), tmp_path)
    report = check(write_file(PAYLOAD, evidence, 7, [stranger, KEY]), tmp_path)
    assert (report.signers, report.others) == ((KEY.public.id,), (stranger.public.id,))


def test_nobody_is_trusted(good: bytes) -> None:
    """Without a key nothing verifies."""
    with pytest.raises(ForeignSignature):
        verify(read_file(good), [])


def test_a_borrowed_signature(good: bytes, evidence: bytes, tmp_path: Path) -> None:
    """The signature of another version does not fit."""
    other = unpack(write_file(PAYLOAD, evidence, 8, [KEY]), "it")["statement.json"]
    with pytest.raises(VerificationError, match=r"bundle signature of key .* does not fit"):
        check(spoilt(good, statement=other), tmp_path)


def test_a_signature_of_another_kind(good: bytes, tmp_path: Path) -> None:
    """What was signed as an approval is no bundle."""
    signed = read_file(good).signed
    made = {"public_key": KEY.public.hex, "signature": KEY.sign("approval", signed).hex()}
    with pytest.raises(VerificationError, match="does not fit"):
        check(spoilt(good, signatures=canonical({"signatures": [made]})), tmp_path)


@pytest.mark.parametrize("field", ["public_key", "signature"])
def test_a_signature_has_one_spelling(good: bytes, tmp_path: Path, field: str) -> None:
    """Upper-case digits mean the same bytes and are refused all the same."""
    [made] = msgspec.to_builtins(read_file(good).signatures)
    bad = canonical({"signatures": [{**made, field: made[field].upper()}]})
    with pytest.raises(VerificationError, match="lower-case hexadecimal digits"):
        check(spoilt(good, signatures=bad), tmp_path)


def test_an_older_version(good: bytes, tmp_path: Path) -> None:
    """A version below one that was seen is refused; the same one may come again."""
    assert check(good, tmp_path, 7).version == 7
    with pytest.raises(OlderVersion, match="version 7 is older than version 8 seen before"):
        check(good, tmp_path, 8)


@pytest.mark.parametrize("kind", ["model@1", "facet-statement@1", "verdict@1", "approval@1"])
def test_a_removed_record(good: bytes, evidence: bytes, tmp_path: Path, kind: str) -> None:
    """Whichever record is taken out, the one that needs it says so."""
    records = read_evidence(evidence).records
    [id] = [r.id for r in records.values() if r.kind == kind]
    lines = [line for line in evidence.split(b"\n") if sha256(_head(line)) != id]
    assert len(lines) == len(evidence.split(b"\n")) - 1
    with pytest.raises(MissingRecord, match=f"The record {id[:12]} was removed from the evidence; .* needs it"):
        check(spoilt(good, evidence=b"\n".join(lines)), tmp_path)


def test_a_removed_root(good: bytes, tmp_path: Path) -> None:
    """An excerpt that is whole without the approval is not the one that was signed."""
    with SqliteStore(tmp_path / "other.db") as store:
        ids = fill_chain(store, PAYLOAD)
        smaller = excerpt(store, {"bundle": ids["bundle"]})
    with pytest.raises(VerificationError, match="The evidence is not the one that was signed"):
        check(spoilt(good, evidence=smaller), tmp_path)


def _head(line: bytes) -> bytes:
    value = msgspec.json.decode(line) if line else None
    return value[0].encode() if isinstance(value, list) else b""


def test_an_altered_record(good: bytes, evidence: bytes, tmp_path: Path) -> None:
    """A verdict that was turned over no longer has the digest in its head."""
    bad = evidence.replace(rb"\"outcome\":\"pass\"", rb"\"outcome\":\"fail\"")
    assert bad != evidence
    with pytest.raises(VerificationError, match=r"\(verdict@1\) was altered: its body has not the digest"):
        check(spoilt(good, evidence=bad), tmp_path)


def test_an_added_record(good: bytes, evidence: bytes, tmp_path: Path) -> None:
    """What no root needs does not belong there."""
    with SqliteStore(tmp_path / "other.db") as store:
        fill_chain(store, small_payload("other"))
        [stray] = list(store.of_kind("bundle@1"))
        lines = excerpt(store, {"stray": stray.id}).split(b"\n")[1:-1]
    known = set(evidence.split(b"\n"))
    bad = evidence + b"\n".join(line for line in lines if line not in known) + b"\n"
    with pytest.raises(VerificationError, match="was added to the evidence; nothing needs it"):
        check(spoilt(good, evidence=bad), tmp_path)


def test_evidence_of_another_bundle(tmp_path: Path) -> None:
    """A signer cannot, by mistake, tie the evidence of one model to another."""
    evidence = small_evidence(tmp_path, small_payload("other"))
    with pytest.raises(VerificationError, match="The evidence is about another bundle"):
        check(write_file(PAYLOAD, evidence, 1, [KEY]), tmp_path)


@pytest.mark.parametrize("change", [{"reason": "another"}, {"until": 5}, {"signature": "0" * 128}, {"signature": ""}])
def test_a_decision_that_was_not_signed_so(tmp_path: Path, change: dict[str, object]) -> None:
    """Also when whoever signs the file did not look: an approval whose signature does not fit spoils it."""
    body = sign_body(Approval("tool-failure", "exactly", {}, "person-1", "", "good"), SigningKey.new(), "approval")
    with SqliteStore(tmp_path / "store.db") as store:
        ids = fill_chain(store, PAYLOAD, msgspec.structs.replace(body, **change))
        evidence = excerpt(store, {"approval": ids["approval"]})
    with pytest.raises(VerificationError, match=r"approval signature of key|The approval carries no signature"):
        check(write_file(PAYLOAD, evidence, 1, [KEY]), tmp_path)


def test_an_erased_body_is_said(tmp_path: Path) -> None:
    """Erasure is allowed; the report says whose body is gone."""
    with SqliteStore(tmp_path / "store.db") as store:
        ids = fill_chain(store, PAYLOAD)
        model = store.get(ids["model"])
        store.erase(model.content, "asked for", "person-1", 99)
        evidence = excerpt(store, {"approval": ids["approval"]})
    assert check(write_file(PAYLOAD, evidence, 1, [KEY]), tmp_path).erased == (ids["model"],)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (b"", "cannot be read"),
        (b"[]\n", "cannot be read"),
        (b'{"format":2,"roots":{"a":"b"}}\n', "format 2"),
        (b'{"format":1,"roots":{}}\n', "names no roots"),
        (b'{"format":1,"roots":{"a":"b"}}', "cut off"),
        (b'{"format":1,"roots":{"a":"b"}}\n', "record b was removed"),
        (b'{"format":1,"roots":{"a":"b"}}\n["{}",null]\n', "A record in the evidence cannot be read"),
        (b'{"format":1,"roots":{"a":"b"}}\n["\\ud800",null]\n', "cannot be read|not Unicode"),
        (b'{"format":1,"roots":{"a":"b"}}\n[1,2]\n', "cannot be read"),
    ],
    ids=["empty", "list", "format", "no roots", "cut", "absent root", "no head", "surrogate", "numbers"],
)
def test_evidence_that_cannot_be_read(lines: bytes, message: str) -> None:
    """Each is a verification error with its reason."""
    with pytest.raises(VerificationError, match=message):
        read_evidence(lines)


def test_a_very_deep_chain_is_read(tmp_path: Path) -> None:
    """Neither writer nor reader recurses."""
    from ninefold.kernel.records import Draft, Input, encode

    with SqliteStore(tmp_path / "deep.db") as store:
        drafts = [Draft("a@1", encode("a@1", {"n": 0}), "s@1", "p", 0)]
        for n in range(1, 3000):
            link = (Input("up", f"draft:{n - 1}", drafts[-1].content),)
            drafts.append(Draft("a@1", encode("a@1", {"n": n}), "s@1", "p", 0, link))
        ids = store.put(drafts)
        found = read_evidence(excerpt(store, {"root": ids[-1]}))
    assert len(found.records) == 3000
    assert len(list(found.above(ids[-1]))) == 2999


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
@pytest.mark.job("validation/bundle", against="cases", what="generated inputs")
def test_any_flipped_byte_fails(good: bytes, data: st.DataObject) -> None:
    """In the whole signed file there is no byte that may be changed."""
    at, flip = data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(1, 255))
    bad = bytearray(good)
    bad[at] ^= flip
    with pytest.raises(VerificationError):
        verify(read_file(bytes(bad)), [KEY.public])


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_any_flipped_byte_inside_an_entry_fails(good: bytes, data: st.DataObject) -> None:
    """Also when the container around it is made anew, so that its checksums are right."""
    entries = unpack(good, "it")
    name = data.draw(st.sampled_from(sorted(entries)))
    at, flip = data.draw(st.integers(0, len(entries[name]) - 1)), data.draw(st.integers(1, 255))
    bad = bytearray(entries[name])
    bad[at] ^= flip
    with pytest.raises(VerificationError):
        verify(read_file(pack({**entries, name: bytes(bad)})), [KEY.public])


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sampled_from(["evidence", "payload", "signatures", "statement"]), st.binary(max_size=300))
def test_any_bytes_as_an_entry_are_refused_politely(good: bytes, entry: str, noise: bytes) -> None:
    """Nothing but a verification error leaves the reader."""
    with pytest.raises(VerificationError):
        verify(read_file(spoilt(good, **{entry: noise})), [KEY.public])


def test_what_is_no_bundle_file(tmp_path: Path) -> None:
    """An absent file, and a container of something else."""
    with pytest.raises(NotFound, match=r"absent\.9fb cannot be read"):
        verify_file(tmp_path / "absent.9fb", [KEY.public])
    with pytest.raises(VerificationError, match="This is no bundle file"):
        check(PAYLOAD, tmp_path)


def test_what_cannot_be_signed(evidence: bytes) -> None:
    """No version, no key, one key twice, and contents that do not verify themselves."""
    for version in (0, -1, 2**53):
        with pytest.raises(InvalidInput, match="counts from 1"):
            write_file(PAYLOAD, evidence, version, [KEY])
    for keys in ([], [KEY, KEY]):
        with pytest.raises(InvalidInput, match="1 to 16 different keys"):
            write_file(PAYLOAD, evidence, 1, keys)
    with pytest.raises(VerificationError):
        write_file(b"noise", evidence, 1, [KEY])
    with pytest.raises(MissingRecord):
        write_file(PAYLOAD, b"\n".join([evidence.split(b"\n")[0], b""]), 1, [KEY])


def test_the_context_is_part_of_the_format() -> None:
    """A changed context would void every file that was ever signed."""
    assert CONTEXT == "bundle"
    assert read_payload(PAYLOAD).manifest.format == 1
