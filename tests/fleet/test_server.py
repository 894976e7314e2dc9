"""The service over a real socket: what is wrong is refused with one error body, and sizes are bounded."""

import hashlib
import http.client
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ninefold.edge.centre import Centre
from ninefold.edge.queue import Batch, Queue
from ninefold.edge.uplink import exchange
from ninefold.fleet.serve import serve
from ninefold.kernel.errors import AccessDenied, InvalidInput, Refused, Unreachable
from ninefold.kernel.parcel import MAX_PARCEL
from ninefold.kernel.records import Draft, encode
from ninefold.testing.fleet import FleetProcess
from ninefold.vocabulary.desired import BundleRef, Desired, Published, Stage, Until, reference_of
from ninefold.vocabulary.quantity import Duration, Share

STAGES = (Stage("shadow", Until(20, Duration(60))), Stage("canary", share=Share(0.5)))


def ask(fleet: FleetProcess, method: str, path: str, body: bytes = b"", credential: str = "") -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", fleet.port, timeout=60)
    headers = {"Authorization": f"Bearer {credential}"} if credential else {}
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    data = response.read()
    connection.close()
    if response.status >= 400:
        assert response.headers["content-type"].startswith("application/problem+json"), data
        problem = json.loads(data)
        assert set(problem) == {"type", "status", "detail", "hint"}
        assert problem["status"] == response.status
        return response.status, problem["detail"]
    return response.status, data


@pytest.mark.job("deployment/uplink", against="real", what="server, loopback")
def test_enrolment_uplink_desired_and_download_over_a_socket(tmp_path: Path, fleet: FleetProcess) -> None:
    """The whole conversation of an agent."""
    blob = b"a bundle" * 10_000
    with fleet.service() as service:
        token = service.registry.invite("gateway-1")
        digest = service.blobs.put(blob)
        wanted = Desired("edge:gateway-1", "cell", "tool-failure", BundleRef("p" * 64, digest, len(blob)), STAGES)
        [id] = service.store.put([Draft("desired@1", encode("desired@1", wanted), "s@1", "a", 1)])
        published = Published(id, "k" * 64, digest, len(blob))
        name = reference_of("edge:gateway-1")
        service.store.set_reference(name, msgspec.json.encode(published).decode(), None)
    fleet.start()
    with Centre(fleet.url) as stranger:
        credential = stranger.enrol("gateway-1", token)
    centre = Centre(fleet.url, credential=credential)
    with Queue(tmp_path / "agent.db", "gateway-1") as queue:
        queue.commit([Batch("raw", b"x", 1, 1, 1)])
        assert exchange(queue, centre).deleted == 1
        assert exchange(queue, centre).entries == 0
    document = centre.desired()
    assert document is not None
    assert (document.desired, document.record) == (wanted, id)
    centre.download(digest, tmp_path / "bundle")
    assert hashlib.sha256((tmp_path / "bundle").read_bytes()).hexdigest() == digest
    with pytest.raises(Refused, match="not what gateway-1 is to run"):
        centre.download("0" * 64, tmp_path / "other")
    centre.close()


def test_a_wrong_token_and_a_wrong_credential_are_refused(fleet: FleetProcess) -> None:
    """And nothing of them stands in the answer."""
    with fleet.service() as service:
        service.registry.invite("gateway-1")
    fleet.start()
    with Centre(fleet.url) as centre, pytest.raises(AccessDenied, match="does not enrol"):
        centre.enrol("gateway-1", "a-wrong-token-of-some-length")
    with Centre(fleet.url, credential="c" * 43) as centre, pytest.raises(AccessDenied, match="no enrolled device"):
        centre.desired()
    with Centre(fleet.url) as centre, pytest.raises(AccessDenied, match="no credential"):
        centre.desired()


def test_bodies_that_are_too_large_or_malformed_are_refused(fleet: FleetProcess) -> None:
    """Also when no length is announced; the service goes on."""
    credential = fleet.enrol("gateway-1")
    fleet.start()
    large = bytes(MAX_PARCEL + 1)
    assert ask(fleet, "POST", "/v1/uplink", large, credential)[0] == 413
    connection = http.client.HTTPConnection("127.0.0.1", fleet.port, timeout=60)
    headers = {"Authorization": f"Bearer {credential}"}
    connection.request("POST", "/v1/uplink", iter([large[:4_000_000]] * 3), headers, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
    assert ask(fleet, "POST", "/v1/enrol", b"{" + b" " * 5000 + b"}")[0] == 413
    assert ask(fleet, "POST", "/v1/enrol", b'{"device": 3}')[0] == 400
    assert ask(fleet, "POST", "/v1/uplink", b"no parcel", credential)[0] == 400
    assert ask(fleet, "GET", "/v1/nothing")[0] == 404
    assert ask(fleet, "GET", "/v1/desired", b"", credential)[0] == 204


def test_beyond_loopback_it_listens_only_when_declared(tmp_path: Path) -> None:
    """And the agent sends nothing in clear beyond loopback."""
    with pytest.raises(Refused, match="would listen on"):
        serve(tmp_path, "0.0.0.0")  # noqa: S104 - refused is what is tested
    with pytest.raises(InvalidInput, match="without encryption"):
        Centre("http://centre.plant:9440")
    with pytest.raises(InvalidInput, match="no address"):
        Centre("ftp://centre.plant")


def test_an_absent_centre_is_unreachable_and_nothing_is_deleted(tmp_path: Path, fleet: FleetProcess) -> None:
    """The port is closed."""
    with Queue(tmp_path / "agent.db", "gateway-1") as queue:
        queue.commit([Batch("raw", b"x", 1, 1, 1)])
        with Centre(fleet.url, credential="c" * 43) as centre, pytest.raises(Unreachable, match="does not answer"):
            exchange(queue, centre)
        assert len(queue.pending()) == 1


def test_a_foreign_origin_is_refused_over_the_socket(tmp_path: Path, fleet: FleetProcess) -> None:
    """403, not a failure of the service."""
    credential = fleet.enrol("gateway-2")
    fleet.start()
    with Queue(tmp_path / "agent.db", "gateway-1") as queue:
        queue.commit([Batch("raw", b"x", 1, 1, 1)])
        with Centre(fleet.url, credential=credential) as centre, pytest.raises(Refused, match="does not belong"):
            exchange(queue, centre)
