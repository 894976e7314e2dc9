"""The Open Inference Protocol V2 as a client that is not ours speaks it: Triton's."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from ninefold.bundle.golden import make_golden
from ninefold.bundle.manifest import Contract, Feature
from ninefold.bundle.session import Session
from ninefold.testing.bundles import CONTRACT, FEATURES, class_graph, number_graph, small_graph, small_payload
from ninefold.testing.serving import Shop, rows_request
from ninefold.vocabulary.task import AlarmRule

ROWS = np.array([[40.0, 1500.0], [60.0, 1400.0], [51.0, np.nan]], np.float32)
GRAPH = small_graph((0.2, 0.0))
EXPECTED = Session(GRAPH, FEATURES).score_matrix(ROWS)


@pytest.fixture(scope="module")
def client(shop: Shop) -> Iterator[Any]:
    found = triton.InferenceServerClient(shop.host, concurrency=2)
    yield found
    found.close()


@pytest.fixture
def allowed(shop: Shop) -> dict[str, str]:
    return {"Authorization": f"Bearer {shop.token}"}


def matrix(rows: Any = ROWS, datatype: str = "FP32", *, binary: bool) -> Any:
    tensor = triton.InferInput("features", list(rows.shape), datatype)
    tensor.set_data_from_numpy(rows, binary_data=binary)
    return tensor


def test_health_needs_no_token(client: Any) -> None:
    """A load balancer has none."""
    assert client.is_server_live()
    assert client.is_server_ready()


def test_metadata_of_server_and_model(client: Any, allowed: dict[str, str]) -> None:
    """Versions with the highest first, tensors as they are to be sent."""
    assert client.get_server_metadata(headers=allowed)["extensions"] == ["binary_tensor_data", "model_repository"]
    told = client.get_model_metadata("tool-failure", headers=allowed)
    assert (told["name"], told["versions"], told["platform"]) == ("tool-failure", ["2", "1"], "onnxruntime_onnx")
    assert told["inputs"] == [{"name": "features", "datatype": "FP32", "shape": [-1, 2]}]
    assert [o["name"] for o in told["outputs"]] == ["score", "alarm"]
    assert [f["name"] for f in told["parameters"]["features"]] == list(FEATURES)
    assert client.is_model_ready("tool-failure", "1", headers=allowed)
    assert not client.is_model_ready("tool-failure", "3", headers=allowed)
    index = {(m["name"], m["version"], m["state"]) for m in client.get_model_repository_index(headers=allowed)}
    assert index == {("spindle", "10", "READY"), ("tool-failure", "1", "READY"), ("tool-failure", "2", "READY")}


@pytest.mark.job("deployment/server", against="real", what="sockets on loopback")
@pytest.mark.parametrize("binary_in", [True, False], ids=["binary in", "json in"])
@pytest.mark.parametrize("binary_out", [True, False], ids=["binary out", "json out"])
def test_scores_are_those_of_the_session(
    client: Any, allowed: dict[str, str], *, binary_in: bool, binary_out: bool
) -> None:
    """To the last bit of float32, in every form of the wire."""
    rows = ROWS if binary_in else ROWS[:2]  # Triton's client cannot write NaN as JSON
    outputs = [triton.InferRequestedOutput(n, binary_data=binary_out) for n in ("alarm", "score")]
    found = client.infer("tool-failure", [matrix(rows, binary=binary_in)], outputs=outputs, request_id="part 7",
                         headers=allowed)  # fmt: skip
    np.testing.assert_array_equal(found.as_numpy("score"), EXPECTED[: len(rows)].astype(np.float32))
    assert found.as_numpy("alarm").tolist() == [False, True, False][: len(rows)]
    told = found.get_response()
    assert (told["id"], told["model_name"], told["model_version"]) == ("part 7", "tool-failure", "2")
    assert [o["name"] for o in told["outputs"]] == ["alarm", "score"]


def test_a_version_is_asked_by_its_number(client: Any, allowed: dict[str, str]) -> None:
    """Else the highest answers."""
    told = client.infer("tool-failure", [matrix(binary=True)], "1", headers=allowed).get_response()
    assert told["model_version"] == "1"
    with pytest.raises(InferenceServerException, match=r"no version 9 of the model 'tool-failure'\. There are: 2, 1"):
        client.infer("tool-failure", [matrix(binary=True)], "9", headers=allowed)


@pytest.mark.job("deployment/server-client", against="real", what="tritonclient")
def test_a_tensor_for_each_feature(client: Any, allowed: dict[str, str]) -> None:
    """In any order, of any kind of number, `[n]` or `[n, 1]`."""
    speed = triton.InferInput("speed_mean", [3], "INT32")
    speed.set_data_from_numpy(np.array([1500, 1400, 1300], np.int32))
    torque = triton.InferInput("torque_mean", [3, 1], "FP64")
    torque.set_data_from_numpy(np.array([[40.0], [60.0], [51.0]]), binary_data=False)
    found = client.infer("tool-failure", [speed, torque], headers=allowed)
    rows = np.array([[40, 1500], [60, 1400], [51, 1300]], np.float32)
    np.testing.assert_array_equal(found.as_numpy("score"), Session(GRAPH, FEATURES).score_matrix(rows))


def test_requests_in_flight_together(client: Any, allowed: dict[str, str]) -> None:
    """Each gets the answer to its own rows."""
    values = [30.0 + i for i in range(40)]
    asked = [
        client.async_infer("spindle", [matrix(np.array([[v, 1500]], np.float32), binary=True)], headers=allowed)
        for v in values
    ]
    found = [float(a.get_result().as_numpy("score")[0]) for a in asked]
    expected = Session(GRAPH, FEATURES).score_matrix(np.array([[v, 1500] for v in values], np.float32))
    assert found == expected.tolist()


def test_without_a_token_nothing_is_told(client: Any) -> None:
    """Not even what there is."""
    for ask in (client.get_server_metadata, lambda: client.get_model_metadata("tool-failure")):
        with pytest.raises(InferenceServerException, match="carries no token"):
            ask()


def test_unknown_model(client: Any, allowed: dict[str, str]) -> None:
    """The names that there are stand in the message."""
    with pytest.raises(InferenceServerException, match=r"no model called 'nobody'\. There are: spindle, tool-failure"):
        client.infer("nobody", [matrix(binary=True)], headers=allowed)


def test_text_features(own: Shop) -> None:
    """A model that reads categories asks for one tensor a feature, BYTES for text; a value never seen is missing."""
    contract = Contract((), (Feature("variant"), Feature("torque")), {"variant": ("L", "M", "H")})
    graph = small_graph((1.0, 0.5), -20.0)
    session = Session(graph, ("variant", "torque"), {"variant": ("L", "M", "H")})
    payload = small_payload(name="by-variant", onnx=graph, contract=contract, golden=make_golden(session, contract))
    own.put("text", own.made(payload, 1))
    own.start()
    token = f"Bearer {own.token}"
    client = triton.InferenceServerClient(own.host)
    inputs = client.get_model_metadata("by-variant", headers={"Authorization": token})["inputs"]
    assert [(i["name"], i["datatype"]) for i in inputs] == [("variant", "BYTES"), ("torque", "FP32")]
    texts = np.array(["H", "L", "new"], object)
    torque = np.array([40.0, 36.0, 40.0], np.float32)
    for binary in (True, False):
        variant = triton.InferInput("variant", [3], "BYTES")
        variant.set_data_from_numpy(texts, binary_data=binary)
        other = triton.InferInput("torque", [3], "FP32")
        other.set_data_from_numpy(torque, binary_data=binary)
        # a new dictionary each time: the client writes into it
        found = client.infer("by-variant", [variant, other], headers={"Authorization": token}).as_numpy("score")
        np.testing.assert_array_equal(found, session.score({"variant": texts, "torque": torque}).astype(np.float32))
    client.close()


def test_models_of_classes_and_of_numbers(own: Shop) -> None:
    """Of classes the label and all probabilities; an alarm follows the bundle's rule; binary and JSON say the same."""
    classes = ("dull", "good", "wörn")
    contract = msgspec.structs.replace(CONTRACT, classes=classes)
    own.put("kinds", own.made(small_payload(
        "wear", class_graph(), contract=contract, threshold=None, task="multiclass", alarm=AlarmRule(classes=("wörn",))), 1,
    ))  # fmt: skip
    own.put("life", own.made(small_payload(
        "life", number_graph(), threshold=None, task="regression", alarm=AlarmRule("<=", 20.0)), 1))  # fmt: skip
    own.start()
    rows = np.array([[30.0, 1500.0], [44.0, 1500.0], [60.0, 1500.0]], np.float32)
    expected = Session(class_graph(), FEATURES, {}, classes).score_matrix(rows)
    client = triton.InferenceServerClient(own.host)
    token = f"Bearer {own.token}"
    told = client.get_model_metadata("wear", headers={"Authorization": token})
    assert told["outputs"][2:] == [
        {"name": "label", "datatype": "BYTES", "shape": [-1]},
        {"name": "probabilities", "datatype": "FP32", "shape": [-1, 3]},
    ]
    for in_binary in (True, False):
        outputs = [triton.InferRequestedOutput(o["name"], binary_data=in_binary) for o in told["outputs"]]
        found = client.infer("wear", [matrix(rows, binary=True)], outputs=outputs, headers={"Authorization": token})
        labels = [t.decode() if isinstance(t, bytes) else t for t in found.as_numpy("label").tolist()]
        assert labels == [classes[i] for i in expected.argmax(axis=1)]
        assert set(labels) == set(classes)
        np.testing.assert_array_equal(found.as_numpy("probabilities"), expected.astype(np.float32))
        np.testing.assert_array_equal(found.as_numpy("score"), expected.max(axis=1).astype(np.float32))
        assert found.as_numpy("alarm").tolist() == [label == "wörn" for label in labels]
    client.close()
    status, answer = own.infer(rows_request([[30.0, 1500.0], [40.0, 1500.0], [60.0, 1500.0]]), "life")
    assert status == 200
    assert [o["data"] for o in answer["outputs"]] == [[30.0, 20.0, 0.0], [False, True, True]]
    status, answer = own.infer(rows_request([[None, 1500.0]]), "wear")
    assert [o["data"] for o in answer["outputs"]] == [[None], [False], [None], [None] * 3]


def test_missing_values_as_json(shop: Shop) -> None:
    """null goes in as a missing value, and a score that is no number comes out as null, without an alarm."""
    status, told = shop.infer(rows_request([[60.0, None]]))
    assert status == 200
    assert [o["data"] for o in told["outputs"]] == [[None], [False]]


def test_flat_and_nested_data(shop: Shop) -> None:
    """The protocol allows both."""
    flat = {"name": "features", "datatype": "FP32", "shape": [2, 2], "data": [40, 1500, 60, 1400]}
    assert shop.infer({"inputs": [flat]}) == shop.infer(rows_request([[40, 1500], [60, 1400]]))


def test_binary_output_on_demand_for_all(shop: Shop) -> None:
    """`binary_data_output` of the request; the header says where the JSON ends."""
    body = json.dumps(rows_request([[60.0, 1500.0]], parameters={"binary_data_output": True})).encode()
    status, headers, answer = shop.ask("POST", "/v2/models/spindle/infer", body)
    split = int(headers["inference-header-content-length"])
    told = json.loads(answer[:split])
    assert status == 200
    assert [o["parameters"]["binary_data_size"] for o in told["outputs"]] == [4, 1]
    assert np.frombuffer(answer[split : split + 4], "<f4")[0] > 0.5
    assert answer[split + 4 :] == b"\x01"
