"""A gateway of a line: how it is started, here or elsewhere, and the job that keeps it running on this computer."""

from ninefold.fleet.service import FleetService
from ninefold.kernel.errors import NotFound, Refused
from ninefold.lifecycle.beginning.pages import gateway_page
from ninefold.lifecycle.beginning.standing import device_of
from ninefold.lifecycle.beginning.writing import table as seen
from ninefold.surface.cells import Ref
from ninefold.surface.page import Page
from ninefold.surface.session import Session
from ninefold.surface.words import Say
from ninefold.workbench.desk import Answer, Desk, Done
from ninefold.workbench.gateway import plan
from ninefold.workbench.gateway.running import run_keeper
from ninefold.workbench.jobs import Job
from ninefold.workbench.routes import action, page


@page("/begin/{name:str}/gateway")
def gateway(desk: Desk, name: str) -> Page:
    """Show the two ways to start the gateway of a line."""
    device = _device(desk, name)
    found = plan.gateway_of(desk.session.root, device)
    job = desk.project.jobs.running("gateway")
    return gateway_page(
        name, device, found.file.read_text(encoding="utf-8"), here="" if _here(desk) else Say("begin.not-loopback"),
        allowed=desk.may("administrator"), stand_in=_plays(desk, found), job=job.id if job else "",
    )  # fmt: skip


@action("/begin/{name:str}/gateway", role="administrator")
def start_gateway(desk: Desk, name: str) -> Answer:
    """Start the gateway of a line on this computer; `table` in the form says that the table plays the machine."""
    if not _here(desk):
        raise Refused("Processes are started only where the workbench listens on loopback.", hint="Use the command.")
    device = _device(desk, name)
    found = plan.gateway_of(desk.session.root, device)
    plan.check_centre(found)
    table = name if desk.form.get("table") == "yes" else ""
    if table and not _plays(desk, found):
        raise Refused("The simulator serves only at 127.0.0.1.", hint="Start the gateway without it.")
    project = desk.project

    def work(job: Job, session: Session) -> None:
        with FleetService(project.state, store=session.store) as service:
            token = plan.invited(service.registry, found)
        plan.trust_approvers(found, session.store)
        if table:
            plan.introduce_stand_in(session.root, found)
        rows = seen(session.root, table).rows // 4 if table else 0
        todo = plan.processes(session.root, found, table=table, rows=max(rows, 1), token=token)
        run_keeper(project.state / "gateways" / device, todo, job.cancel, lambda what, about: _hear(job, what, about))

    started, _ = project.jobs.gateway(desk.actor, device, work)
    return Done(Ref("page", f"jobs/{started.id}"))


def _hear(job: Job, what: str, about: str) -> None:
    if what == "starting":
        job.set(said=about)
    elif about == "started":
        job.set(said="")
    else:
        job.set(done=(*job.state.done, about))


def _device(desk: Desk, name: str) -> str:
    device = device_of(desk.view, name)
    if not device:
        raise NotFound(f"{name[:40]} has no deployment yet.", hint=f"Open /begin/{name[:40]}.")
    return device


def _here(desk: Desk) -> bool:
    """Return whether the workbench is reached from this computer only."""
    return desk.project.local


def _plays(desk: Desk, found: plan.Gateway) -> bool:
    """Return whether a simulator could serve where the gateway reads."""
    facet = desk.view.facets.get(f"connection:{found.places.connection.stem}#source")
    endpoint = str(getattr(facet.body, "endpoint", "")) if facet is not None else ""
    return endpoint.startswith("opc.tcp://127.0.0.1:")


ROUTES = (gateway, start_gateway)
