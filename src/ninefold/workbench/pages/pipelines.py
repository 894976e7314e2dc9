"""Pipelines: gates, generated files, and the schedule."""

from typing import get_args

from ninefold.kernel.clock import SystemClock
from ninefold.kernel.errors import InvalidInput, NinefoldError
from ninefold.lifecycle.pipeline_pages import gate_page, pipelines_page
from ninefold.operations.delivery.checking import checked, pipeline_now, place_of
from ninefold.operations.delivery.files import schedule_of
from ninefold.operations.delivery.generated import Options, Target, generate, write
from ninefold.operations.delivery.scheduling import read_remembered
from ninefold.surface.cells import Ref
from ninefold.surface.page import Page
from ninefold.surface.words import Say
from ninefold.workbench.desk import Desk, Done
from ninefold.workbench.routes import action, page


@page("/pipelines")
def pipelines(desk: Desk) -> Page:
    """Show the gate of each model, generated pipelines and the next runs."""
    root, view = desk.session.root, desk.view
    schedule, zone = schedule_of(view)
    pipeline, problem = None, ""
    try:
        pipeline, _ = pipeline_now(root, view, desk.project.plan)
    except NinefoldError as error:
        problem = str(error)  # shown in the place of the files
    files = checked(root, pipeline) if pipeline is not None else []
    return pipelines_page(
        root, desk.plan, pipeline, problem, files, schedule, zone, read_remembered(root), SystemClock().now()
    )  # fmt: skip


@page("/pipelines/{model:str}")
def gate_of(desk: Desk, model: str) -> Page:
    """Show the gate of one model."""
    return gate_page(desk.plan, model)


@action("/pipelines/generate")
def generate_pipeline(desk: Desk) -> Done:
    """Write the file of a target; one that a person wrote or edited is kept."""
    target = desk.form.get("target", "")
    if target not in get_args(Target):
        raise InvalidInput(f"{target[:40]!r} is no target.", hint=f"Choose one of: {', '.join(get_args(Target))}.")
    pipeline, _ = pipeline_now(desk.session.root, desk.view, desk.project.plan)
    path = place_of(desk.session.root, target)  # type: ignore[arg-type]  # one of the targets
    write(path, generate(target, pipeline, Options()))  # type: ignore[arg-type]  # one of the targets
    said = Say("pipelines.did-generate", {"file": path.name, "jobs": len(pipeline.jobs)})
    return Done(Ref("page", "pipelines"), said)


ROUTES = (pipelines, gate_of, generate_pipeline)
