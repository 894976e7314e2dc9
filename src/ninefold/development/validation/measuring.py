"""Measurement and verdict as steps: what a metric measured on the test rows, and that held against its threshold."""

import io
from collections.abc import Callable, Iterable

import numpy as np

from ninefold.bundle.deciding import decided, rule_of
from ninefold.bundle.session import Session
from ninefold.bundle.tables import read_parquet
from ninefold.criteria import metrics
from ninefold.criteria.faults import SUITE
from ninefold.criteria.judging import judge
from ninefold.criteria.measuring import measure
from ninefold.criteria.subjects import DriftEvidence, Episodes, Samples
from ninefold.criteria.worst import measure_worst
from ninefold.development.validation import subjects
from ninefold.development.validation.disturbing import Disturbance
from ninefold.development.validation.planning import Judged, judged, models
from ninefold.development.validation.worst import cases_under
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.steps import Ask, Blocked, Context, Kind, Result, Task
from ninefold.kernel.view import View
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.columns import Array, Columns
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec
from ninefold.vocabulary.measurement import Measurement
from ninefold.vocabulary.model import Model

CALENDAR = "calendar"
TARGET = "label"  # the column of labels


class MeasurementStep:
    """Plans `measurement:MODEL/REQ/ID`. A changed threshold is not among its inputs: it re-judges, not re-measures."""

    name = "measurement"
    version = "1"
    kind: Kind = "derive"
    consumes = frozenset({"metric", "label", "calendar", "model", "features", "labels", "dataset"})
    produces = frozenset({"measurement"})
    environment: tuple[str, ...] = ("numpy", "onnxruntime")

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:  # noqa: ARG002 - the contract of a step
        """Return one task for each criterion that is judged before a model ships."""
        for model in models(view):
            for item in judged(view, model):
                yield self._task(view, item)

    def _task(self, view: View, item: Judged) -> Task | Blocked:
        """Return the task of one criterion; only one on sensor faults depends on the suite that plants them."""
        name = f"measurement:{item.subject}"
        facets = {"metric": f"{item.spec.requirement}#metric/{item.spec.criterion}"}
        results = {"model": f"model:{item.model}", "features": f"features:{item.recipe}",
                   "labels": f"labels:{item.recipe}"}  # fmt: skip
        try:
            subject = metrics.check(item.spec).subject
        except InvalidInput as error:
            return Blocked(name, error.message, "ninefold check")
        if subject is Episodes:
            if not item.events:
                return Blocked(name, f"recipe {item.recipe} has no label with events to announce", "ninefold check")
            facets["label"] = f"recipe:{item.recipe}#label"
            results["events"] = f"dataset:{item.events}"
            if item.spec.params.get("clock", "operating") == "operating" and CALENDAR in view.facets:
                facets["calendar"] = CALENDAR
        elif subject is not Samples and subject is not DriftEvidence:
            reason = f"{item.spec.metric} is measured on the device; say where: [deployment]"
            return Blocked(name, reason, "ninefold check")
        params = None if item.spec.faults is None else {"suite": SUITE}
        return Task(name, facets, results, params, of=("model",))

    def run(self, task: Task, ctx: Context) -> Result:  # noqa: ARG002 - the contract of a step
        """Measure one criterion on the test rows.

        Raises:
            InvalidInput: the rows lack what the metric needs, or a fault is of a signal that the model does not read.
        """
        spec = ctx.inputs["metric"].body(MetricSpec)
        model = ctx.inputs["model"].body(Model)
        rows = subjects.Rows(_table(ctx, "features"), _table(ctx, "labels"), _roles(ctx, model))
        kind = metrics.check(spec).subject
        timed = ctx.inputs["features"].plain.get("time_from", "source") == "source"
        if not timed and kind is not Samples:
            message = f"{spec.metric} counts by time, and the times of these rows are invented from their order."
            raise InvalidInput(message, hint="Use a metric by sample, or a source that has times.")
        if kind is DriftEvidence:
            return Result("measurement@1", measure(spec, subjects.drift(spec, model, rows), rng=ctx.rng))
        session = Session(ctx.blobs.read(model.onnx), model.features, dict(model.categories), model.classes)
        tested = subjects.unseen(rows)
        seen = _seen(ctx, spec, model, tested, timed=timed)
        undisturbed = seen(session.score(tested.features))
        if spec.faults is None:
            return Result("measurement@1", measure(spec, undisturbed, rng=ctx.rng))
        trained = rows.of(rows.roles >= 0).features
        at_work = Disturbance.of(session, model.features, trained, tested.features)
        cases = cases_under(spec, model.name, at_work, seen, ctx.rng)
        return Result("measurement@1", measure_worst(spec, undisturbed, cases, rng=ctx.rng))


def _seen(
    ctx: Context, spec: MetricSpec, model: Model, rows: subjects.Rows, *, timed: bool
) -> Callable[[Array], Samples | Episodes]:
    """Return what makes a subject of scores: of the same test rows, whatever the sensors gave the model."""
    if metrics.check(spec).subject is Samples:
        return lambda scores: subjects.samples(
            spec, rows, scores, subjects.decision_on(model, scores), TARGET, timed=timed, classes=model.classes
        )
    event = str(ctx.inputs["label"].plain["event"])
    calendar = ctx.inputs["calendar"].body(Calendar) if "calendar" in ctx.inputs else None
    events = _table(ctx, "events")

    def episodes(scores: Array) -> Episodes:
        found = decided(rule_of(model), model.classes, scores)
        return subjects.episodes(spec, rows, found.score, found.alarm, events, event, calendar, TARGET)

    return episodes


class VerdictStep:
    """Plans `verdict:MODEL/REQ/ID`: the measurement against the criterion as it is written now."""

    name = "verdict"
    version = "1"
    kind: Kind = "derive"
    consumes = frozenset({"criterion", "measurement"})
    produces = frozenset({"verdict"})
    environment: tuple[str, ...] = ("numpy",)

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:  # noqa: ARG002 - the contract of a step
        """Return one task for each measurement."""
        for model in models(view):
            for item in judged(view, model):
                facets = {"criterion": f"{item.spec.requirement}#criterion/{item.spec.criterion}"}
                results = {"measurement": f"measurement:{item.subject}"}
                yield Task(f"verdict:{item.subject}", facets, results, of=("measurement",))

    def run(self, task: Task, ctx: Context) -> Result:  # noqa: ARG002 - the contract of a step
        """Judge one measurement."""
        criterion = ctx.inputs["criterion"].body(CriterionSpec)
        return Result("verdict@1", judge(criterion, ctx.inputs["measurement"].body(Measurement)))


def _table(ctx: Context, role: str) -> Columns:
    """Return the table of an input: the one Parquet file of its record."""
    evidence = ctx.inputs[role]
    if len(evidence.blobs) != 1:
        message = f"{evidence.name} holds {len(evidence.blobs)} tables; one is expected."
        raise InvalidInput(message, hint=f"Run: ninefold run --again {evidence.name}.")
    return read_parquet(ctx.blobs.get(evidence.blobs[0]))


def _roles(ctx: Context, model: Model) -> Array:
    """Return the role of each row in the split of the model.

    Raises:
        InvalidInput: the blob is no list of roles.
    """
    try:
        roles: Array = np.load(io.BytesIO(ctx.blobs.read(model.roles)), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InvalidInput(f"The roles of the rows of {model.name} cannot be read: {error}.") from None
    return roles
