"""What a wrong, greedy or slow client gets: the right status, and no more of this process than is its share."""

import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.serving.raw import BODY, Reader, connect, request

from ninefold.testing.serving import Shop, rows_request


def tensor(**changes: Any) -> dict[str, Any]:
    """Return a request with one good matrix, but for the changes."""
    good = {"name": "features", "datatype": "FP32", "shape": [1, 2], "data": [60.0, 1500.0]}
    return {"inputs": [{k: v for k, v in {**good, **changes}.items() if v is not None}]}


TORQUE = {"name": "torque_mean", "datatype": "FP32", "shape": [1], "data": [60.0]}
SPEED = {"name": "speed_mean", "datatype": "FP32", "shape": [1], "data": [1500.0]}


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"", 400, "cannot be read: Input data was truncated"),
        (b"{", 400, "cannot be read: Input data was truncated"),
        (b'{"inputs": [}', 400, "JSON is malformed"),
        (b"[]", 400, "Expected `object`, got `array`"),
        (b"{}", 400, "missing required field `inputs`"),
        (b"\xff\xfe", 400, "cannot be read"),
        (b"[" * 200_000, 400, "cannot be read"),
        (b'{"parameters":' + b'{"a":' * 100_000, 400, "cannot be read"),
        (json.dumps(tensor()).encode() + b"x", 400, "trailing characters"),
        (json.dumps(tensor()).encode().replace(b"60.0", b"NaN"), 400, "JSON is malformed"),
        (json.dumps(tensor()).encode().replace(b"60.0", b"1e999"), 400, "out of range"),
        ({"inputs": []}, 400, "has 0 inputs; 1 to 2 are expected"),
        ({"inputs": [TORQUE] * 3}, 400, "has 3 inputs"),
        ({"inputs": [TORQUE, TORQUE]}, 400, "torque_mean stands twice"),
        ({"inputs": [TORQUE]}, 400, "The input speed_mean of tool-failure is absent"),
        ({"inputs": [TORQUE, {**SPEED, "name": "vibration"}]}, 400, "has no input 'vibration'"),
        ({"inputs": [TORQUE, {**SPEED, "shape": [2], "data": [1, 2]}]}, 400, "have as many rows"),
        ({"inputs": [TORQUE, {**SPEED, "shape": [1, 2], "data": [1, 2]}]}, 400, "the shape [1, 2]; [rows] is expected"),
        ({"inputs": [TORQUE, {**SPEED, "datatype": "BYTES", "data": ["fast"]}]}, 400, "speed_mean is of numbers"),
        ({"inputs": [TORQUE, {**SPEED, "datatype": "INT32"}]}, 400, "speed_mean holds no INT32"),
        ({"inputs": [TORQUE, {**SPEED, "datatype": "UINT8", "data": [256]}]}, 400, "speed_mean holds no UINT8"),
        (tensor(datatype="FP8"), 400, "datatype 'FP8', which is not known here. Use one of: BOOL"),
        (tensor(datatype="INT64", data=[60, 1500]), 400, "features is FP32, found int64"),
        (tensor(datatype="BYTES", data=["a", "b"]), 400, "features is FP32, found text"),
        (tensor(data=["60", "1500"]), 400, "holds no FP32: Expected `float | null`, got `str`"),
        (tensor(data=[True, False]), 400, "holds no FP32"),
        (tensor(data=[60.0, 1e300]), 400, "speed_mean is infinite in row 0, or too large for float32"),
        (tensor(data=None), 400, "has no list of data"),
        (tensor(data={"a": 1}), 400, "has no list of data"),
        (tensor(data=[60.0]), 400, "of shape [1, 2] has not 2 values"),
        (tensor(data=[60.0] * 100), 400, "of shape [1, 2] has not 2 values"),
        (
            tensor(shape=[2, 1]),
            400,
            "has 1 columns, tool-failure reads 2. Send, in this order: torque_mean, speed_mean",
        ),
        (tensor(shape=[2, 2], data=[[1, 2, 3], [4]]), 400, "have not the shape [2, 2]"),
        (tensor(shape=[]), 400, "has the shape []"),
        (tensor(shape=[0, 2], data=[]), 400, "has the shape [0, 2]"),
        (tensor(shape=[-1, 2]), 400, "has the shape [-1, 2]"),
        (tensor(shape=[1, 1, 2]), 400, "has the shape [1, 1, 2]"),
        (tensor(shape=[10**7, 2]), 413, "has 10000000 rows; at most 5000 are taken"),
        (tensor(shape=[5001, 10**12]), 413, "has 5001 rows"),
        (tensor(shape=["1", 2]), 400, "Expected `int`, got `str`"),
        (tensor(parameters={"binary_data_size": 8}), 400, "has both data and binary_data_size"),
        (tensor(data=None, parameters={"binary_data_size": 8}), 400, "binary_data_size 8; 0 bytes are left"),
        ({**tensor(), "outputs": [{"name": "nothing"}]}, 400, "The output nothing is none of tool-failure"),
        ({**tensor(), "outputs": [{"name": "score"}] * 2}, 400, "The output score stands twice"),
        ({**tensor(), "outputs": [{"name": "score", "parameters": {"classification": 3}}]}, 400, "classification"),
        ({**tensor(), "id": 7}, 400, "Expected `str`, got `int`"),
    ],
    ids=lambda v: (
        v.decode("latin-1")[:30] if isinstance(v, bytes) else json.dumps(v)[:60] if isinstance(v, dict) else None
    ),
)
def test_each_wrong_request_has_its_answer(shop: Shop, body: Any, status: int, message: str) -> None:
    """The protocol's error body, with what was found and what is expected."""
    found, told = shop.infer(body)
    assert (found, list(told)) == (status, ["error"])
    assert message in told["error"]


def binary(head: dict[str, Any], data: bytes, shop: Shop, split: str | None = None) -> tuple[int, dict[str, Any]]:
    """Return the answer to a request with binary tensors."""
    text = json.dumps(head).encode()
    headers = {"Authorization": f"Bearer {shop.token}",
               "Inference-Header-Content-Length": str(len(text)) if split is None else split}  # fmt: skip
    status, _, body = shop.ask("POST", "/v2/models/tool-failure/infer", text + data, headers)
    return status, json.loads(body)


@pytest.mark.parametrize(
    ("size", "data", "split", "message"),
    [
        (8, bytes(7), None, "binary_data_size 8; 7 bytes are left for it"),
        (8, bytes(9), None, "has 1 bytes that belong to no input"),
        (4, bytes(4), None, "8 bytes are expected, found 4"),
        (-8, bytes(8), None, "binary_data_size -8"),
        (8, bytes(8), "0", "Inference-Header-Content-Length is 0"),
        (8, bytes(8), "999999", "Inference-Header-Content-Length is 999999, the body has"),
        (8, bytes(8), "-5", "Inference-Header-Content-Length is -1"),
        (8, bytes(8), "five", "Inference-Header-Content-Length is -1"),
        (8, bytes(8), "9" * 40, "Inference-Header-Content-Length is -1"),
        (8, bytes(8), "10", "cannot be read"),
        (8, np.array([60, np.inf], "<f4").tobytes(), None, "speed_mean is infinite in row 0"),
    ],
)
def test_wrong_binary_tensors(shop: Shop, size: int, data: bytes, split: str | None, message: str) -> None:
    """Sizes that do not fit are told with both numbers."""
    status, told = binary(tensor(data=None, parameters={"binary_data_size": size}), data, shop, split)
    assert status == 400
    assert message in told["error"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x05\0\0\0ab", "ends inside its text 0"),
        (b"\x01\0\0", "too few for 1 texts"),
        (b"\x01\0\0\0ab", "has 1 bytes after its last text"),
        (b"\x01\0\0\0\xff", "is not UTF-8"),
        (b"\xff\xff\xff\xffa", "ends inside its text 0"),
    ],
)
def test_wrong_texts(shop: Shop, data: bytes, message: str) -> None:
    """Lengths that lead nowhere."""
    head = {"inputs": [{"name": "torque_mean", "datatype": "BYTES", "shape": [1],
                        "parameters": {"binary_data_size": len(data)}}]}  # fmt: skip
    status, told = binary(head, data, shop)
    assert status == 400
    assert message in told["error"]


def test_ten_million_rows(shop: Shop) -> None:
    """Announced they are refused before they are sent; in chunks as soon as they are too many; memory stays."""
    before = shop.memory_mb()
    for _ in range(3):
        with connect(shop) as connection:
            connection.sendall(request(shop, body=b"", fields=(f"Content-Length: {10**7 * 8}",), length=False))
            assert Reader(connection).answer()[0] == 413
        with connect(shop) as connection:
            connection.sendall(request(shop, body=b"", fields=("Transfer-Encoding: chunked",), length=False))
            chunk = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
            for _ in range(8):
                connection.sendall(chunk)
            assert Reader(connection).answer()[0] == 413
    assert shop.memory_mb() - before < 12


def test_json_that_would_grow(shop: Shop) -> None:
    """A million numbers under a shape of two are not even made."""
    before = shop.memory_mb()
    body = json.dumps(tensor()).encode().replace(b"60.0, 1500.0", b"0," * 900_000 + b"0")
    for _ in range(3):
        status, told = shop.infer(body)
        assert status == 400
        assert "has not 2 values" in told["error"]
    assert shop.memory_mb() - before < 20


def test_as_many_bodies_as_there_is_room_for(own: Shop) -> None:
    """Those beyond are told to come again; the room is given back, also by clients that left."""
    own.start("--body-mib", "16")
    part = bytes(15 << 20)
    connections = []
    refused = 0
    for _ in range(10):  # 150 MiB announced and sent but for the last MiB; 128 are held
        connection = connect(own)
        connection.sendall(request(own, body=b"", fields=(f"Content-Length: {16 << 20}",), length=False))
        try:
            connection.sendall(part)
        except OSError:
            refused += 1
        connections.append(connection)
    statuses = [Reader(c).answer()[0] for c in connections[8:]]
    assert statuses == [503, 503]
    assert own.memory_mb() < 330
    for connection in connections:
        connection.close()
    wait_for(lambda: own.metric("buffered_bytes") == 0)
    assert own.infer(BODY)[0] == 200


def wait_for(met: Any, seconds: float = 15.0) -> None:
    """Return once another process did something; it tells nobody."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_slow_clients_are_ended_and_others_served(own: Shop) -> None:
    """A head that does not end, a body that does not come, an idle one: 408, 408, closed; meanwhile all go on."""
    own.start("--slowest", "1")
    slow = [connect(own) for _ in range(3)]
    slow[0].sendall(b"GET /v2 HTTP/1.1\r\nHost: a\r\n")
    slow[1].sendall(request(own)[:-10])
    slow[2].sendall(request(own))
    assert Reader(slow[2]).answer()[0] == 200
    begun = time.monotonic()
    dripping = True
    while dripping and time.monotonic() - begun < 10:
        assert own.infer(BODY)[0] == 200
        try:
            slow[0].sendall(b"X: 1\r\n")  # each byte comes in time, the head does not
        except OSError:
            dripping = False
        time.sleep(0.1)
        dripping = dripping and not _readable(slow[0])
    assert time.monotonic() - begun < 5
    assert [Reader(s).answer()[0] for s in slow[:2]] == [408, 408]
    assert slow[2].recv(10) == b""
    for connection in slow:
        connection.close()


def _readable(connection: socket.socket) -> bool:
    connection.settimeout(0)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(20)


def test_a_client_that_does_not_read(own: Shop) -> None:
    """Its requests are not read either: what it holds stays small, and its time ends."""
    own.start("--slowest", "1")
    before = own.memory_mb()
    with connect(own) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(8)
        sent = request(own, "GET", "/metrics", b"") * 200
        with pytest.raises(OSError, match=r"reset|Broken pipe|timed out"):
            connection.sendall(sent * 4000)  # 800,000 answers of 3 kB
        assert own.memory_mb() - before < 15
    assert own.infer(BODY)[0] == 200


def test_a_thousand_connections(own: Shop) -> None:
    """All open at once and each asks twice; one beyond the limit is told so, and there is room again afterwards."""
    own.start("--connections", "1000")
    before = own.memory_mb()
    connections = [connect(own) for _ in range(1000)]
    for _ in range(2):
        for connection in connections:
            connection.sendall(request(own))
        assert {Reader(c).answer()[0] for c in connections} == {200}
    with connect(own) as extra:
        extra.sendall(request(own))
        assert Reader(extra).answer()[0] == 503
    assert own.memory_mb() - before < 30
    for connection in connections:
        connection.close()
    wait_for(lambda: own.try_infer(BODY) == 200)
    assert own.metric("connections_refused_total") >= 1


def test_a_client_that_leaves_while_it_is_served(own: Shop) -> None:
    """Its answer goes nowhere, and nothing stays behind."""
    own.start()
    rows = np.full((40_000, 2), 50, "<f4")
    head = json.dumps(tensor(shape=[40_000, 2], data=None, parameters={"binary_data_size": rows.nbytes})).encode()
    field = f"Inference-Header-Content-Length: {len(head)}"
    for _ in range(20):
        with connect(own) as connection:
            connection.sendall(request(own, body=head + rows.tobytes(), fields=(field,)))
    wait_for(lambda: own.metric("buffered_bytes") == 0 and own.metric("connections") == 1)
    assert own.infer(BODY)[0] == 200


def test_large_requests_do_not_hold_up_small_ones(own: Shop) -> None:
    """They run in threads: health is told meanwhile."""
    own.start("--rows", "1000000", "--body-mib", "64")
    rows = np.full((1_000_000, 2), 50, "<f4")
    head = json.dumps(tensor(shape=[1_000_000, 2], data=None, parameters={"binary_data_size": rows.nbytes})).encode()
    done: list[int] = []

    def large() -> None:
        headers = {"Authorization": f"Bearer {own.token}", "Inference-Header-Content-Length": str(len(head))}
        done.append(own.ask("POST", "/v2/models/tool-failure/infer", head + rows.tobytes(), headers)[0])

    thread = threading.Thread(target=large)
    thread.start()
    worst, asked = 0.0, 0
    while thread.is_alive():
        begun = time.monotonic()
        assert own.ask("GET", "/v2/health/live", headers={})[0] == 200
        worst, asked = max(worst, time.monotonic() - begun), asked + 1
    thread.join()
    assert done == [200]
    assert asked > 1
    assert worst < 1.0


def test_requests_of_many_rows_are_the_same_as_of_few(shop: Shop) -> None:
    """In the thread and in the loop."""
    rows = [[30.0 + i / 100, 1500.0] for i in range(4000)]
    _, all_at_once = shop.infer(rows_request(rows))
    _, few = shop.infer(rows_request(rows[1000:1010]))
    assert all_at_once["outputs"][0]["data"][1000:1010] == few["outputs"][0]["data"]


def test_nothing_of_a_secret_is_written(own: Shop, tmp_path: Path) -> None:
    """Neither the token nor what was sent stands in the log or in the metrics."""
    own.start()
    own.ask("GET", "/v2/models", headers={"Authorization": "Bearer wrong-wrong-wrong-wrong"})
    own.infer(rows_request([[61.125, 1500.0]]))
    _, _, metrics = own.ask("GET", "/metrics")
    own.stop()
    for text in (own.said, metrics.decode(), own.tokens.read_text()):
        assert own.token not in text
        assert "wrong-wrong" not in text
        assert "61.125" not in text
