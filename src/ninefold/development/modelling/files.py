"""models/*.yaml as facets: what the race reads (#train), how the threshold is chosen (#decision), the #limits.

A model that is brought instead of trained also has #bring, one whose decisions carry conformal answers #answer.
"""

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from pathlib import PurePosixPath
from typing import Any

from ninefold.development.modelling.ranking import METRICS
from ninefold.development.modelling.specification import Budget, DecisionSpec, ModelFile, TrainSpec
from ninefold.kernel.decode import nearest
from ninefold.kernel.documents import Document, decode, parse_yaml
from ninefold.kernel.errors import InvalidFile, InvalidInput, Problem
from ninefold.kernel.view import Facet
from ninefold.recipes.expressions.parser import parse
from ninefold.vocabulary.conformal import SHARES
from ninefold.vocabulary.quantity import Duration

TRAINERS_GROUP = "ninefold.trainers"
SCORING = Budget(Duration(60))  # of a model that is brought without one

_CRITERION = re.compile(r"[^/\s]+/[^/\s]+")


def installed_trainers() -> tuple[str, ...]:
    """Return the names of the trainers that are installed; none is loaded."""
    return tuple(sorted({e.name for e in entry_points(group=TRAINERS_GROUP)}))


class ModelFiles:
    """Reads models/NAME.yaml as model:NAME#train, #decision and #limits."""

    patterns = ("models/*.yaml",)

    def facets(self, text: str, file: str) -> Iterable[Facet]:
        """Return the facets of a model file.

        Raises:
            InvalidFile: with every problem of the file.
        """
        document = parse_yaml(text, file)
        spec = decode(document, ModelFile)
        problems = list(_problems(document, spec))
        if problems:
            raise InvalidFile(problems)
        name = PurePosixPath(file).stem
        trainers = () if spec.trainers == "all" else tuple(spec.trainers or ())
        train = TrainSpec(spec.use_case, spec.dataset, spec.task, spec.split, spec.metric, spec.budget or SCORING,
                          trainers, spec.leave_out, spec.calibration)  # fmt: skip
        parts: list[tuple[str, Any, tuple[str, ...]]] = [
            ("train", train, ()), ("decision", spec.decision, ("decision",)), ("limits", spec.limits, ("limits",)),
        ]  # fmt: skip
        if spec.brought is not None:
            parts.append(("bring", spec.brought, ("bring",)))
        if spec.answer is not None:
            parts.append(("answer", spec.answer, ("answer",)))
        return [Facet(f"model:{name}#{kind}", kind, body, file, document.line(at)) for kind, body, at in parts]

    def check(self, facets: Mapping[str, Facet]) -> Iterable[Problem]:
        """Return the names in model files that stand for nothing: use case, recipe, criteria."""
        for facet in facets.values():
            if facet.kind == "train" and isinstance(facet.body, TrainSpec):
                yield from _dangling(facet, facet.body, facets)
            if facet.kind == "decision" and isinstance(facet.body, DecisionSpec):
                yield from _unknown_criteria(facet, facet.body, facets)


def _problems(document: Document, spec: ModelFile) -> Iterable[Problem]:
    if not spec.dataset.startswith("recipe:") or spec.dataset == "recipe:":
        message = f"Found {spec.dataset!r}, expected recipe:NAME."
        yield document.problem(("dataset",), message, "Name a file of recipes/, such as recipe:part-features.")
    if spec.bring is None and spec.budget is None:
        yield document.problem(("budget",), "A race needs a budget.", "Write budget: {cpu: 60 s}.")
    if spec.bring is not None:
        yield from _bring_problems(document, spec)
    elif spec.trainers not in (None, "all"):
        yield from _trainer_problems(document, tuple(spec.trainers or ()))
    for i, name in enumerate(spec.decision.satisfy):
        if not _CRITERION.fullmatch(name):
            message = f"Found {name!r}, expected REQUIREMENT/CRITERION."
            yield document.problem(("decision", "satisfy", i), message, "Write it as REQ-tool-failure-warning/recall.")
    yield from _of_kind(document, spec)
    if spec.decision.baseline:
        try:
            parse(spec.decision.baseline)
        except InvalidInput as error:
            yield document.problem(("decision", "baseline"), error.message, error.hint)
    if spec.answer is not None and spec.answer.conformal not in SHARES:
        message = f"Found {spec.answer.conformal:g}, expected one of {', '.join(f'{s:g}' for s in SHARES)}."
        yield document.problem(
            ("answer", "conformal"), message, "Write a share for which validation measures coverage."
        )
    for name, value in (("latency_p99_ms", spec.limits.latency_p99_ms), ("size_kb", spec.limits.size_kb)):
        if value is not None and value <= 0:
            yield document.problem(("limits", name), f"Found {value:g}, expected a number above 0.")


def _of_kind(document: Document, spec: ModelFile) -> Iterable[Problem]:
    """Return what does not suit the kind of task."""
    kind, decision = spec.task.kind, spec.decision
    if kind not in METRICS[spec.metric].kinds:
        fitting = ", ".join(n for n, m in METRICS.items() if kind in m.kinds)
        message = f"The metric {spec.metric} does not rank {kind} answers."
        yield document.problem(("metric",), message, f"Use one of: {fitting}.")
    if kind == "binary":
        if not decision.satisfy:
            message = "No criterion is named, so every threshold would satisfy it."
            yield document.problem(("decision", "satisfy"), message, "Name at least one REQUIREMENT/CRITERION.")
        if decision.alarm is not None:
            message = "A binary task alarms from a threshold that is chosen for it."
            yield document.problem(("decision", "alarm"), message, "Leave the alarm out, or name another kind of task.")
        return
    for field in ("minimise", "baseline"):
        if getattr(decision, field):
            message = f"A {kind} task has no threshold to choose, so there is nothing to {field} by."
            message = message if field == "minimise" else f"A rule is no baseline of a {kind} task: it only alarms."
            yield document.problem(("decision", field), message, "Leave it out.")
    if kind == "regression" and spec.split.stratified is not None:
        message = "A regression has no classes to draw evenly from."
        yield document.problem(("split", "stratified"), message, "Use time, order or group.")
    alarm, classes = decision.alarm, spec.task.classes
    if alarm is not None and bool(alarm.classes) != (kind == "multiclass"):
        wanted = "classes: [...]" if kind == "multiclass" else "op and value"
        yield document.problem(("decision", "alarm"), f"The alarm of a {kind} task names {wanted}.")
    elif alarm is not None and classes and (unknown := sorted(set(alarm.classes) - set(classes))):
        message = f"The task has no class {unknown[0]!r}."
        yield document.problem(("decision", "alarm"), message, nearest(unknown[0], classes))


def _bring_problems(document: Document, spec: ModelFile) -> Iterable[Problem]:
    if spec.trainers is not None:
        message = "A model is either brought or trained; both are named."
        yield document.problem(("trainers",), message, "Take out bring or trainers.")
    try:
        spec.brought  # noqa: B018 - read for what it refuses
    except ValueError as error:
        yield document.problem(("bring",), str(error))


def _trainer_problems(document: Document, trainers: tuple[str, ...]) -> Iterable[Problem]:
    known = installed_trainers()
    if not trainers:
        yield document.problem(("trainers",), "The list of trainers is empty.", "Name one, or write: all.")
    for i, trainer in enumerate(trainers):
        at: tuple[Any, ...] = ("trainers", i)
        if trainer not in known:
            yield document.problem(at, f"The trainer {trainer!r} is not installed.", nearest(trainer, known))
        elif trainer in trainers[:i]:
            yield document.problem(at, f"The trainer {trainer!r} is named twice.", "Remove one of them.")


def _dangling(facet: Facet, spec: TrainSpec, facets: Mapping[str, Facet]) -> Iterable[Problem]:
    wanted = (("use_case", spec.use_case, f"{spec.use_case}#index", "#index", ""),
              ("dataset", spec.recipe, f"{spec.dataset}#inputs", "#inputs", "recipe:"))  # fmt: skip
    for field, name, wants, ending, prefix in wanted:
        if wants not in facets:
            known = [n.removesuffix(ending).removeprefix(prefix) for n in facets if n.endswith(ending)]
            known = [n for n in known if field == "dataset" or n.startswith("UC-")]
            yield Problem(facet.file, facet.line, field, f"There is no {prefix}{name}.", nearest(name, known))


def _unknown_criteria(facet: Facet, spec: DecisionSpec, facets: Mapping[str, Facet]) -> Iterable[Problem]:
    known = [n.replace("#criterion/", "/") for n, f in facets.items() if f.kind == "criterion"]
    for i, name in enumerate(spec.satisfy):
        if name not in known:
            message = f"There is no criterion {name}."
            yield Problem(facet.file, facet.line, f"decision.satisfy[{i}]", message, nearest(name, known))
        elif facets[name.replace("/", "#metric/", 1)].body.faults is not None:
            message = f"The criterion {name} is about sensor faults, which are planted on test rows only."
            hint = "Take it out; its verdict stands beside the others before the model ships."
            yield Problem(facet.file, facet.line, f"decision.satisfy[{i}]", message, hint)
    if spec.minimise and not named_by(spec, facets)[1]:
        metrics = sorted(
            {f.body.metric for f in facets.values() if f.kind == "metric" and f.name in _own(spec, facets)}
        )
        message = f"No criterion of the requirements in satisfy has the metric {spec.minimise!r}."
        yield Problem(facet.file, facet.line, "decision.minimise", message, nearest(spec.minimise, metrics))


def _own(spec: DecisionSpec, facets: Mapping[str, Facet]) -> set[str]:
    requirements = {name.partition("/")[0] for name in spec.satisfy}
    mine = {n: f for n, f in facets.items() if f.kind == "metric" and n.partition("#")[0] in requirements}
    return {n for n, f in mine.items() if f.body.faults is None}


def named_by(spec: DecisionSpec, facets: Mapping[str, Facet]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the criteria (REQ-x/ID) that a decision must satisfy, and those whose metric it minimises."""
    satisfy = tuple(n for n in spec.satisfy if n.replace("/", "#metric/", 1) in facets)
    if "/" in spec.minimise:
        found = [spec.minimise] if spec.minimise.replace("/", "#metric/", 1) in facets else []
    else:
        own = sorted(_own(spec, facets))
        found = [n.replace("#metric/", "/") for n in own if facets[n].body.metric == spec.minimise]
    return satisfy, tuple(found)


READERS = (ModelFiles(),)
