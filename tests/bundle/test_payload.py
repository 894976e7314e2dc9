"""The payload: equal contents give equal bytes, and every part is what the manifest says."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.bundle.archive import pack, unpack
from ninefold.bundle.manifest import Contract
from ninefold.bundle.opening import recipe_of
from ninefold.bundle.payload import read_payload
from ninefold.kernel.canonical import canonical, sha256
from ninefold.kernel.errors import InvalidInput, Refused, VerificationError
from ninefold.testing.bundles import CONTRACT, RECIPE, THRESHOLD, small_graph, small_payload
from ninefold.vocabulary.criterion import MetricSpec

PAYLOAD = small_payload()


def test_equal_contents_give_the_same_digest() -> None:
    """Built twice, even with the monitors in another order, the bytes are the same."""
    monitors = [MetricSpec("REQ-x", c, "drift", ("runtime",)) for c in ("b", "a")]
    assert small_payload() == PAYLOAD
    assert small_payload(monitors=monitors) == small_payload(monitors=monitors[::-1])
    assert read_payload(small_payload(onnx=small_graph((0.3, 0.0)))).digest != read_payload(PAYLOAD).digest


def test_a_payload_holds_all_that_a_device_needs() -> None:
    """Graph, recipe, contract, threshold, monitors, reference and golden rows come back."""
    payload = read_payload(PAYLOAD)
    assert payload.model == small_graph()
    assert recipe_of(payload) == RECIPE
    assert payload.manifest.contract == CONTRACT
    assert payload.manifest.decide.threshold == THRESHOLD
    assert [m.criterion for m in payload.manifest.monitors] == ["input-drift"]
    assert len(payload.golden.scores) == len(payload.golden.features["torque_mean"])
    assert len(payload.golden.rows["frame"]) == 8


def test_a_column_of_the_centre_cannot_be_deployed() -> None:
    """What a Python step computes is refused by name."""
    with pytest.raises(Refused, match="needs speed_mean, which only the centre can compute"):
        small_payload(centre_only=["speed_mean", "unused"])


@pytest.mark.parametrize("threshold", [0.1, float("nan"), float("inf")])
def test_a_threshold_is_exact_in_float32(threshold: float) -> None:
    """Scores are float32; a threshold between two of them would be read differently by different engines."""
    with pytest.raises(InvalidInput, match="not exact in float32"):
        small_payload(threshold=threshold)


@pytest.mark.parametrize("features", [(), (CONTRACT.features[0], CONTRACT.features[0])])
def test_features_are_named_once(features: tuple[object, ...]) -> None:
    """No feature, or one twice, is no contract."""
    with pytest.raises(InvalidInput, match="must have features, each once"):
        small_payload(contract=Contract((), features))


def _without(name: str) -> bytes:
    return pack({n: d for n, d in unpack(PAYLOAD, "it").items() if n != name})


def _with(name: str, data: bytes) -> bytes:
    return pack({**unpack(PAYLOAD, "it"), name: data})


def _manifest(**changes: object) -> bytes:
    return _with("manifest.json", canonical(msgspec.structs.replace(read_payload(PAYLOAD).manifest, **changes)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (_without("manifest.json"), "has no manifest"),
        (_without("model.onnx"), "name different parts: model.onnx"),
        (_with("extra.bin", b""), "name different parts: extra.bin"),
        (_with("model.onnx", b"x"), "The part model.onnx of the payload has not the digest"),
        (_with("manifest.json", b"{"), "The manifest cannot be read"),
        (_with("manifest.json", b"[" * 100_000), "The manifest cannot be read"),
        (_with("manifest.json", b'{"format": 1}'), "missing required field"),
        (_manifest(format=2), "format 2; this version of ninefold reads 1. Update"),
        (_manifest(contract=Contract((), ())), "names no features"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_each_fault_has_its_message(data: bytes, message: str) -> None:
    """What is wrong is named."""
    with pytest.raises(VerificationError, match=message):
        read_payload(data)


def test_golden_rows_that_are_no_json_are_named() -> None:
    """Parts are only read when they are needed, and then checked."""
    bad = b"{'scores': }"
    manifest = read_payload(PAYLOAD).manifest
    parts = {**manifest.parts, "golden.json": sha256(bad)}
    entries = {**unpack(PAYLOAD, "it"), "golden.json": bad}
    entries["manifest.json"] = canonical(msgspec.structs.replace(manifest, parts=parts))
    with pytest.raises(VerificationError, match="list of golden rows cannot be read"):
        _ = read_payload(pack(entries)).golden


@settings(max_examples=200)
@given(st.data())
def test_no_flipped_byte_is_overlooked(data: st.DataObject) -> None:
    """The payload alone, without a signature, already shows damage."""
    at, flip = data.draw(st.integers(0, len(PAYLOAD) - 1)), data.draw(st.integers(1, 255))
    bad = bytearray(PAYLOAD)
    bad[at] ^= flip
    with pytest.raises(VerificationError):
        read_payload(bytes(bad))


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_any_manifest_is_refused_politely(noise: bytes) -> None:
    """Arbitrary bytes as the manifest raise a verification error and nothing else."""
    with pytest.raises(VerificationError):
        read_payload(_with("manifest.json", noise))
