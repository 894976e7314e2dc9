"""The controller over real sockets: encrypted or not at all, trusted or not at all, with the simulated time on it."""

import asyncio
import logging
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asyncua import Client, ua
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256

from ninefold.kernel.clock import parse_iso
from ninefold.simulation.live import Live
from ninefold.simulation.plant import Plant
from ninefold.simulation.servers.opcua import CellServer
from ninefold.simulation.servers.pki import introduce, make_pair

START = parse_iso("2026-06-01T04:00:00Z")
FROM = parse_iso("2026-06-03T06:00:00Z")
SECURE = (SecurityPolicyBasic256Sha256, ua.MessageSecurityMode.SignAndEncrypt)
Refusals = (ua.UaError, ConnectionError, TimeoutError)


@pytest.fixture(autouse=True)
def _quiet() -> None:
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)


@pytest.fixture(scope="session")
def pkis(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The controller, a client that it trusts, and a stranger who trusts the controller."""
    root = tmp_path_factory.mktemp("pki")
    make_pair(root / "server", "server", "urn:ninefold:simulation:milling-cell")
    for name in ("friend", "stranger"):
        make_pair(root / name, "agent", f"urn:test:{name}")
        introduce(root / "server", root / name)
    (root / "server" / "trusted" / "agent.der").write_bytes((root / "friend" / "agent.der").read_bytes())
    return {name: root / name for name in ("server", "friend", "stranger")}


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Running:
    """A server in a thread of its own, as it is a process of its own in a plant."""

    def __init__(self, pki: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.server = CellServer(Live(Plant(9, START), FROM, factor=600), pki, port=free_port())
        self.do(self.server.start())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def stop(self) -> None:
        self.do(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(30)
        self.loop.close()


@pytest.fixture(scope="module")
def cell(pkis: dict[str, Path]) -> Iterator[Running]:
    running = Running(pkis["server"])
    yield running
    running.stop()


async def client_of(server: CellServer, pki: Path | None, security: tuple[Any, Any] | None = SECURE) -> Client:
    client = Client(server.endpoint, timeout=4)
    if security is not None and pki is not None:
        client.application_uri = f"urn:test:{pki.name}"
        await client.set_security(
            security[0], str(pki / "agent.der"), str(pki / "agent.pem"),
            server_certificate=str(pki / "trusted" / "cell.der"), mode=security[1],
        )  # fmt: skip
    return client


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 60))


class Collector:
    """Keeps what a subscription delivers."""

    def __init__(self) -> None:
        self.got: dict[str, list[tuple[int, Any]]] = {}
        self.count = asyncio.Event()

    def datachange_notification(self, node: Any, val: Any, data: Any) -> None:
        value = data.monitored_item.Value
        if value.StatusCode.is_good():
            moment = round(value.SourceTimestamp.timestamp() * 1e6)
            self.got.setdefault(node.nodeid.Identifier, []).append((moment, val))


def test_a_trusted_client_gets_the_very_samples_of_the_world(pkis: dict[str, Path], cell: Running) -> None:
    """Values and source times of a subscription equal the plant's, without a hole; the times are simulated."""

    async def work() -> None:
        async with await client_of(cell.server, pkis["friend"]) as client:
            keep = Collector()
            subscription = await client.create_subscription(100, keep)
            nodes = [client.get_node(f"ns=2;s=M2.{n}") for n in ("Torque", "Air", "Part")]
            await subscription.subscribe_data_change(nodes, queuesize=100, sampling_interval=0)
            while len(keep.got.get("M2.Torque", ())) < 60:
                await asyncio.sleep(0.05)
            first = keep.got["M2.Torque"][0][0]
            want = Plant(9, START).samples(first, keep.got["M2.Torque"][-1][0] + 1)
            mine = want["asset"] == "m2"
            changed = np.append(True, np.diff(want["spindle_torque"][mine]) != 0)
            assert [t for t, _ in keep.got["M2.Torque"]] == want["ts"][mine][changed].tolist()
            assert [v for _, v in keep.got["M2.Torque"]] == want["spindle_torque"][mine][changed].tolist()
            assert all(p.startswith("m2-P") for _, p in keep.got["M2.Part"])
            units = await (await nodes[0].get_child("2:EngineeringUnits")).read_value()
            assert units.DisplayName.Text == "N.m"

    run(work)


def test_only_sign_and_encrypt_is_offered(pkis: dict[str, Path], cell: Running) -> None:
    """The list of endpoints has one, and it is not without security."""

    async def work() -> None:
        found = await (await client_of(cell.server, None, None)).connect_and_get_server_endpoints()
        assert [(e.SecurityPolicyUri.rpartition("#")[2], e.SecurityMode) for e in found] == [
            ("Basic256Sha256", ua.MessageSecurityMode.SignAndEncrypt)
        ]

    run(work)


async def raw_session(client: Client, *, send_certificate: bool) -> None:
    """Open channel and session by hand, without the courtesy of looking at the endpoints first."""
    await client.connect_socket()
    try:
        await client.send_hello()
        await client.open_secure_channel()
        params = ua.CreateSessionParameters()
        params.ClientNonce = b"n" * 32
        params.ClientDescription.ApplicationUri = client.application_uri
        params.EndpointUrl = client.server_url.geturl()
        params.SessionName = "raw"
        params.RequestedSessionTimeout = 60_000
        if send_certificate:
            params.ClientCertificate = client.security_policy.host_certificate
        response = await client.uaclient.create_session(params)
        activate = ua.ActivateSessionParameters()
        challenge = (client.security_policy.peer_certificate or b"") + response.ServerNonce
        activate.ClientSignature.Algorithm = client.security_policy.AsymmetricSignatureURI
        activate.ClientSignature.Signature = client.security_policy.asymmetric_cryptography.signature(challenge)
        activate.UserIdentityToken = ua.AnonymousIdentityToken(PolicyId="anonymous")
        await client.uaclient.activate_session(activate)
        await client.get_node("ns=2;s=M1.Torque").read_data_value()
    finally:
        client.disconnect_socket()


def test_without_security_there_is_no_session_even_for_a_client_that_does_not_ask_what_is_offered(
    pkis: dict[str, Path], cell: Running
) -> None:
    """Neither the polite nor the raw client gets a value."""

    async def work() -> None:
        with pytest.raises(Refusals):
            async with await client_of(cell.server, None, None):
                pass
        with pytest.raises(Refusals):
            await raw_session(await client_of(cell.server, None, None), send_certificate=False)

    run(work)


def test_signing_without_encryption_is_refused(pkis: dict[str, Path], cell: Running) -> None:
    """The right certificate does not help."""

    async def work() -> None:
        client = await client_of(cell.server, pkis["friend"], (SECURE[0], ua.MessageSecurityMode.Sign))
        with pytest.raises(Refusals):
            await client.connect()

    run(work)


@pytest.mark.parametrize("send_certificate", [True, False])
def test_a_stranger_is_refused_also_when_the_session_hides_the_certificate(
    pkis: dict[str, Path], cell: Running, send_certificate: bool
) -> None:
    """What counts is the certificate that the channel was opened with; a friend passes the same raw way."""

    async def work() -> None:
        await raw_session(await client_of(cell.server, pkis["friend"]), send_certificate=send_certificate)
        with pytest.raises(ua.UaStatusCodeError) as refused:
            await raw_session(await client_of(cell.server, pkis["stranger"]), send_certificate=send_certificate)
        names = {ua.StatusCodes.BadCertificateUntrusted, ua.StatusCodes.BadUserAccessDenied}
        assert refused.value.code in names

    run(work)


def test_only_the_alarm_can_be_written_and_it_is_read_back(pkis: dict[str, Path], cell: Running) -> None:
    """A measured value refuses; the alarm is there for the next reader and for the cell."""

    async def work() -> None:
        async with await client_of(cell.server, pkis["friend"]) as client:
            alarm, torque = (client.get_node(f"ns=2;s=M4.{n}") for n in ("Alarm", "Torque"))
            await alarm.write_value(1.0, ua.VariantType.Double)
            assert await alarm.read_value() == 1.0
            assert cell.do(cell.server.alarms()) == {f"m{k}": float(k == 4) for k in range(1, 9)}
            with pytest.raises(ua.UaStatusCodeError):
                await torque.write_value(1.0, ua.VariantType.Double)

    run(work)


def test_a_cut_cable_drops_sessions_and_a_mended_one_lets_them_in_again(pkis: dict[str, Path], cell: Running) -> None:
    """While it is cut nobody answers; afterwards the cell is further on by the time that passed."""

    async def work() -> None:
        before = await client_of(cell.server, pkis["friend"])
        await before.connect()
        seen = (await before.get_node("ns=2;s=M1.Wear").read_data_value(raise_on_bad_status=False)).SourceTimestamp
        cell.do(cell.server.cut_cable())
        with pytest.raises(Refusals):
            await (await client_of(cell.server, pkis["friend"])).connect()
        with pytest.raises(Refusals):
            await before.get_node("ns=2;s=M1.Wear").read_value()
        cell.do(cell.server.mend_cable())
        async with await client_of(cell.server, pkis["friend"]) as after:
            while True:
                value = await after.get_node("ns=2;s=M1.Wear").read_data_value(raise_on_bad_status=False)
                if value.StatusCode.is_good() and value.SourceTimestamp != seen:
                    break
                await asyncio.sleep(0.05)
        await before.disconnect()

    run(work)


def test_the_server_listens_on_the_loopback_only(pkis: dict[str, Path], cell: Running) -> None:
    """Its one listening socket is bound to 127.0.0.1."""

    assert cell.server.listening() == [("127.0.0.1", cell.server.port)]
