"""The contract over OPC UA. The only file that imports asyncua; the import costs 0.9 CPU s, so it waits until opened.

Publish requests are ours: each answer is decoded into columns at once, and by the driver only when its layout is
unusual. asyncua does the secure channel, the session and everything that is rare.
"""

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
from cryptography.hazmat.primitives.serialization import Encoding

from ninefold.connectors.connection import Connection, positions
from ninefold.connectors.contract import Capability, ReadPlan, TagDescription, WriteResult
from ninefold.connectors.opcua.codec import Publication, Samples, decode_publication, quality_of
from ninefold.connectors.opcua.errors import mapped
from ninefold.connectors.opcua.settings import OpcuaSettings
from ninefold.connectors.opcua.values import decoded_by_driver, overflows, samples_of, variant_of
from ninefold.kernel.certificates import create_certificate, fingerprint, read_certificate
from ninefold.kernel.errors import (
    AccessDenied,
    ConnectorError,
    DeadlineExceeded,
    MissingDependency,
    NotFound,
    TagNotFound,
    Unreachable,
)
from ninefold.vocabulary.batch import ColumnBatch, Gap, Quality, Reason, make_batch

T = TypeVar("T")

PUBLISHES = 2  # requests that wait at the server, so that an answer never waits for a request
KEEPALIVE_S = 1.0  # a server that has nothing to say says so this often
SILENCES = 3  # keep-alives that may be missing before the link counts as lost
SESSION_S = 60.0  # after which the server forgets a client that is gone
MAX_MESSAGE = 32 << 20
DEFAULT_PER_CALL = 1000  # nodes or items in one request, when the server states no limit
MAX_DEPTH = 16  # of browsing

logging.getLogger("asyncua").addHandler(logging.NullHandler())


class OpcuaConnection(Connection):
    """One session with one OPC UA server."""

    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.BROWSE, Capability.READ, Capability.SUBSCRIBE, Capability.WRITE}
    )

    def __init__(self, name: str, settings: OpcuaSettings, pki: Path, **outside: Any) -> None:
        super().__init__(name, **outside)
        self.settings = settings
        self.pki = pki
        self._client: Any = None
        self._limits: dict[str, int] = {}

    # --- session -----------------------------------------------------------------------------------------------------

    async def _open(self) -> None:
        if self._client is not None and self._client.state.name == "CONNECTED":
            return
        await self._close()
        client = await self._prepared()
        try:
            await client.connect()
        except ConnectionRefusedError:
            raise
        except (ConnectionError, TimeoutError) as error:
            raise await self._diagnosis(error) from error
        self._client = client

    async def _diagnosis(self, error: Exception) -> ConnectorError:
        """Return why the link could not be secured: servers just hang up or keep silent, so ask for what they offer."""
        _, client_class, _ = _driver()
        where, security = self.settings.endpoint, self.settings.security
        try:
            offers = await client_class(where, timeout=2).connect_and_get_server_endpoints()
        except Exception:
            if isinstance(error, TimeoutError):
                return DeadlineExceeded(f"{where} gave no answer in time.", hint="Check the link to the device.")
            return Unreachable(f"{where} hung up: {error}.", hint="Check the link, and that the server runs.")
        pinned = read_certificate(self._pinned())
        shown = {o.ServerCertificate for o in offers if o.ServerCertificate}
        if shown and all(pinned.public_bytes(Encoding.DER) != der for der in shown):
            found = ", ".join(sorted(hashlib.sha256(der).hexdigest()[:16] for der in shown))
            message = f"{where} shows the certificate {found}, not the pinned {fingerprint(self._pinned())[:16]}."
            return AccessDenied(message, hint="Find out who answers there before the new certificate is trusted.")
        offered = {(o.SecurityPolicyUri.rpartition("#")[2], o.SecurityMode.name) for o in offers}
        if (security.policy, security.mode) not in offered:
            known = ", ".join(sorted(f"{policy} {mode}" for policy, mode in offered)) or "nothing"
            message = f"{where} does not offer {security.policy} {security.mode}; it offers {known}."
            return AccessDenied(message, hint="Change security: in the connection, or the server's settings.")
        if isinstance(error, TimeoutError):
            return DeadlineExceeded(f"{where} did not secure the link in time.", hint="Check the load of the server.")
        return AccessDenied(f"{where} refuses our certificate.", hint="Trust it in the server's settings.")

    async def _prepared(self) -> Any:
        ua, client_class, policies = _driver()
        client = client_class(self.settings.endpoint, timeout=float(self.settings.timeout), watchdog_intervall=5.0)
        client.name = client.description = "ninefold"
        client.application_uri = self.settings.application
        client.session_timeout = int(SESSION_S * 1000)
        client.max_messagesize = MAX_MESSAGE
        security = self.settings.security
        ours = await asyncio.to_thread(create_certificate, self.pki, security.certificate, self.settings.application)
        await client.set_security(
            getattr(policies, f"SecurityPolicy{security.policy}"),
            str(ours.certificate),
            str(ours.key),
            server_certificate=str(self._pinned()),
            mode=ua.MessageSecurityMode[security.mode],
        )
        return client

    def _pinned(self) -> Path:
        name = self.settings.security.server or self.name
        path = self.pki / "trusted" / f"{name}.der"
        try:
            read_certificate(path)
        except NotFound:
            message = f"The certificate of the server at {self.settings.endpoint} is not trusted yet."
            hint = f"Compare its fingerprint with the server's, then put it there as trusted/{name}.der."
            raise AccessDenied(message, hint=hint) from None
        return path

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        if client.state.name == "CONNECTED":
            await client.disconnect()
        else:
            await client.close_session()
            client.disconnect_socket()

    def _session(self) -> Any:
        if self._client is None:
            raise Unreachable(f"{self.name} is not open.", hint="Open the connection first.")
        return self._client.uaclient.session

    async def _limit(self, name: str) -> int:
        """Return how many operations the server takes in one call."""
        if not self._limits:
            ua, _, _ = _driver()
            names = ("MaxNodesPerRead", "MaxNodesPerWrite", "MaxMonitoredItemsPerCall")
            prefix = "Server_ServerCapabilities_OperationLimits_"
            nodes = [ua.NodeId(getattr(ua.ObjectIds, prefix + n)) for n in names]
            answers = await self._session().read_attributes(nodes, ua.AttributeIds.Value)
            found = [a.Value.Value if a.Value is not None else None for a in answers]
            self._limits = dict(
                zip(names, (v if isinstance(v, int) and v > 0 else DEFAULT_PER_CALL for v in found), strict=True)
            )
        return self._limits[name]

    # --- read and write ----------------------------------------------------------------------------------------------

    async def _read(self, plan: ReadPlan) -> ColumnBatch:
        await self._open()
        ua, _, _ = _driver()
        nodes = self._nodes(plan)
        values: list[Any] = []
        for part in _parts(nodes, await self._limit("MaxNodesPerRead")):
            values += await self._session().read_attributes(part, ua.AttributeIds.Value)
        unknown = {"BadNodeIdUnknown", "BadNodeIdInvalid"}
        absent = [t.address for t, v in zip(plan.tags, values, strict=True) if v.StatusCode.name in unknown]
        if absent:
            raise self._not_found(absent)
        return self._batch(samples_of(list(enumerate(values))), positions(plan))

    async def _write(self, plan: ReadPlan, values: ColumnBatch) -> Sequence[WriteResult]:
        await self._open()
        ua, _, _ = _driver()
        tags = [plan.tags[i] for i in values.tag.tolist()]
        nodes = [ua.NodeId.from_string(t.address) for t in tags]
        types = await self._types(nodes)
        texts = [None] * len(values) if values.text is None else values.text.tolist()
        wanted = [variant_of(ua, *row) for row in zip(values.value.tolist(), texts, types, strict=True)]
        codes: list[Any] = []
        size = await self._limit("MaxNodesPerWrite")
        for part, data in zip(_parts(nodes, size), _parts(wanted, size), strict=True):
            data_values = [ua.DataValue(v) for v in data]
            codes += await self._session().write_attributes(part, data_values, ua.AttributeIds.Value)
        return [
            WriteResult(tag.address, value, accepted=code.is_good(), detail="" if code.is_good() else code.name)
            for tag, value, code in zip(tags, values.value.tolist(), codes, strict=True)
        ]

    async def _types(self, nodes: Sequence[Any]) -> list[Any]:
        """Return the variant type that each node holds now: a server refuses a Double for an Int16."""
        ua, _, _ = _driver()
        answers = await self._session().read_attributes(list(nodes), ua.AttributeIds.Value)
        return [a.Value.VariantType if a.Value is not None else ua.VariantType.Double for a in answers]

    def _nodes(self, plan: ReadPlan) -> list[Any]:
        ua, _, _ = _driver()
        nodes, unreadable = [], []
        for tag in plan.tags:
            try:
                nodes.append(ua.NodeId.from_string(tag.address))
            except Exception:
                unreadable.append(tag.address)
        if unreadable:
            raise self._not_found(unreadable)
        return nodes

    def _not_found(self, addresses: Sequence[str]) -> TagNotFound:
        shown = ", ".join(addresses[:5]) + (f" and {len(addresses) - 5} more" if len(addresses) > 5 else "")
        message = f"{self.name} has no node {shown}."
        return TagNotFound(message, hint='Browse the server; an address looks like "ns=2;s=M1.Torque".')

    # --- subscribe ---------------------------------------------------------------------------------------------------

    async def _subscribe(self, plan: ReadPlan) -> AsyncGenerator[ColumnBatch | Gap, None]:
        ua, _, _ = _driver()
        created = await self._create(ua)
        await self._monitor(ua, created.SubscriptionId, plan)
        keepalive_s = created.RevisedPublishingInterval / 1000 * created.RevisedMaxKeepAliveCount
        silence_s = SILENCES * max(keepalive_s, KEEPALIVE_S) + 1.0
        last = np.zeros(len(plan.tags), np.int64)
        expected: int | None = None
        async for publication in self._publications(ua, silence_s):
            if not publication.carries:
                continue
            now = self.clock.now()
            if expected is not None and publication.sequence != expected:
                start = int(last.max()) or None
                yield Gap(start, now, "message lost", now, detail=f"{expected} to {publication.sequence - 1}")
            expected = publication.sequence + 1 if publication.sequence < 0xFFFFFFFF else 1
            for samples in publication.samples:
                if len(samples.handle) and int(samples.handle.max()) >= len(last):
                    raise ConnectorError(f"{self.name} sent a sample of an item that was never asked for.")
                for gap in overflows(samples, last, now):
                    yield gap
                if len(samples.handle):
                    np.maximum.at(last, samples.handle, samples.source)
                    yield self._batch(samples, samples.handle)

    async def _create(self, ua: Any) -> Any:
        publish_s = float(self.settings.publish)
        request = ua.CreateSubscriptionRequest()
        request.Parameters.RequestedPublishingInterval = publish_s * 1000
        request.Parameters.RequestedMaxKeepAliveCount = max(1, round(KEEPALIVE_S / publish_s))
        request.Parameters.RequestedLifetimeCount = max(30, round(SESSION_S / publish_s))
        request.Parameters.MaxNotificationsPerPublish = 0
        request.Parameters.PublishingEnabled = True
        data = await self._send(request)
        answer = ua.ua_binary.struct_from_binary(ua.CreateSubscriptionResponse, data)
        answer.ResponseHeader.ServiceResult.check()
        return answer.Parameters

    async def _monitor(self, ua: Any, subscription: int, plan: ReadPlan) -> None:
        """Ask for all tags in as few calls as the server allows; the client handle is the tag's index."""
        requests = [
            self._item(ua, i, tag.deadband, node)
            for i, (tag, node) in enumerate(zip(plan.tags, self._nodes(plan), strict=True))
        ]
        absent = []
        for part in _parts(requests, await self._limit("MaxMonitoredItemsPerCall")):
            params = ua.CreateMonitoredItemsParameters()
            params.SubscriptionId = subscription
            params.ItemsToCreate = part
            params.TimestampsToReturn = ua.TimestampsToReturn.Both
            results = await self._session().create_monitored_items(params)
            for request, result in zip(part, results, strict=True):
                if not result.StatusCode.is_good():
                    tag = plan.tags[request.RequestedParameters.ClientHandle]
                    if result.StatusCode.name not in {"BadNodeIdUnknown", "BadNodeIdInvalid"}:
                        detail = f"{self.name} does not let us watch {tag.address}: {result.StatusCode.name}."
                        raise ConnectorError(detail, hint="Remove its deadband, or ask the server's owner.")
                    absent.append(tag.address)
        if absent:
            raise self._not_found(absent)

    def _item(self, ua: Any, handle: int, deadband: float, node: Any) -> Any:
        request = ua.MonitoredItemCreateRequest()
        request.ItemToMonitor = ua.ReadValueId(NodeId=node, AttributeId=ua.AttributeIds.Value)
        request.MonitoringMode = ua.MonitoringMode.Reporting
        parameters = ua.MonitoringParameters()
        parameters.ClientHandle = handle
        parameters.SamplingInterval = 0.0  # every change; the server's own pace otherwise loses samples
        parameters.QueueSize = self.settings.queue
        parameters.DiscardOldest = True
        if deadband > 0:
            parameters.Filter = ua.DataChangeFilter(
                Trigger=ua.DataChangeTrigger.StatusValue, DeadbandType=1, DeadbandValue=deadband
            )
        request.RequestedParameters = parameters
        return request

    async def _publications(self, ua: Any, silence_s: float) -> AsyncGenerator[Publication, None]:
        """Keep requests waiting at the server, and return its answers in their order; acknowledges each."""
        waiting: deque[asyncio.Task[Any]] = deque()
        received: list[Any] = []
        try:
            while True:
                while len(waiting) < PUBLISHES:
                    request = ua.PublishRequest()
                    request.Parameters.SubscriptionAcknowledgements, received = received, []
                    waiting.append(asyncio.create_task(self._send(request, timeout_s=0)))
                async with asyncio.timeout(silence_s):  # wait_for may swallow a cancellation until Python 3.12
                    data = await waiting.popleft()
                publication = decode_publication(bytes(data)) or decoded_by_driver(ua, data)
                if publication.result >> 30:
                    raise ua.UaStatusCodeError(publication.result)
                if publication.carries:
                    received.append(ua.SubscriptionAcknowledgement(publication.subscription, publication.sequence))
                yield publication
        except TimeoutError:
            raise Unreachable(f"{self.name} has been silent for {silence_s:g} s.", hint="Check the link.") from None
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _send(self, request: Any, timeout_s: float | None = None) -> Any:
        protocol = self._client.uaclient.protocol if self._client is not None else None
        if protocol is None:
            raise Unreachable(f"The link to {self.name} is closed.", hint="Check the link.")
        request.RequestHeader.TimeoutHint = 0
        return await protocol.send_request(request, timeout=timeout_s)

    def _batch(self, samples: Samples, tag: Any) -> ColumnBatch:
        quality, reason = quality_of(samples.status)
        empty = samples.empty & (quality != Quality.BAD)
        quality[empty], reason[empty] = Quality.BAD, Reason.NO_VALUE
        return make_batch(tag, samples.source, self.clock.now(), samples.value, quality, reason, samples.text)

    # --- browse ------------------------------------------------------------------------------------------------------

    async def _browse(self, under: str | None) -> AsyncGenerator[TagDescription, None]:
        await self._open()
        ua, _, _ = _driver()
        start = self._client.get_node(under or ua.NodeId(ua.ObjectIds.ObjectsFolder))
        waiting = deque([(start, "", 0)])
        seen = {start.nodeid}
        while waiting:
            node, path, depth = waiting.popleft()
            for child in await node.get_references(ua.ObjectIds.HierarchicalReferences, ua.BrowseDirection.Forward):
                if child.NodeId in seen or child.NodeId.NamespaceIndex == 0:
                    continue
                seen.add(child.NodeId)
                name = f"{path}/{child.BrowseName.Name}" if path else child.BrowseName.Name
                found = self._client.get_node(child.NodeId)
                if child.NodeClass == ua.NodeClass.Variable:
                    yield await self._described(ua, found, name)
                if depth < MAX_DEPTH:
                    waiting.append((found, name, depth + 1))

    async def _described(self, ua: Any, node: Any, name: str) -> TagDescription:
        attributes = [ua.AttributeIds.DataType, ua.AttributeIds.UserAccessLevel]
        type_, access = [a.Value.Value if a.Value is not None else None for a in await node.read_attributes(attributes)]
        known = ua.ObjectIdNames.get(type_.Identifier, "") if type_ is not None and type_.NamespaceIndex == 0 else ""
        writable = bool((access or 0) & (1 << ua.AccessLevel.CurrentWrite))
        return TagDescription(node.nodeid.to_string(), name, known, "", writable)

    def _mapped(self, error: Exception) -> ConnectorError | None:
        return mapped(self.name, error)


async def shown_certificate(connection: str, endpoint: str) -> bytes:
    """Return the certificate (DER) that a server shows to anybody; nothing is trusted by that.

    Raises:
        Unreachable: nobody answers. ConnectorError: the server shows none.
    """
    _, client_class, _ = _driver()
    try:
        offers = await client_class(endpoint, timeout=4).connect_and_get_server_endpoints()
    except Exception as error:
        known = mapped(connection, error)
        if known is None and not isinstance(error, OSError):
            raise
        message = f"{endpoint} cannot be reached: {known.message if known is not None else error}"
        raise Unreachable(message, hint="Check address, port and cable, and that the server runs.") from error
    found = {bytes(o.ServerCertificate) for o in offers if o.ServerCertificate}
    if len(found) != 1:
        message = f"{endpoint} shows {len(found)} certificates."
        raise ConnectorError(message, hint="Ask its owner for the right one, and give it with --certificate.")
    return found.pop()


def _driver() -> tuple[Any, Any, Any]:
    """Return asyncua's protocol types, its client and its security policies."""
    try:
        from asyncua import Client, ua
        from asyncua.crypto import security_policies
    except ModuleNotFoundError as error:
        raise MissingDependency(error.name or "asyncua", "opcua", "A connection over OPC UA") from None
    return ua, Client, security_policies


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
