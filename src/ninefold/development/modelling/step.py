"""Step 5 of the nine: candidates (the race), operating-point (the threshold), model (what ships), one task a model."""

import io
from collections.abc import Iterable
from typing import Any, Literal

import msgspec
import numpy as np

from ninefold.bundle.failsafe import apply_rule
from ninefold.bundle.tables import read_parquet
from ninefold.criteria.operating import OperatingClock
from ninefold.criteria.subjects import WEEK_S
from ninefold.development.modelling.calibration import calibrations, with_calibrations
from ninefold.development.modelling.curves import OutOfFold, Wanted
from ninefold.development.modelling.entrant import Budgeted, Data, Entrant, Finish
from ninefold.development.modelling.files import installed_trainers, named_by
from ninefold.development.modelling.matrix import Table, table_of
from ninefold.development.modelling.operating_point import best_of, choose
from ninefold.development.modelling.parity import Graph, label_flips
from ninefold.development.modelling.race import Race
from ninefold.development.modelling.ranking import METRICS
from ninefold.development.modelling.specification import DecisionSpec, LimitsSpec, TrainSpec
from ninefold.development.modelling.split import Rows, divide
from ninefold.kernel.errors import InvalidInput, NotFound, Refused
from ninefold.kernel.steps import Ask, Blocked, Context, Evidence, Result, Task
from ninefold.kernel.view import View
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.columns import Array, Floats, take
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec
from ninefold.vocabulary.model import TEST, UNUSED, Leaderboard, Limit, Model, OperatingPoint, SplitSummary

ENGINES = ("numpy", "scikit-learn", "lightgbm", "onnx", "onnxruntime")
TOOL_LIFE = "tool_life"  # a held alarm ends when this column changes


class Candidates:
    """The race over the features and labels of a recipe."""

    name = "candidates"
    version = "1"
    kind: Literal["derive"] = "derive"
    consumes = frozenset({"train", "features", "labels"})
    produces = frozenset({"candidates"})
    environment = ENGINES

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:  # noqa: ARG002  # the model file says it all
        """Return one task a model file."""
        for facet in view.of_kind("train"):
            name = _model_name(facet.name)
            results = {"features": f"features:{facet.body.recipe}", "labels": f"labels:{facet.body.recipe}"}
            yield Task(f"candidates:{name}", facets={"train": facet.name}, results=results)

    def run(self, task: Task, ctx: Context) -> Result:
        """Return the leaderboard of a race.

        Raises:
            BudgetExceeded: no candidate was complete within the budget.
            InvalidInput: the data cannot be learnt from, or every candidate failed.
        """
        del task
        spec = ctx.inputs["train"].body(TrainSpec)
        table = _table(ctx, spec)
        rows = divide(table.columns, table.y, spec.split, np.random.default_rng(spec.split.seed))
        codes = {table.features.index(name): len(values) for name, values in table.categories.items()}
        data = Data(table.x, table.y, rows, table.features, spec.split.folds, codes)
        budget = Budgeted(float(spec.budget.cpu), float(spec.budget.memory), spec.budget.threads)
        race = Race(data, spec.metric, budget, spec.split.seed, ctx.scratch, ctx.progress, ctx.cancel)
        finish = race.run(spec.trainers or installed_trainers())
        chosen = calibrations(finish, table.y, rows, spec.task.kind) if spec.calibration == "choose" else {}
        board = with_calibrations(_leaderboard(ctx, spec, table, rows, finish), chosen)
        blobs = {b for c in board.candidates for b in (c.onnx, c.out_of_fold, c.probe, c.native) if b}
        return Result("candidates@1", board, tuple(sorted({*blobs, board.split.roles})))


def _leaderboard(ctx: Context, spec: TrainSpec, table: Table, rows: Rows, finish: Finish) -> Leaderboard:
    return Leaderboard(
        metric=spec.metric, higher_is_better=METRICS[spec.metric].higher_is_better, features=table.features,
        candidates=tuple(_kept(ctx, e, finish) for e in finish.entrants), winner=finish.winner, why=finish.why,
        split=_summary(ctx, spec, table.y, rows), budget_cpu_s=float(spec.budget.cpu),
        used_cpu_s=finish.used_cpu_s, ended=finish.ended, task=spec.task.kind, categories=table.categories,
    )  # fmt: skip


def _kept(ctx: Context, entrant: Entrant, finish: Finish) -> Any:
    row = entrant.row(finish.standings.get(entrant.name))
    if entrant.outcome != "finished" or entrant.scores is None or entrant.probe is None or entrant.native is None:
        return row
    return msgspec.structs.replace(
        row, onnx=ctx.blobs.put(entrant.onnx), out_of_fold=_put(ctx, entrant.scores.astype(np.float32)),
        probe=_put(ctx, entrant.probe), native=_put(ctx, entrant.native),
    )  # fmt: skip


def _summary(ctx: Context, spec: TrainSpec, y: Floats, rows: Rows) -> SplitSummary:
    train, test, known = rows.roles >= 0, rows.roles == TEST, ~np.isnan(y)
    counts = {"train": train, "test": test, "unused": rows.roles == UNUSED, "censored": ~known}
    parts = {"train": train, "test": test}
    groups = {n: len(np.unique(rows.groups[m])) for n, m in parts.items()} if spec.split.keep_whole else {}
    return SplitSummary(
        spec.split.kind, _put(ctx, rows.roles), {n: int(m.sum()) for n, m in counts.items()},
        {n: int(np.nansum(y[m])) for n, m in parts.items()}, spec.split.folds, rows.test_from, groups,
    )  # fmt: skip


class OperatingPoints:
    """The threshold of each model, chosen out of fold under its criteria."""

    name = "operating-point"
    version = "1"
    kind: Literal["derive"] = "derive"
    consumes = frozenset(
        {"decision", "metric", "criterion", "label", "calendar", "candidates", "features", "labels", "dataset"}
    )
    produces = frozenset({"operating-point"})
    environment = ("numpy",)

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:  # noqa: ARG002  # the files say it all
        """Return one task a model file, with the criteria that its decision names."""
        for facet in view.of_kind("decision"):
            name = _model_name(facet.name)
            satisfy, minimise = named_by(facet.body, view.facets)
            if absent := [n for n in facet.body.satisfy if n not in satisfy]:
                reason = f"{facet.file} satisfies {absent[0]}, which no requirement has"
                yield Blocked(f"operating-point:{name}", reason, f"edit {facet.file}")
                continue
            roles = {"decision": facet.name}
            for criterion in (*satisfy, *minimise):
                roles[f"metric:{criterion}"] = criterion.replace("/", "#metric/", 1)
                roles[f"criterion:{criterion}"] = criterion.replace("/", "#criterion/", 1)
            recipe = view.facets[f"model:{name}#train"].body.recipe
            results = {
                "candidates": f"candidates:{name}",
                "features": f"features:{recipe}",
                "labels": f"labels:{recipe}",
            }
            if events := events_of(view, recipe):
                roles["label"] = f"recipe:{recipe}#label"
                results["events"] = events
            if "calendar" in view.facets:
                roles["calendar"] = "calendar"
            yield Task(f"operating-point:{name}", facets=roles, results=results, of=("candidates",))

    def run(self, task: Task, ctx: Context) -> Result:
        """Return the best operating point of all finished candidates; when none satisfies, the body says so.

        The metric of the race ranks rows; the criteria may count episodes, in which another candidate can be better.

        Raises:
            InvalidInput: a criterion cannot be measured out of fold.
        """
        del task
        spec = ctx.inputs["decision"].body(DecisionSpec)
        board = ctx.inputs["candidates"].body(Leaderboard)
        columns = read_parquet(ctx.blobs.get(_parquet(ctx.inputs["features"])))
        labels = read_parquet(ctx.blobs.get(_parquet(ctx.inputs["labels"])))
        columns["label"] = np.asarray(labels["label"], dtype=np.float64)
        roles, (events, clock), wanted = _array(ctx, board.split.roles), _events(ctx), list(_wanted(ctx, spec))
        points = []
        for row in board.candidates:
            if row.outcome == "finished":
                ctx.cancel.check()
                ctx.progress.say(f"operating point of {row.name}")
                score = _array(ctx, row.out_of_fold).astype(np.float64)
                data = out_of_fold(columns, score, roles, events, clock)
                fires = apply_rule(spec.baseline, data.rows) > 0 if spec.baseline else None  # null fires nothing
                points.append(choose(row.name, wanted, data, _array(ctx, row.native), spec.baseline, fires))
        point = best_of(points, {c.name: c.size_kb or 0.0 for c in board.candidates}, board.winner)
        return Result("operating-point@1", point)


def events_of(view: View, recipe: str) -> str:
    """Return the task that holds the events of a recipe's label; "" when its label comes from none."""
    label, inputs = view.facets.get(f"recipe:{recipe}#label"), view.facets.get(f"recipe:{recipe}#inputs")
    if label is None or inputs is None or label.plain.get("column"):
        return ""
    reference = str(inputs.body["inputs"].get(label.body.source, ""))
    return "dataset:" + reference.partition(":")[2] if reference else ""


def out_of_fold(
    columns: dict[str, Array],
    score: Floats,
    roles: Array,
    events: dict[str, Array] | None,
    clock: OperatingClock | None,
) -> OutOfFold:
    """Return the rows that folds predicted, with the size of the test set; no label of a test row is looked at."""
    if len(score) != len(roles) or any(len(c) != len(roles) for c in columns.values()):
        raise InvalidInput("Features, labels and candidates differ in rows.", hint="Run the candidates again.")
    keep, test = (roles >= 0) & np.isfinite(score), roles == TEST
    reset = TOOL_LIFE if TOOL_LIFE in columns else None
    weeks = _machine_weeks(take(columns, test)) if "asset" in columns and "t" in columns else 0.0
    return OutOfFold(take(columns, keep), score[keep], int(test.sum()), weeks, events, clock, reset)


def _machine_weeks(rows: dict[str, Array]) -> float:
    assets = rows["asset"].astype(str)
    spans = [np.ptp(rows["t"][assets == asset]) for asset in np.unique(assets)]
    return float(sum(spans)) / 1e6 / WEEK_S


def _events(ctx: Context) -> tuple[dict[str, Array] | None, OperatingClock | None]:
    calendar = ctx.inputs.get("calendar")
    clock = OperatingClock(calendar.body(Calendar)) if calendar else None
    if "events" not in ctx.inputs:
        return None, clock
    log = read_parquet(ctx.blobs.get(_parquet(ctx.inputs["events"])))
    kind = ctx.inputs["label"].plain["event"]
    if absent := [n for n in ("asset", "event", "occurred") if n not in log]:
        raise InvalidInput(f"The events have no column {absent[0]!r}.", hint=f"Use one of: {', '.join(sorted(log))}.")
    mine = np.asarray(log["event"] == kind, dtype=bool)
    if "outcome" in log:
        mine &= np.asarray(log["outcome"] != "averted", dtype=bool)  # an alarm that was acted on leaves no failure
    return {"asset": log["asset"][mine], "t": log["occurred"][mine].astype(np.int64)}, clock


def _wanted(ctx: Context, spec: DecisionSpec) -> Iterable[Wanted]:
    for role, evidence in sorted(ctx.inputs.items()):
        if role.startswith("metric:"):
            name = role.partition(":")[2]
            criterion = ctx.inputs[f"criterion:{name}"].body(CriterionSpec)
            yield Wanted(evidence.body(MetricSpec), criterion, name in spec.satisfy)


class Models:
    """The model that ships: the winner's graph with its threshold, held against the limits."""

    name = "model"
    version = "1"
    kind: Literal["derive"] = "derive"
    consumes = frozenset({"limits", "candidates", "operating-point", "features"})
    produces = frozenset({"model"})
    environment = ("onnxruntime",)

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:  # noqa: ARG002  # the model file says it all
        """Return one task a model file."""
        for facet in view.of_kind("limits"):
            name = _model_name(facet.name)
            results = {"candidates": f"candidates:{name}", "operating-point": f"operating-point:{name}"}
            yield Task(f"model:{name}", facets={"limits": facet.name}, results=results)

    def run(self, task: Task, ctx: Context) -> Result:
        """Return the model.

        Raises:
            Refused: it is larger than the device allows, or graph and native model decide differently on some row.
        """
        limits = ctx.inputs["limits"].body(LimitsSpec)
        board = ctx.inputs["candidates"].body(Leaderboard)
        point = ctx.inputs["operating-point"].body(OperatingPoint)
        winner = board.candidate(point.candidate)
        onnx, name = ctx.blobs.read(winner.onnx), _model_name(task.name)
        flips = label_flips(Graph(onnx), _array(ctx, winner.probe), _array(ctx, winner.native), point.threshold)
        if winner.parity is None or not winner.parity.passed or flips:
            message = (
                f"The graph of {winner.name} decides {flips} rows of the parity gate otherwise than its native model."
            )
            raise Refused(message, hint="Run the candidates again with another seed.")
        size_kb, split = len(onnx) / 1e3, board.split
        model = Model(
            name, winner.name, board.task, board.features, point.threshold, winner.onnx, size_kb, winner.parity, flips,
            tuple(_held(name, winner.name, limits, size_kb)), split.roles, split.test_from, board.categories,
        )  # fmt: skip
        return Result("model@1", model, tuple(sorted({winner.onnx, board.split.roles})))


def _held(name: str, candidate: str, limits: LimitsSpec, size_kb: float) -> Iterable[Limit]:
    if limits.size_kb is not None:
        if size_kb > limits.size_kb:
            message = f"The model {name} ({candidate}) has {size_kb:.0f} kB; limits.size_kb allows {limits.size_kb:g}."
            raise Refused(message, hint="Raise the limit, or leave out the trainer of large models.")
        yield Limit("size_kb", limits.size_kb, size_kb, held=True)
    if limits.latency_p99_ms is not None:
        yield Limit("latency_p99_ms", limits.latency_p99_ms, None, None)  # measured on the device


def _model_name(name: str) -> str:
    return name.partition(":")[2].partition("#")[0]


def _table(ctx: Context, spec: TrainSpec) -> Table:
    evidence = ctx.inputs["features"]
    names = evidence.plain.get("features")
    if not isinstance(names, list):
        raise InvalidInput("The record of the features does not name its features.", hint="Run the features again.")
    columns = read_parquet(ctx.blobs.get(_parquet(evidence)))
    labels = read_parquet(ctx.blobs.get(_parquet(ctx.inputs["labels"])))
    if unknown := sorted(set(spec.leave_out) - set(names)):
        message = f"The model leaves out {unknown[0]!r}, which is no feature of the recipe {spec.recipe}."
        raise InvalidInput(message, hint=f"Use one of: {', '.join(sorted(names))}.")
    kept = [str(n) for n in names if n not in spec.leave_out]
    return table_of(columns, kept, labels, spec.task.target)


def _parquet(evidence: Evidence) -> str:
    """Return the digest of the Parquet blob, the only one of its record."""
    if len(evidence.blobs) != 1:
        raise NotFound(f"{evidence.name} has {len(evidence.blobs)} blobs; its Parquet file is not the only one.")
    return evidence.blobs[0]


def _array(ctx: Context, digest: str) -> Array:
    array: Array = np.load(io.BytesIO(ctx.blobs.read(digest)), allow_pickle=False)
    return array


def _put(ctx: Context, array: Array) -> str:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return ctx.blobs.put(stream.getvalue())


STEPS = (Candidates(), OperatingPoints(), Models())
