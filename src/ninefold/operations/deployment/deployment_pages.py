"""The page of a deployment: what is approved, whom it is for, by which evidence it advances, and publishing it."""

from ninefold.kernel.plan import Plan, Status
from ninefold.kernel.view import View
from ninefold.operations.deployment.files import RolloutSpec, TargetsSpec
from ninefold.operations.deployment.publishing import tasks_of
from ninefold.surface.blocks import Facts, Field, Form, Go, Panel, Stage, Stages, Why
from ninefold.surface.cells import Cell, Ref, State, StateName
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text, quote

_STATES: dict[str, StateName] = {"fresh": "fresh", "stale": "stale", "missing": "missing", "blocked": "blocked"}


def targets_of(plan: Plan) -> dict[str, str]:
    """Return device -> deployment of every rollout that is planned."""
    names = [n.removeprefix("rollout:") for n in plan.statuses if n.startswith("rollout:")]
    return {n.rpartition("/")[2]: n.rpartition("/")[0] for n in names}


def deployments_of(plan: Plan) -> list[tuple[str, State, str]]:
    """Return (name, state, reason) of every deployment: that of its worst target."""
    order = ("blocked", "missing", "stale", "fresh")
    worst: dict[str, Status] = {}
    for name, status in plan.statuses.items():
        if name.startswith("rollout:"):
            deployment = name.removeprefix("rollout:").rpartition("/")[0]
            before = worst.get(deployment)
            if before is None or order.index(status.state) < order.index(before.state):
                worst[deployment] = status
    return [(n, State(_STATES[s.state]), s.reason) for n, s in sorted(worst.items())]


def deployment_page(view: View, plan: Plan, name: str, problem: Text = "") -> Page:
    """Return a deployment with the form that publishes it.

    Raises:
        NotFound: there is no such deployment.
    """
    tasks = tasks_of(plan, name)
    targets, rollout = view.facets.get(f"deployment:{name}#targets"), view.facets.get(f"deployment:{name}#rollout")
    model = targets.body.model if targets is not None and isinstance(targets.body, TargetsSpec) else ""
    approval = plan.statuses.get(f"approval:{model}")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (Ref("device", t.name.rpartition("/")[2]), State(_STATES[t.state]), quote(t.reason), t.command) for t in tasks
    )
    columns = tuple(Say(f"fleet.{c}") for c in ("device", "state", "reason", "command"))
    blocks = [
        Panel("", (_lead(approval, tasks, model),), live="plan fleet", name="lead"),
        Panel(Say("fleet.targets"), (Table(Say("fleet.targets"), columns, rows),), live="plan fleet", name="targets"),
    ]
    if rollout is not None and isinstance(rollout.body, RolloutSpec):
        stages = tuple(
            _stage(s.stage, s.until.parts, (*s.require.pass_, *s.require.not_fail)) for s in rollout.body.stages
        )
        end = Say(f"fleet.on-failure-{rollout.body.on_failure}")
        blocks.append(Panel(Say("fleet.way"), (Stages(Say("fleet.way"), stages),), end))
    blocks.append(Panel(Say("fleet.approved"), (_approved(approval, model),), span=6, live="plan", name="approved"))
    blocks.append(Panel(Say("fleet.publish-title"), (_form(name, problem),), span=6, name="publish"))
    crumbs = (Ref("page", "fleet", Say("layout.place-fleet")),)
    actions = (Go(Say("fleet.open-file"), Ref("file", f"deployments/{name}.yaml")),)
    return Page(
        Say("fleet.deployment-title", {"name": name, "model": model}),
        tuple(blocks),
        (),
        "",
        (),
        actions,
        crumbs,
        place="fleet",
    )


def _lead(approval: Status | None, tasks: list[Status], model: str) -> Why:
    if approval is None or approval.state != "fresh":
        state = State("blocked")
        go = Go(Say("fleet.open-validation"), Ref("validation", model), "main")
        return Why(
            state, Say("fleet.not-approved", {"model": model}), quote(approval.reason) if approval else "", action=go
        )
    blocked = next((t for t in tasks if t.state == "blocked"), None)
    if blocked is not None:
        return Why(State("blocked"), Say("fleet.is-blocked", {"task": blocked.name}), quote(blocked.reason))
    if all(t.state == "fresh" for t in tasks):
        return Why(State("fresh"), Say("fleet.all-run", {"n": len(tasks)}))
    late = sum(t.state != "fresh" for t in tasks)
    return Why(State("stale"), Say("fleet.to-publish", {"n": late, "of": len(tasks)}))


def _stage(name: str, parts: int, criteria: tuple[str, ...]) -> Stage:
    note = (
        Say("fleet.stage-needs", {"parts": parts, "criteria": ", ".join(criteria) or "–"})
        if parts
        else ", ".join(criteria)
    )
    return Stage(Say(f"fleet.stage-{name}"), State("idle", Say("fleet.planned")), note)


def _approved(approval: Status | None, model: str) -> Facts:
    items: list[tuple[Text, Cell, Text]] = [(Say("fleet.model"), Ref("model", model), "")]
    if approval is not None:
        items.append(
            (Say("fleet.approval"), State(_STATES[approval.state]), quote(approval.reason or "; ".join(approval.notes)))
        )
        if approval.record is not None:
            items.append((Say("fleet.record"), Ref("record", approval.record.id, approval.record.id[:12]), ""))
    return Facts("", tuple(items))


def _form(name: str, problem: Text) -> Form:
    field = Field("password", Say("fleet.password"), "password", required=True)
    return Form(Say("fleet.publish-title"), f"deployments/{name}/publish", (field,), Say("fleet.publish"), "approver",
                "main", Say("fleet.publish-note"), problem)  # fmt: skip
