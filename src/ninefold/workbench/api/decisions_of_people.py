"""What a named person signs: approvals, waivers, revocations, publications, and take-overs on a device."""

from ninefold.client.answers import DeploymentLine, Made, Page, Publication, PublishedTarget
from ninefold.client.requests import (
    AcceptanceRequest,
    ApprovalRequest,
    PublicationRequest,
    RevocationRequest,
    WaiverRequest,
)
from ninefold.development.validation import signing_off
from ninefold.kernel.view import Facet
from ninefold.operations.deployment.files import TargetsSpec
from ninefold.operations.deployment.publishing import accept
from ninefold.workbench.api.operation import Answered, operation
from ninefold.workbench.api.paging import Cursor, Limit, part
from ninefold.workbench.api.signing import Signer
from ninefold.workbench.desk import Desk
from ninefold.workbench.rolling_out import roll_out

TAG = "Signatures"


def _here(desk: Desk) -> signing_off.Desk:
    session = desk.session
    four_eyes = desk.project.settings.four_eyes
    return signing_off.Desk(desk.plan, desk.view, session.store, session.clock.now(), four_eyes)


def _made(record: str) -> Answered:
    return Answered(Made(record), location=f"/api/v1/records/{record}")


@operation("POST", "/approvals", role="approver", status=201, tag=TAG)
def approve(desk: Desk, data: ApprovalRequest, signer: Signer) -> Made:
    """Sign a model as it stands: its bundle and every verdict on it."""
    id = signing_off.approve(
        _here(desk), data.model, signer.key, data.reason, standing_until=data.standing_until, uses=data.uses
    )
    return _made(id)  # type: ignore[return-value]  # the body of an answer


@operation("POST", "/waivers", role="approver", status=201, tag=TAG)
def waive(desk: Desk, data: WaiverRequest, signer: Signer) -> Made:
    """Answer for a criterion whose evidence is insufficient, until a moment. A failure is never waived."""
    id = signing_off.waive(_here(desk), data.model, data.criterion, signer.key, data.reason, data.until, data.where)
    return _made(id)  # type: ignore[return-value]  # the body of an answer


@operation("POST", "/revocations", role="approver", status=201, tag=TAG)
def revoke(desk: Desk, data: RevocationRequest, signer: Signer) -> Made:
    """Take back an approval or a waiver, from now on."""
    session = desk.session
    id = signing_off.revoke(session.store, data.record, signer.key, data.reason, session.clock.now())
    return _made(id)  # type: ignore[return-value]  # the body of an answer


@operation("GET", "/deployments", tag=TAG)
def deployments(desk: Desk, cursor: Cursor = "", limit: Limit = 100) -> Page[DeploymentLine]:
    """List the deployments by name: which model goes where, and how its rollouts stand."""
    rollouts = [s for n, s in desk.plan.statuses.items() if n.startswith("rollout:")]
    states: dict[str, dict[str, str]] = {}
    for s in rollouts:
        name, _, device = s.name.removeprefix("rollout:").rpartition("/")
        states.setdefault(name, {})[device] = s.state
    return part(desk.view.of_kind("targets"), _name, cursor, limit, lambda f: _line(f, states))


def _name(facet: Facet) -> str:
    return facet.name.removeprefix("deployment:").removesuffix("#targets")


def _line(facet: Facet, states: dict[str, dict[str, str]]) -> DeploymentLine:
    model = facet.body.model if isinstance(facet.body, TargetsSpec) else ""
    found = states.get(_name(facet), {})
    return DeploymentLine(_name(facet), model, facet.file, found)  # type: ignore[arg-type]  # states of tasks


@operation("POST", "/deployments/{name:str}/publications", role="approver", status=201, tag=TAG)
def publish_deployment(desk: Desk, name: str, data: PublicationRequest, signer: Signer) -> Publication:  # noqa: ARG001 - the password opened the key
    """Sign the approved bundle of a deployment and let its targets fetch it; their own evidence decides the rest."""
    done = roll_out(desk, name, signer.key)
    return Publication(tuple(PublishedTarget(d.target, d.bundle, d.version, d.record) for d in done))


@operation("POST", "/devices/{name:str}/acceptances", role="approver", status=201, tag=TAG)
def accept_pending(desk: Desk, name: str, data: AcceptanceRequest, signer: Signer) -> Made:
    """Answer for criteria that are still insufficient on a device: it may become active."""
    session = desk.session
    id = accept(
        session.store, f"edge:{name}", data.criteria, signer.key, data.reason, data.until, session.clock
    )  # fmt: skip
    return _made(id)  # type: ignore[return-value]  # the body of an answer


ROUTES = (approve, waive, revoke, deployments, publish_deployment, accept_pending)
