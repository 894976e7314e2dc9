"""Devices: what each is to run and runs, what a person tells it, and what it decided."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from litestar.params import QueryParameter

from ninefold.client.answers import Decision, Device, Invitation, Made, Page
from ninefold.client.requests import InvitationRequest, OrderRequest
from ninefold.fleet.decisions import FoundDecision, find, latest
from ninefold.fleet.service import DeviceState, FleetService
from ninefold.kernel.errors import NotFound
from ninefold.operations.deployment import publishing
from ninefold.workbench.api.operation import Answered, operation
from ninefold.workbench.api.paging import Cursor, Limit, part
from ninefold.workbench.desk import Desk

TAG = "Fleet"
_MOST = 500


@contextmanager
def _service(desk: Desk) -> Iterator[FleetService]:
    with FleetService(desk.project.state) as service:
        yield service


@operation("GET", "/devices", tag=TAG)
def devices(desk: Desk, cursor: Cursor = "", limit: Limit = 100) -> Page[Device]:
    """List the devices by name."""
    with _service(desk) as service:
        return part(service.devices(), lambda d: d.name, cursor, limit, _device)


@operation("GET", "/devices/{name:str}", tag=TAG)
def device(desk: Desk, name: str) -> Device:
    """Show a device: what it is to run and what it reported last."""
    with _service(desk) as service:
        for found in service.devices():
            if found.name == name:
                return _device(found)
    raise NotFound(f"No device is called {name[:200]}.", hint="List them at /api/v1/devices.")


def _device(d: DeviceState) -> Device:
    wanted = d.desired.desired if d.desired else None
    return Device(
        d.name, d.enrolled, d.seen, d.revoked, wanted.model if wanted else "", wanted.deployment if wanted else "",
        wanted.bundle.digest if wanted else "", wanted.command if wanted else "", d.settled, d.reported,
    )  # fmt: skip


@operation("POST", "/devices/{name:str}/orders", role="editor", status=201, tag=TAG, unstoppable=True)
def order(desk: Desk, name: str, data: OrderRequest) -> Made:
    """Tell a device to go back, to stop, or to try again what it gave up. No gate can block the first two."""
    store, clock, target = desk.session.store, desk.session.clock, f"edge:{name}"
    if data.order == "retry":
        id = publishing.retry(store, target, desk.actor, clock)
    else:
        id = publishing.order(store, target, data.order, desk.actor, clock)
    return Answered(Made(id), location=f"/api/v1/records/{id}")  # type: ignore[return-value]  # the body of an answer


@operation("POST", "/invitations", role="administrator", status=201, tag=TAG, once=False)
def invite(desk: Desk, data: InvitationRequest) -> Invitation:
    """Let a device enrol: the one-time token is shown this once, and an older one is void."""
    with _service(desk) as service:
        return Invitation(data.device, service.registry.invite(data.device, data.minutes * 60))


@operation("DELETE", "/devices/{name:str}", role="administrator", tag=TAG)
def refuse_device(desk: Desk, name: str) -> Device:
    """Refuse a device from now on; what it sent stays."""
    with _service(desk) as service:
        service.registry.revoke(name)
        return next(_device(d) for d in service.devices() if d.name == name)


@operation("GET", "/decisions", tag=TAG)
def decisions(
    desk: Desk, asset: str = "",
    limit: Annotated[int, QueryParameter(ge=1, le=_MOST, description="How many at most")] = 20,
) -> Page[Decision]:  # fmt: skip
    """List the latest decisions of all agents, or on one asset, the newest first; there is no page after it."""
    with _service(desk) as service:
        return Page(tuple(_decision(d) for d in latest(service, limit, asset)))


@operation("GET", "/decisions/{id:str}", tag=TAG)
def decision(desk: Desk, id: str) -> Decision:
    """Show a decision by its id or the beginning of it, with the features that it rests on."""
    with _service(desk) as service:
        found = find(service, id)
    if found is None:
        raise NotFound(f"No decision begins with {id[:200]!r}.", hint="List them at /api/v1/decisions.")
    return _decision(found)


def _decision(d: FoundDecision) -> Decision:
    return Decision(str(d.fields["id"]), str(d.fields["asset"]), d.origin, d.segment, d.fields, d.features)


ROUTES = (devices, device, order, invite, refuse_device, decisions, decision)
