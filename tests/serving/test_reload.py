"""Files that change under a server at work: no request is lost, nothing broken ever serves, also after a kill."""

import http.client
import json
import signal
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from tests.serving.raw import BODY, Reader, connect, request

from ninefold.bundle.session import Session
from ninefold.bundle.verification import verify_file
from ninefold.kernel.errors import Unreachable
from ninefold.kernel.signing import SigningKey
from ninefold.serving.tokens import add_token
from ninefold.testing.bundles import FEATURES, small_graph, small_payload
from ninefold.testing.serving import Shop, rows_request

GRAPHS = {1: small_graph((0.2, 0.0)), 2: small_graph((0.21, 0.0)), 3: small_graph((0.22, 0.0))}
ROW = [[51.0, 1500.0]]


def score(version: int) -> float:
    """Return what a version gives for the row."""
    return float(Session(GRAPHS[version], FEATURES).score_matrix(np.array(ROW, np.float32))[0])


SCORES = {score(v): str(v) for v in GRAPHS}


def files(shop: Shop) -> dict[int, bytes]:
    """Return a bundle file of each version."""
    return {v: shop.made(small_payload(onnx=graph), v) for v, graph in GRAPHS.items()}


def until(met: Callable[[], bool], seconds: float = 15.0) -> None:
    """Return once the server did something; it tells nobody."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end
        time.sleep(0.01)


class Load:
    """Clients that ask without a pause; every answer must be that of one version, whole."""

    def __init__(self, shop: Shop, clients: int = 4) -> None:
        self.shop, self.seen, self.lost, self.over = shop, dict[str, int](), list[str](), False
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.shop.port, timeout=60)
        try:
            while not self.over and self._once(connection):
                pass
        except (OSError, http.client.HTTPException, KeyError, AssertionError) as error:
            self.lost.append(repr(error))
        finally:
            connection.close()

    def _once(self, connection: http.client.HTTPConnection) -> bool:
        """Ask once and return whether the server goes on; a client that is told `close` asks another server."""
        body = json.dumps(rows_request(ROW)).encode()
        headers = {"Authorization": f"Bearer {self.shop.token}"}
        connection.request("POST", "/v2/models/tool-failure/infer", body, headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        version = told["model_version"]
        assert answer.status == 200
        assert SCORES[told["outputs"][0]["data"][0]] == version
        self.seen[version] = self.seen.get(version, 0) + 1
        return answer.getheader("connection") != "close"

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.over = True
        for thread in self._threads:
            thread.join()


def version_of(shop: Shop) -> str:
    """Return which version answers."""
    status, told = shop.infer(rows_request(ROW))
    return str(told.get("model_version", status))


@pytest.mark.job("deployment/server-reload", against="real", what="processes and sockets on loopback")
def test_a_bundle_is_replaced_under_load(own: Shop) -> None:
    """To and fro twenty times: no request is lost, and each is answered by one version as a whole."""
    made = files(own)
    own.put("model", made[1])
    own.start()
    with Load(own) as load:
        for turn in range(20):
            version = turn % 3 + 1
            own.put("model", made[version])
            until(lambda v=str(version): version_of(own) == v or bool(load.lost))
    assert load.lost == []
    assert set(load.seen) == {"1", "2", "3"}
    assert own.memory_mb() < 200


def test_a_file_written_in_place_or_spoilt_changes_nothing(own: Shop) -> None:
    """While it is half there the old bundle serves; then the new one; a foreign or altered one never does."""
    made = files(own)
    path = own.put("model", made[1])
    own.start()
    with Load(own, 2) as load:
        with path.open("wb") as stream:
            stream.write(made[2][: len(made[2]) // 2])
            stream.flush()
            until(lambda: own.refused() == [str(path)])
            assert version_of(own) == "1"
            stream.write(made[2][len(made[2]) // 2 :])
        until(lambda: version_of(own) == "2")
        assert own.refused() == []
        own.put("model", made[3].replace(b"Sigmoid", b"SigmoiD"))
        until(lambda: own.refused() == [str(path)])
        own.put("model", own.made(small_payload(onnx=GRAPHS[3]), 3, SigningKey.new()))
        until(lambda: "Nobody who is trusted here signed" in own.said)
        assert version_of(own) == "2"
    assert load.lost == []
    assert set(load.seen) == {"1", "2"}


def test_versions_come_and_go(own: Shop) -> None:
    """The highest answers; a file that is taken away takes its version with it."""
    made = files(own)
    own.put("model", made[1])
    own.start()
    path = own.put("next", made[3])
    until(lambda: version_of(own) == "3")
    assert own.ask("POST", "/v2/models/tool-failure/versions/1/infer", BODY)[0] == 200
    path.unlink()
    until(lambda: version_of(own) == "1")
    (own.bundles / "model.9fb").unlink()
    until(lambda: own.infer(BODY)[0] == 404)
    assert own.ask("GET", "/v2/health/live")[0] == 200


def test_a_revoked_bundle_is_refused_at_once(own: Shop) -> None:
    """By the digest of its payload: 403 with the reason; another version of the model goes on."""
    made = files(own)
    own.put("model", made[1])
    path = own.put("new", made[2])
    own.start()
    report = verify_file(path, [own.key.public])
    assert version_of(own) == "2"
    own.revoke(f"{report.payload} wrong labels in week 7")
    until(lambda: version_of(own) == "1")
    status, _, body = own.ask("POST", "/v2/models/tool-failure/versions/2/infer", BODY)
    assert (status, json.loads(body)["error"]) == (403, "tool-failure version 2 was revoked: wrong labels in week 7.")
    assert own.ask("GET", "/v2/models/tool-failure/versions/2/ready")[0] == 403
    first = verify_file(own.bundles / "model.9fb", [own.key.public])
    own.revoke(f"{report.payload}\n{first.approvals[0]} the approver left")
    until(lambda: version_of(own) == "403")
    states = {m["version"]: m["state"] for m in json.loads(own.ask("POST", "/v2/repository/index")[2])}
    assert states == {"1": "UNAVAILABLE", "2": "UNAVAILABLE"}
    own.stop()
    with pytest.raises(Unreachable, match="No bundle can be served"):
        own.start()


def test_a_list_that_cannot_be_read_changes_nothing(own: Shop) -> None:
    """What was revoked stays so; the line is told in the log. Without the list the server does not start."""
    made = files(own)
    own.put("model", made[1])
    own.start()
    own.revoke("not a digest")
    until(lambda: "Expected a digest of 64 lower-case hexadecimal digits" in own.said)
    assert version_of(own) == "1"
    own.stop()
    own.revoked.unlink()
    with pytest.raises(Unreachable, match="list of what is revoked"):
        own.start()


def test_a_key_that_is_no_longer_trusted(own: Shop) -> None:
    """Its bundles go with it, though their files did not change; those of another signer stay."""
    second = SigningKey.new()
    own.put("model", files(own)[1])
    own.put("other", own.made(small_payload("spindle"), 4, second))
    second.public.write(own.keys / "second.pub")
    own.start()
    assert own.infer(BODY, "spindle")[0] == 200
    (own.keys / "maker.pub").unlink()
    until(lambda: own.infer(BODY)[0] == 404)
    assert own.infer(BODY, "spindle")[0] == 200


def test_a_hangup_verifies_all_anew_and_reads_the_tokens(own: Shop) -> None:
    """Without losing what is served; a token whose line is gone is refused, a new one goes."""
    own.start("--poll", "3600")
    second = add_token(own.tokens, "line-2")
    lines = own.tokens.read_text().splitlines()
    own.tokens.write_text("\n".join(line for line in lines if not line.startswith("line-1")) + "\n")
    assert own.infer(BODY)[0] == 200
    assert own.process is not None
    own.process.send_signal(signal.SIGHUP)
    until(lambda: own.try_infer(BODY) == 401)
    own.token = second
    assert own.infer(BODY)[0] == 200


def test_one_version_twice(own: Shop) -> None:
    """Two files with the same name and version but another payload: the first by name serves, the other is told."""
    first = own.put("a", own.made(small_payload(onnx=GRAPHS[1]), 1))
    second = own.put("b", own.made(small_payload(onnx=GRAPHS[2]), 1))
    (own.bundles / "model.9fb").unlink()
    own.start()
    assert SCORES[own.infer(rows_request(ROW))[1]["outputs"][0]["data"][0]] == "1"
    assert own.refused() == [str(second)]
    first.unlink()
    until(lambda: own.refused() == [])
    assert SCORES[own.infer(rows_request(ROW))[1]["outputs"][0]["data"][0]] == "2"


def test_no_request_is_lost_when_it_ends(own: Shop) -> None:
    """SIGTERM: not ready, what was asked is answered with `connection: close`, then it ends with code 0."""
    own.put("model", files(own)[1])
    own.start()
    waiting = connect(own)
    waiting.sendall(request(own)[:-10])  # the rest comes after the signal
    idle = connect(own)
    idle.sendall(request(own))
    assert Reader(idle).answer()[0] == 200
    assert own.process is not None
    with Load(own, 2) as load:
        until(lambda: load.seen.get("1", 0) > 2)
        own.process.terminate()
        until(lambda: own.try_ready() == 503)
        waiting.sendall(request(own)[-10:])
        status, fields, _ = Reader(waiting).answer()
        assert (status, fields["connection"]) == (200, "close")
        assert idle.recv(10) == b""
        assert own.stop() == 0
    assert load.lost == []
    assert set(load.seen) == {"1"}
    waiting.close()
    idle.close()
