"""deployments/*.yaml as facets: whom it is for (#targets), by which evidence it advances (#rollout), the #fallback."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Literal

import msgspec

from ninefold.kernel.decode import nearest
from ninefold.kernel.documents import Document, decode, parse_yaml
from ninefold.kernel.errors import InvalidFile, InvalidInput, Problem
from ninefold.kernel.view import Facet
from ninefold.operations.deployment.criteria import Resolved, resolve
from ninefold.vocabulary.desired import Fallback, Stage

_ORDER = ("self-test", "shadow", "canary", "active")
_EDGE = "edge:"
_NAME = "a-z, 0-9 and -"


class TargetsSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which model goes to which targets, and what an alarm does there."""

    model: str
    targets: tuple[str, ...]
    actions: dict[str, tuple[str | dict[str, str], ...]] = {}


class RolloutSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The stages in their order, and what a failure does."""

    stages: tuple[Stage, ...]
    on_failure: Literal["rollback", "stop"] = "rollback"


class DeploymentFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """deployments/NAME.yaml."""

    model: str
    targets: tuple[str, ...]
    rollout: tuple[Stage, ...]
    on_failure: Literal["rollback", "stop"] = "rollback"
    fallback: Fallback = Fallback()
    actions: dict[str, tuple[str | dict[str, str], ...]] = {}


class DeploymentFiles:
    """Reads deployments/NAME.yaml as deployment:NAME#targets, #rollout and #fallback."""

    patterns = ("deployments/*.yaml",)

    def facets(self, text: str, file: str) -> Iterable[Facet]:
        """Return the three facets of a deployment file.

        Raises:
            InvalidFile: with every problem of the file.
        """
        document = parse_yaml(text, file)
        spec = decode(document, DeploymentFile)
        if problems := list(_problems(document, spec)):
            raise InvalidFile(problems)
        name = PurePosixPath(file).stem
        parts = (
            ("targets", TargetsSpec(spec.model, tuple(sorted(spec.targets)), spec.actions)),
            ("rollout", RolloutSpec(spec.rollout, spec.on_failure)),
            ("fallback", spec.fallback),
        )
        return [Facet(f"deployment:{name}#{k}", k, b, file, document.line((k,))) for k, b in parts]

    def check(self, facets: Mapping[str, Facet]) -> Iterable[Problem]:
        """Return the models and criteria that deployments name and that are in no file."""
        for facet in facets.values():
            if facet.kind != "targets" or not isinstance(facet.body, TargetsSpec):
                continue
            model = facet.body.model
            if f"model:{model}#train" not in facets:
                known = [n[len("model:") : -len("#train")] for n in facets if n.endswith("#train")]
                yield Problem(facet.file, 1, "model", f"There is no model {model}.", nearest(model, known))
                continue
            rollout = facets.get(facet.name.replace("#targets", "#rollout"))
            if rollout is not None and isinstance(rollout.body, RolloutSpec):
                yield from _unknown(rollout, rollout.body, model, facets)


def _unknown(facet: Facet, spec: RolloutSpec, model: str, facets: Mapping[str, Facet]) -> Iterable[Problem]:
    for i, stage in enumerate(spec.stages):
        for field, names in (("pass", stage.require.pass_), ("not_fail", stage.require.not_fail)):
            for name in names:
                found = resolve(name, model, facets)
                if not isinstance(found, Resolved):
                    yield Problem(facet.file, facet.line, f"rollout[{i}].require.{field}", found, "")


def _problems(document: Document, spec: DeploymentFile) -> Iterable[Problem]:
    if not spec.targets:
        yield document.problem(("targets",), "No target is named.", "Write it as [edge:gateway-1].")
    for i, target in enumerate(spec.targets):
        name = target.removeprefix(_EDGE)
        if (
            not target.startswith(_EDGE)
            or not name
            or any(c not in "abcdefghijklmnopqrstuvwxyz0123456789-" for c in name)
        ):
            message = f"Found {target!r}, expected edge:DEVICE with {_NAME} in the name."
            yield document.problem(("targets", i), message, "Write it as edge:gateway-1.")
        elif target in spec.targets[:i]:
            yield document.problem(("targets", i), f"The target {target} is named twice.", "Remove one of them.")
    yield from _stage_problems(document, spec)
    yield from _rule_problems(document, spec.fallback)


def _stage_problems(document: Document, spec: DeploymentFile) -> Iterable[Problem]:
    names = [s.stage for s in spec.rollout]
    places = [_ORDER.index(n) for n in names]
    if places != sorted(set(places)):
        message = f"The stages come as {', '.join(names)}; each comes once, in the order {', '.join(_ORDER)}."
        yield document.problem(("rollout",), message, "Put them in that order.")
    for required in ("self-test", "active"):
        if required not in names:
            yield document.problem(("rollout",), f"The stage {required} is missing.", f"Add {{stage: {required}}}.")
    for i, stage in enumerate(spec.rollout):
        at = ("rollout", i)
        if stage.stage in {"shadow", "canary"} and (stage.until.parts < 1 or not stage.until.at_most):
            message = f"The stage {stage.stage} does not say how many parts it takes, and in how long at most."
            yield document.problem(at, message, "Add until: {parts: 200, at_most: 1 h}.")
        if stage.stage not in {"shadow", "canary"} and (stage.until.parts or stage.until.at_most):
            yield document.problem((*at, "until"), f"The stage {stage.stage} has no end to wait for.", "Remove until.")
        if stage.stage != "canary" and stage.share != 1.0:
            yield document.problem((*at, "share"), "Only a canary has a share.", "Remove share.")
        if stage.stage == "canary" and not 0 < stage.share <= 1:
            yield document.problem((*at, "share"), "A canary without assets shows nothing.", "Write share: 50 %.")


def _rule_problems(document: Document, fallback: Fallback) -> Iterable[Problem]:
    from ninefold.recipes.expressions.parser import parse

    if fallback.then == "rule" and not fallback.rule:
        yield document.problem(("fallback",), "then: rule needs a rule.", 'Add rule: "torque_lift > 1.5".')
    elif fallback.rule:
        try:
            parse(fallback.rule)
        except InvalidInput as error:
            yield document.problem(("fallback", "rule"), error.message, error.hint)


READERS = (DeploymentFiles(),)
