"""A small OPC UA server that takes SignAndEncrypt only, and a cable that can be cut."""

import asyncio
import contextlib
import threading
from datetime import UTC, datetime

from ninefold.connectors.contract import PlannedTag, ReadPlan
from ninefold.connectors.opcua.connector import OpcuaConnection
from ninefold.connectors.opcua.settings import OpcuaSettings
from ninefold.kernel.certificates import create_certificate
from ninefold.simulation.servers.secured import all_kept
from ninefold.testing.cable import free_port

URI = "urn:ninefold:test-server"


class Cell:
    """A server with one machine; `pki` holds both sides' certificates."""

    def __init__(self, pki, port=None):
        self.port = port or free_port()
        self.pki = pki
        self.pair = create_certificate(pki / "server", "cell", URI)
        self.client_pair = create_certificate(pki / "client", "agent", "urn:ninefold:agent")
        trusted = pki / "client" / "trusted"
        trusted.mkdir(exist_ok=True)
        (trusted / "cell.der").write_bytes(self.pair.certificate.read_bytes())
        self.server = None

    async def __aenter__(self):
        from asyncua import Server, ua
        from asyncua.crypto.truststore import TrustStore
        from asyncua.crypto.validator import CertificateValidator, CertificateValidatorOptions
        from asyncua.server.user_managers import PermissiveUserManager

        server = Server(user_manager=PermissiveUserManager())
        with all_kept():
            await server.init()
        server.set_endpoint(f"opc.tcp://127.0.0.1:{self.port}")
        await server.set_application_uri(URI)
        server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
        await server.load_certificate(str(self.pair.certificate))
        await server.load_private_key(str(self.pair.key))
        trust = self.pki / "server" / "trusted"
        trust.mkdir(exist_ok=True)
        (trust / "agent.der").write_bytes(self.client_pair.certificate.read_bytes())
        store = TrustStore([trust], [])
        await store.load()
        options = CertificateValidatorOptions.TRUSTED | CertificateValidatorOptions.URI
        server.set_certificate_validator(CertificateValidator(options, store))
        index = await server.register_namespace("urn:ninefold:test")
        machine = await server.nodes.objects.add_object(index, "M1")
        self.nodes = {}
        values = {"Torque": 40.0, "Speed": 1503.0, "Variant": "L", "Parts": 7, "Door": True, "Setpoint": 1.0}
        for name, value in values.items():
            type_ = ua.VariantType.Int32 if name == "Parts" else None
            node = await machine.add_variable(ua.NodeId(f"M1.{name}", index), name, value, type_)
            self.nodes[name] = node
        await self.nodes["Setpoint"].set_writable()
        await server.start()
        self.server = server
        return self

    async def __aexit__(self, *error):
        await self.stop()

    async def stop(self):
        if self.server is not None:
            server, self.server = self.server, None
            await server.stop()

    async def put(self, name, value, time_us=None, code=0):
        """Write a value with its source time (µs UTC) and status code."""
        from asyncua import ua

        now = datetime.now(UTC) if time_us is None else datetime.fromtimestamp(time_us / 1e6, UTC)
        type_ = ua.VariantType.Int32 if name == "Parts" else None
        variant = ua.Variant(value, type_) if value is not None else ua.Variant()
        await self.nodes[name].write_value(
            ua.DataValue(variant, ua.StatusCode(code), SourceTimestamp=now, ServerTimestamp=now)
        )


def tag(name, **fields):
    return PlannedTag(signal=name.lower(), asset="m1", address=f"ns=2;s=M1.{name}", **fields)


def plan(*names):
    return ReadPlan(tuple(tag(n) for n in names))


def connection(cell, port=None, **fields):
    """Return a connection to the cell's server."""
    settings = OpcuaSettings(
        connector="opcua", endpoint=f"opc.tcp://127.0.0.1:{port or cell.port}", tags=(tag("Torque"),), **fields
    )
    return OpcuaConnection("cell", settings, cell.pki / "client")


class RunningCell:
    """The cell's server in a thread of its own, for callers that bring their own loop. `beat` changes values."""

    def __init__(self, cell, beat=None):
        self.cell = cell
        self.beat = beat
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(30)
        return self.cell

    def __exit__(self, *error):
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(30)

    async def do(self, work):
        """Run something in the server's loop, and wait for it in the caller's."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def _run(self):
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self):
        self._end = asyncio.Event()
        async with self.cell:
            self._ready.set()
            count = 0
            while not self._end.is_set():
                count += 1
                if self.beat is not None:
                    await self.beat(self.cell, count)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._end.wait(), 0.1)
