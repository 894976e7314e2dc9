"""HTTP/1.1 as its standard has it, over raw sockets: order, framing, versions, expectations, limits, endings."""

import http.client
import json
import socket
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.serving.raw import BODY, Reader, connect, request

from ninefold.testing.serving import Shop


def test_pipelined_requests_are_answered_in_order(shop: Shop) -> None:
    """Small and large ones mixed: the large run in a thread, and what came behind them waits."""
    rows = [[40.0, 1500.0]] * 3000
    large = json.dumps({"id": "large", "inputs": [
        {"name": "features", "datatype": "FP32", "shape": [3000, 2], "data": rows}]}).encode()  # fmt: skip
    sent = b""
    for number in range(12):
        body = large.replace(b'"large"', f'"{number}"'.encode()) if number % 3 == 0 else (
            b'{"id":"%d",' % number + BODY[1:])  # fmt: skip
        sent += request(shop, body=body)
    with connect(shop) as connection:
        connection.sendall(sent)
        reader = Reader(connection)
        found = [reader.told() for _ in range(12)]
    assert [status for status, _ in found] == [200] * 12
    assert [told["id"] for _, told in found] == [str(n) for n in range(12)]


def test_a_long_row_of_small_requests(shop: Shop) -> None:
    """Reads begin and end inside heads; none is taken for a part of one long head."""
    count = 3000
    with connect(shop) as connection:
        sender = threading.Thread(target=connection.sendall, args=(request(shop, "GET", "/v2", b"") * count,))
        sender.start()
        reader = Reader(connection)
        assert {reader.answer()[0] for _ in range(count)} == {200}
        sender.join()


def test_a_request_in_single_bytes(shop: Shop) -> None:
    """However it is cut."""
    with connect(shop) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request(shop):
            connection.send(bytes([byte]))
        assert Reader(connection).answer()[0] == 200


@pytest.mark.parametrize("cut", [1, 7, 1000])
def test_chunked_bodies(shop: Shop, cut: int) -> None:
    """With extensions and trailers, and the next request behind them."""
    chunks = [BODY[i : i + cut] for i in range(0, len(BODY), cut)]
    body = b"".join(b"%x;note=1\r\n%b\r\n" % (len(c), c) for c in chunks) + b"0\r\nDigest: x\r\n\r\n"
    sent = request(shop, body=body, fields=("Transfer-Encoding: chunked",), length=False)
    with connect(shop) as connection:
        connection.sendall(sent + sent)
        reader = Reader(connection)
        assert [reader.answer()[0] for _ in range(2)] == [200, 200]


def test_http_1_0_closes_unless_asked_to_stay(shop: Shop) -> None:
    """And needs no Host."""
    with connect(shop) as connection:
        connection.sendall(b"GET /v2/health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        reader = Reader(connection)
        status, fields, _ = reader.answer()
        assert (status, fields["connection"]) == (200, "keep-alive")
        connection.sendall(b"GET /v2/health/live HTTP/1.0\r\n\r\n")
        status, fields, _ = reader.answer()
        assert (status, fields["connection"]) == (200, "close")
        assert reader.rest() == b""


def test_http_1_1_stays_unless_asked_to_close(shop: Shop) -> None:
    """What comes behind the last request is not read."""
    with connect(shop) as connection:
        connection.sendall(request(shop) + request(shop, fields=("Connection: close",)) + request(shop))
        reader = Reader(connection)
        assert "connection" not in reader.answer()[1]
        assert reader.answer()[1]["connection"] == "close"
        assert reader.rest() == b""


def test_expect_100_continue(shop: Shop) -> None:
    """The client is told to go on, after what it asked before; a refused one is told why instead."""
    head = request(shop, body=b"", fields=("Expect: 100-continue", f"Content-Length: {len(BODY)}"), length=False)
    with connect(shop) as connection:
        connection.sendall(request(shop) + head)
        reader = Reader(connection)
        assert reader.answer()[0] == 200
        assert reader.answer()[0] == 100
        connection.sendall(BODY)
        assert reader.answer()[0] == 200
        connection.sendall(head.replace(b"infer", b"nothing"))
        assert reader.answer()[0] == 404
        assert reader.rest() == b""
    with connect(shop) as connection:
        connection.sendall(head.replace(b"100-continue", b"a miracle"))
        assert Reader(connection).answer()[0] == 417


def test_head_has_the_fields_of_get_and_no_body(shop: Shop) -> None:
    """On every path that is read."""
    for path in ("/v2", "/v2/health/live", "/v2/health/ready", "/v2/models", "/v2/models/tool-failure", "/metrics"):
        with connect(shop) as connection:
            connection.sendall(request(shop, "HEAD", path, b"") + request(shop, "GET", path, b""))
            reader = Reader(connection)
            head, got = reader.answer(head_only=True), reader.answer()
            assert head[0] == got[0] == 200
            assert head[1]["content-type"] == got[1]["content-type"]
            if path != "/metrics":
                assert head[1]["content-length"] == str(len(got[2]))


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/", 404, None),
        ("GET", "/v1/models", 404, None),
        ("GET", "/v2/models/nobody", 404, None),
        ("GET", "/v2/models/tool-failure/versions/77", 404, None),
        ("GET", "/v2/models/tool-failure/versions", 404, None),
        ("GET", "/v2/models/tool-failure/config/x", 404, None),
        ("GET", "/v2/models//infer", 404, None),
        ("GET", "/v2/models/%ff", 404, None),
        ("GET", "/v2/models/../../etc/passwd", 404, None),
        ("GET", "/v2/models/tool-failure/infer", 405, "POST"),
        ("DELETE", "/v2/models/tool-failure", 405, "GET, HEAD"),
        ("POST", "/v2/health/live", 405, "GET, HEAD"),
        ("GET", "/v2/models/tool%2Dfailure/ready?x=1", 200, None),
        ("GET", "http://here/v2/models", 200, None),
    ],
)
def test_paths_and_methods(shop: Shop, method: str, path: str, status: int, allow: str | None) -> None:
    """What is not there is 404, what is there and not for this method 405; always with the protocol's error body."""
    with connect(shop) as connection:
        connection.sendall(request(shop, method, path, b""))
        found, fields, body = Reader(connection).answer()
    assert (found, fields.get("allow")) == (status, allow)
    assert fields["content-type"] == "application/json"
    assert status == 200 or list(json.loads(body)) == ["error"]


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET /v2 HTTP/1.1\r\n\r\n",  # no Host
        b"GET /v2 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /v2 HTTP/1.1\r\nHost: a\r\nbad field\r\n\r\n",
        b"POST /v2 HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /v2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /v2 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v2 HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    ],
)
def test_what_is_not_http(shop: Shop, sent: bytes) -> None:
    """400 with a reason, and the connection ends."""
    with connect(shop) as connection:
        connection.sendall(sent)
        reader = Reader(connection)
        status, told = reader.told()
        assert (status, list(told)) == (400, ["error"])
        assert reader.rest() == b""


def test_a_bad_chunk_ends_the_connection(shop: Shop) -> None:
    """What was asked before it is answered."""
    bad = request(shop, body=b"zz\r\n", fields=("Transfer-Encoding: chunked",), length=False)
    with connect(shop) as connection:
        connection.sendall(request(shop) + bad)
        reader = Reader(connection)
        assert [reader.answer()[0] for _ in range(2)] == [200, 400]
        assert reader.rest() == b""


def test_long_heads(shop: Shop) -> None:
    """A long target, a long field, many fields, a field without end: 431."""
    cases = (
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /v2 HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET /v2 HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * 200 + b"\r\n",
    )
    for sent in cases:
        with connect(shop) as connection:
            connection.sendall(sent)
            assert Reader(connection).answer()[0] == 431
    with connect(shop) as connection:
        connection.sendall(b"GET /v2 HTTP/1.1\r\nHost: a\r\nX: ")
        for _ in range(100):
            connection.sendall(b"a" * 4096)
        assert Reader(connection).answer()[0] == 431


def test_a_body_beyond_the_limit(shop: Shop) -> None:
    """413 before it is sent when it is announced, and as soon as it is too long when it is not."""
    with connect(shop) as connection:
        connection.sendall(request(shop, body=b"", fields=(f"Content-Length: {10**12}",), length=False))
        reader = Reader(connection)
        status, told = reader.told()
        assert (status, told["error"]) == (413, "The body of a request has at most 2097152 bytes here.")
        assert reader.rest() == b""
    with connect(shop) as connection:
        connection.sendall(request(shop, body=b"", fields=("Transfer-Encoding: chunked",), length=False))
        chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
        for _ in range(40):
            connection.sendall(chunk)
        assert Reader(connection).answer()[0] == 413


def test_a_client_of_a_library_reads_why(shop: Shop) -> None:
    """It sends 8 MB before it looks: the answer is still there."""
    connection = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=60)
    connection.request(
        "POST", "/v2/models/tool-failure/infer", bytes(8 << 20), {"Authorization": f"Bearer {shop.token}"}
    )
    assert connection.getresponse().status == 413
    connection.close()


def test_a_half_closed_socket_gets_its_answers(shop: Shop) -> None:
    """All that was asked before; half a request is told to be half."""
    with connect(shop) as connection:
        connection.sendall(request(shop) * 3)
        connection.shutdown(socket.SHUT_WR)
        reader = Reader(connection)
        assert [reader.answer()[0] for _ in range(3)] == [200] * 3
        assert reader.rest() == b""
    with connect(shop) as connection:
        connection.sendall(request(shop) + request(shop)[:-5])
        connection.shutdown(socket.SHUT_WR)
        reader = Reader(connection)
        assert reader.answer()[0] == 200
        assert reader.told() == (400, {"error": "The connection ended inside a request."})
        assert reader.rest() == b""


def test_encodings_are_not_known(shop: Shop) -> None:
    """A compressed body could grow without bound."""
    with connect(shop) as connection:
        connection.sendall(request(shop, fields=("Content-Encoding: gzip",)))
        assert Reader(connection).answer()[0] == 415


def test_an_upgrade_is_answered_as_plain(shop: Shop) -> None:
    """To HTTP/2 or a web socket nothing leads."""
    with connect(shop) as connection:
        connection.sendall(request(shop, "GET", "/v2", b"", fields=("Connection: Upgrade", "Upgrade: h2c")))
        reader = Reader(connection)
        assert reader.answer()[0] == 200
        assert reader.rest() == b""


def test_a_refusal_keeps_the_connection(shop: Shop) -> None:
    """Its body is read over, and the next request is answered."""
    with connect(shop) as connection:
        connection.sendall(request(shop, path="/v2/models/nobody/infer") + request(shop))
        reader = Reader(connection)
        assert [reader.answer()[0] for _ in range(2)] == [404, 200]


@settings(max_examples=60)
@given(st.lists(st.integers(1, 400), max_size=12), st.binary(max_size=40))
def test_any_cut_and_any_noise(shop: Shop, cuts: list[int], noise: bytes) -> None:
    """Two requests in any pieces are answered; whatever follows them ends in an answer or a close, never in silence."""
    sent, pieces = request(shop) * 2, []
    for cut in cuts:
        pieces.append(sent[:cut])
        sent = sent[cut:]
    with connect(shop) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (*pieces, sent):
            connection.sendall(piece)
        reader = Reader(connection)
        assert [reader.answer()[0] for _ in range(2)] == [200, 200]
        connection.sendall(noise)
        connection.shutdown(socket.SHUT_WR)
        begun = time.monotonic()
        assert reader.rest()[:13] in {b"", b"HTTP/1.1 400 "}
        assert time.monotonic() - begun < 5
