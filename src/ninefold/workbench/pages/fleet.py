"""The fleet: devices, what they are told, and deployments."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from ninefold.fleet.fleet_pages import device_page, fleet_page
from ninefold.fleet.service import FleetService
from ninefold.kernel.errors import AccessDenied, InvalidInput
from ninefold.operations.deployment import publishing
from ninefold.operations.deployment.deployment_pages import deployment_page, deployments_of, targets_of
from ninefold.surface.cells import Ref
from ninefold.surface.page import Page
from ninefold.surface.words import Say, Text, counted
from ninefold.workbench.desk import Answer, Desk, Done, Shown
from ninefold.workbench.rolling_out import roll_out
from ninefold.workbench.routes import action, page
from ninefold.workbench.signing import signing_key

MOST_MINUTES = 7 * 24 * 60
SHORTEST_REASON = 3  # characters


@contextmanager
def service_of(desk: Desk) -> Iterator[FleetService]:
    """Yield the fleet's service on the store of this request."""
    with FleetService(desk.project.state, store=desk.session.store) as service:
        yield service


@page("/fleet")
def fleet(desk: Desk) -> Page:
    """Show the devices; `?first=`."""
    text = desk.query.get("first", "0")
    first = min(int(text), 10_000_000) if text.isascii() and text.isdigit() else 0
    with service_of(desk) as service:
        return fleet_page(service, targets_of(desk.plan), deployments_of(desk.plan), first)


@page("/fleet/{device:str}")
def one_device(desk: Desk, device: str) -> Page:
    """Show one."""
    with service_of(desk) as service:
        return device_page(service, device, targets_of(desk.plan))


@action("/fleet/invite", role="administrator")
def invite_device(desk: Desk) -> Done:
    """Make a one-time token for a device; it is shown once."""
    device, text = desk.form.get("device", "").strip(), desk.form.get("minutes", "60")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_MINUTES):
        raise InvalidInput(f"{text[:20]!r} is no number of minutes.", hint=f"Write one from 1 to {MOST_MINUTES}.")
    with service_of(desk) as service:
        token = service.registry.invite(device, int(text) * 60)
    said = Say("fleet.did-invite", {"device": device, "minutes": int(text), "token": token})
    return Done(Ref("page", "fleet"), said)


@action("/fleet/{device:str}/order")
def order_device(desk: Desk, device: str) -> Done:
    """Tell a device to go back, to stop or to try again. Nothing blocks the first two."""
    what, store, clock = desk.form.get("what", ""), desk.session.store, desk.session.clock
    target = f"edge:{device}"
    if what == "retry":
        publishing.retry(store, target, desk.actor, clock)
    else:
        publishing.order(store, target, what, desk.actor, clock)
    return Done(Ref("device", device), Say(f"fleet.did-{what}", {"device": device}))


@action("/fleet/{device:str}/accept", role="approver")
def accept_pending(desk: Desk, device: str) -> Answer:
    """Answer, with one's signature, for a criterion that is still insufficient on a device.

    What is wrong is told beside its field, and what was typed stays.
    """
    wrong, form = _wrong(desk), desk.form
    if not wrong:
        try:
            key = signing_key(desk, form.get("password", ""))
        except AccessDenied as error:
            wrong["password"] = str(error)
    if wrong:
        with service_of(desk) as service:
            return Shown(device_page(service, device, targets_of(desk.plan), form, wrong), 422)
    publishing.accept(
        desk.session.store, f"edge:{device}", (form.get("criterion", ""),), key, form["reason"], _end_of(form["until"]),
        desk.session.clock,
    )  # fmt: skip
    return Done(Ref("device", device), Say("fleet.did-accept", {"criterion": form.get("criterion", "")}))


def _wrong(desk: Desk) -> dict[str, Text]:
    """Return what is wrong with the answer for a criterion before anybody signs it, by field."""
    found: dict[str, Text] = {}
    if len(" ".join(desk.form.get("reason", "").split())) < SHORTEST_REASON:
        found["reason"] = Say("fleet.no-reason")
    try:
        if _end_of(desk.form.get("until", "")) <= desk.session.clock.now():
            found["until"] = Say("fleet.is-past")
    except InvalidInput as error:
        found["until"] = str(error)
    return found


def _end_of(text: str) -> int:
    """Return the end of a day (µs UTC)."""
    try:
        day = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise InvalidInput(f"{text[:40]!r} is no date.", hint="Write it as 2027-01-31.") from None
    return round(day.timestamp() * 1e6) + 86_400_000_000 - 1


@action("/fleet/{device:str}/revoke", role="administrator")
def revoke_device(desk: Desk, device: str) -> Done:
    """Refuse a device from now on."""
    with service_of(desk) as service:
        service.registry.revoke(device)
    return Done(Ref("device", device), Say("fleet.did-revoke", {"device": device}))


@page("/deployments/{name:str}")
def deployment(desk: Desk, name: str) -> Page:
    """Show a deployment."""
    return deployment_page(desk.view, desk.plan, name)


@action("/deployments/{name:str}/publish", role="approver")
def publish_deployment(desk: Desk, name: str) -> Answer:
    """Sign the approved bundle and let its targets fetch it; a wrong password is told beside its field."""
    try:
        key = signing_key(desk, desk.form.get("password", ""))
    except AccessDenied as error:
        return deployment_page(desk.view, desk.plan, name, str(error))
    done = roll_out(desk, name, key)
    said = counted("fleet.did-publish", len(done), bundle=done[0].bundle[:12], version=done[0].version)
    return Done(Ref("deployment", name), said)


ROUTES = (
    fleet, one_device, invite_device, order_device, accept_pending, revoke_device, deployment, publish_deployment,
)  # fmt: skip
