"""What of a project is mirrored: every run that was logged here, and every model that is up to date."""

import re
from collections.abc import Iterator

import msgspec

from ninefold.kernel.plan import Plan
from ninefold.kernel.project import read_settings
from ninefold.kernel.records import Record, revive
from ninefold.surface.session import Session
from ninefold.tracking.log import KIND
from ninefold.tracking.mlflow.client import MlflowClient
from ninefold.tracking.mlflow.mirror import Mirrored, mirror_runs
from ninefold.tracking.mlflow.outgoing import OutgoingRun, outgoing_model, outgoing_run
from ninefold.tracking.mlflow.registry import OutgoingModel, mirror_models
from ninefold.vocabulary.model import Model
from ninefold.vocabulary.verdict import Verdict

MOST_RUNS = 100_000


def mirror_project(client: MlflowClient, session: Session, experiment: str = "") -> Mirrored:
    """Make the runs and models of a project stand in MLflow; the experiment is called like the project by default.

    Raises:
        Refused: another process does the same. ConnectorError: the server fails on the way; a repetition goes on.
    """
    project = read_settings(session.root).name
    plan = session.status()
    models = dict(_models(plan))
    runs = [outgoing_run(r, session.blobs) for r in reversed(session.store.of_kind(KIND, MOST_RUNS)) if _is_ours(r)]
    runs += [_as_run(plan, name, record) for name, record in models.items()]
    done = mirror_runs(client, session.store, session.blobs, session.screen, experiment or project, runs)
    registered = [_registered(plan, project, name, record) for name, record in models.items()]
    mirror_models(client, session.store.origin, registered, done)
    return done


def _is_ours(record: Record) -> bool:
    """Return whether a run was logged here: what came from MLflow does not go back."""
    return record.data is not None and "origin" not in record.plain


def _models(plan: Plan) -> Iterator[tuple[str, Record]]:
    for status in plan.statuses.values():
        record = status.record
        if status.name.startswith("model:") and status.state == "fresh" and record and record.data is not None:
            yield status.name.removeprefix("model:"), record


def _as_run(plan: Plan, name: str, record: Record) -> OutgoingRun:
    verdicts = {}
    for status in plan.statuses.values():
        found = status.record
        if status.name.startswith(f"verdict:{name}/") and status.state == "fresh" and found is not None and found.data:
            body = msgspec.convert(found.plain, Verdict, strict=False, dec_hook=revive)
            verdicts[status.name.removeprefix(f"verdict:{name}/")] = body
    return outgoing_model(record, verdicts)


def _registered(plan: Plan, project: str, name: str, record: Record) -> OutgoingModel:
    approval, bundle = (plan.statuses.get(f"{kind}:{name}") for kind in ("approval", "bundle"))
    approved = approval is not None and approval.state == "fresh"
    return OutgoingModel(
        re.sub(r"[^\w.-]", "_", f"{project}.{name}"), record.id, record.content, record.body(Model).onnx, approved,
        bundle.record.content if bundle is not None and bundle.state == "fresh" and bundle.record else "",
        approval.record.id if approved and approval is not None and approval.record else "",
    )  # fmt: skip
