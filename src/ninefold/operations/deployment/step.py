"""The rollout as a step: what each target is to run. It is applied: fresh only when the target reports it as active."""

from collections.abc import Iterable, Mapping

import msgspec

from ninefold.kernel.errors import Refused
from ninefold.kernel.steps import Ask, Blocked, Context, Evidence, Kind, Result, Task
from ninefold.kernel.view import View
from ninefold.operations.deployment.criteria import Resolved, resolve
from ninefold.operations.deployment.files import RolloutSpec, TargetsSpec
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec
from ninefold.vocabulary.desired import (
    DESIRED,
    BundleRef,
    Desired,
    DeviceLimits,
    Fallback,
    Require,
    Stage,
    StageCriterion,
)

_METRIC, _CRITERION = "metric:", "criterion:"


class RolloutStep:
    """Plans `rollout:DEPLOYMENT/DEVICE`, one for each target."""

    name = "rollout"
    version = "1"
    kind: Kind = "apply"
    consumes = frozenset({"targets", "rollout", "fallback", "limits", "metric", "criterion", "bundle", "approval"})
    produces = frozenset({"desired"})
    environment: tuple[str, ...] = ()

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:  # noqa: ARG002 - the contract of a step
        """Return one task a target; the gate is the approval of the model."""
        for facet in view.of_kind("targets"):
            deployment = facet.name.removeprefix("deployment:").removesuffix("#targets")
            spec, rollout = facet.body, view.facets.get(f"deployment:{deployment}#rollout")
            if not isinstance(spec, TargetsSpec) or rollout is None or not isinstance(rollout.body, RolloutSpec):
                continue
            criteria = _criteria(rollout.body, spec.model, view)
            for target in spec.targets:
                name = f"rollout:{deployment}/{target.removeprefix('edge:')}"
                if isinstance(criteria, str):
                    yield Blocked(name, criteria, "ninefold check")
                    continue
                yield _task(name, deployment, target, spec.model, criteria, view)

    def run(self, task: Task, ctx: Context) -> Result:
        """Return the desired document of the task's target.

        Raises:
            Refused: the bundle names no payload.
        """
        targets, rollout = ctx.inputs["targets"].body(TargetsSpec), ctx.inputs["rollout"].body(RolloutSpec)
        limits = ctx.inputs["limits"].body(DeviceLimits) if "limits" in ctx.inputs else DeviceLimits()
        deployment = task.name.partition(":")[2].rpartition("/")[0]
        bundle = ctx.inputs["bundle"]
        if not bundle.plain.get("payload"):
            raise Refused(f"{bundle.name} names no payload.", hint="Run: ninefold run --again.")
        ref = BundleRef(str(bundle.plain["payload"]), record=bundle.id, content=bundle.content)
        criteria = tuple(_stage_criterion(role, ctx.inputs) for role in sorted(ctx.inputs) if role.startswith(_METRIC))
        body = Desired(
            str(task.params["target"]), deployment, targets.model, ref, _full(rollout, task), criteria,
            rollout.on_failure, ctx.inputs["fallback"].body(Fallback), limits, _actions(targets),
        )  # fmt: skip
        return Result(DESIRED, body)


def _criteria(rollout: RolloutSpec, model: str, view: View) -> dict[str, Resolved] | str:
    """Return the criteria that the stages require, by the name in the file; or why there are none."""
    found: dict[str, Resolved] = {}
    for stage in rollout.stages:
        for name in (*stage.require.pass_, *stage.require.not_fail):
            one = resolve(name, model, view.facets)
            if isinstance(one, str):
                return one
            found[name] = one
    return found


def _task(name: str, deployment: str, target: str, model: str, criteria: dict[str, Resolved], view: View) -> Task:
    facets = {kind: f"deployment:{deployment}#{kind}" for kind in ("targets", "rollout", "fallback")}
    if f"model:{model}#limits" in view.facets:
        facets["limits"] = f"model:{model}#limits"
    for one in criteria.values():
        facets[f"{_METRIC}{one.name}"] = one.metric_facet
        facets[f"{_CRITERION}{one.name}"] = one.criterion_facet
    params = {"target": target, "names": {name: one.name for name, one in sorted(criteria.items())}}
    return Task(name, facets, {"bundle": f"bundle:{model}"}, params, gates=(f"approval:{model}",))


def _stage_criterion(role: str, inputs: Mapping[str, Evidence]) -> StageCriterion:
    other = role.replace(_METRIC, _CRITERION, 1)
    return StageCriterion(inputs[role].body(MetricSpec), inputs[other].body(CriterionSpec))


def _full(rollout: RolloutSpec, task: Task) -> tuple[Stage, ...]:
    """Return the stages with the criteria under their full names."""
    names = task.params["names"]

    def full(stage: Stage) -> Stage:
        require = Require(tuple(names[n] for n in stage.require.pass_), tuple(names[n] for n in stage.require.not_fail))
        return msgspec.structs.replace(stage, require=require)

    return tuple(full(s) for s in rollout.stages)


def _actions(targets: TargetsSpec) -> tuple[str, ...]:
    """Return what an alarm does: the names, with what they go to."""
    found = []
    for action in targets.actions.get("alarm", ()):
        found += [action] if isinstance(action, str) else [f"{k}:{v}" for k, v in sorted(action.items())]
    return tuple(found)


STEPS = (RolloutStep(),)
