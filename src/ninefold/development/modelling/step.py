"""Step 5 of the nine: candidates (the race), operating-point (the threshold), model (what ships), one task a model."""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec
import numpy as np

from ninefold.bundle.tables import read_parquet
from ninefold.development.modelling.bring import house_form, read_brought
from ninefold.development.modelling.brought import judged
from ninefold.development.modelling.calibration import calibrations, with_calibrations
from ninefold.development.modelling.entrant import Budgeted, Data, Entrant, Finish
from ninefold.development.modelling.files import installed_trainers
from ninefold.development.modelling.matrix import Table, table_of
from ninefold.development.modelling.operating_step import OperatingPoints
from ninefold.development.modelling.parity import Graph, class_flips, label_flips, rule_flips
from ninefold.development.modelling.race import Race
from ninefold.development.modelling.ranking import METRICS
from ninefold.development.modelling.specification import BringSpec, LimitsSpec, TrainSpec
from ninefold.development.modelling.split import Rows, divide
from ninefold.development.modelling.stored import keep_array, model_name, parquet_of, read_array
from ninefold.kernel.errors import InvalidInput, Refused
from ninefold.kernel.steps import Ask, Blocked, Context, Result, Task
from ninefold.kernel.view import View
from ninefold.vocabulary.model import (
    TEST,
    UNUSED,
    Brought,
    Candidate,
    Leaderboard,
    Limit,
    Model,
    OperatingPoint,
    SplitSummary,
)

ENGINES = ("numpy", "scikit-learn", "lightgbm", "onnx", "onnxruntime")


class Candidates:
    """The race over the features and labels of a recipe."""

    name = "candidates"
    version = "1"
    kind: Literal["derive"] = "derive"
    consumes = frozenset({"train", "features", "labels", "brought"})
    produces = frozenset({"candidates"})
    environment = ENGINES

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:  # noqa: ARG002  # the model file says it all
        """Return one task a model file."""
        for facet in view.of_kind("train"):
            name = model_name(facet.name)
            results = {"features": f"features:{facet.body.recipe}", "labels": f"labels:{facet.body.recipe}"}
            if f"model:{name}#bring" in view.facets:
                results["brought"] = f"brought:{name}"
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
        rng = np.random.default_rng(spec.split.seed)
        rows = divide(table.columns, table.y, spec.split, rng, spec.task, table.classes)
        codes = {table.features.index(name): len(values) for name, values in table.categories.items()}
        kind, classes = spec.task.kind, len(table.classes)
        data = Data(table.x, table.y, rows, table.features, spec.split.folds, codes, kind, classes)
        budget = Budgeted(float(spec.budget.cpu), float(spec.budget.memory), spec.budget.threads)
        if "brought" in ctx.inputs:
            onnx = _house_graph(ctx, table, spec)
            finish = judged(onnx, data, spec.metric, budget, spec.split.seed, ctx.scratch, ctx.cancel)
        else:
            race = Race(data, spec.metric, budget, spec.split.seed, ctx.scratch, ctx.progress, ctx.cancel)
            finish = race.run(spec.trainers or installed_trainers())
        chosen = calibrations(finish, table.y, rows, kind) if spec.calibration == "choose" else {}
        board = with_calibrations(_leaderboard(ctx, spec, table, rows, finish), chosen)
        blobs = {b for c in board.candidates for b in (c.onnx, c.out_of_fold, c.probe, c.native) if b}
        return Result("candidates@1", board, tuple(sorted({*blobs, board.split.roles})))


class BroughtModels:
    """The file of each model that is brought: looked at once, and then kept with its digest like a dataset."""

    name = "brought"
    version = "1"
    kind: Literal["observe"] = "observe"
    consumes = frozenset({"bring"})
    produces = frozenset({"brought"})
    environment = ("onnx",)

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:  # noqa: ARG002  # the model file says it all
        """Return one task a model file that brings a graph."""
        for facet in view.of_kind("bring"):
            yield Task(f"brought:{model_name(facet.name)}", facets={"bring": facet.name})

    def run(self, task: Task, ctx: Context) -> Result:
        """Return what the file holds.

        Raises:
            NotFound, Refused, InvalidInput: it is not there, too large, not portable, or not of the agreed form.
        """
        del task
        found, onnx = read_brought(ctx.root, ctx.inputs["bring"].body(BringSpec))
        return Result("brought@1", found, (ctx.blobs.put(onnx),))


def _house_graph(ctx: Context, table: Table, spec: TrainSpec) -> bytes:
    evidence = ctx.inputs["brought"]
    found = evidence.body(Brought)
    if found.width != len(table.features):
        message = f"{found.file} reads {found.width} features; the recipe gives {len(table.features)}."
        raise InvalidInput(message, hint="Name them in bring.features, in the order of the graph's input.")
    if table.categories:
        message = f"The feature {next(iter(table.categories))!r} is text, and {found.file} reads numbers."
        raise InvalidInput(message, hint="Turn it into numbers in the recipe, as the model was trained.")
    return house_form(ctx.blobs.read(evidence.blobs[0]), found, spec.task.kind, len(table.classes))


def _leaderboard(ctx: Context, spec: TrainSpec, table: Table, rows: Rows, finish: Finish) -> Leaderboard:
    return Leaderboard(
        metric=spec.metric, higher_is_better=METRICS[spec.metric].higher_is_better, features=table.features,
        candidates=tuple(_kept(ctx, e, finish) for e in finish.entrants), winner=finish.winner, why=finish.why,
        split=_summary(ctx, spec, table, rows), budget_cpu_s=float(spec.budget.cpu),
        used_cpu_s=finish.used_cpu_s, ended=finish.ended, task=spec.task.kind, categories=table.categories,
        classes=table.classes, target=spec.task.target,
    )  # fmt: skip


def _kept(ctx: Context, entrant: Entrant, finish: Finish) -> Any:
    row = entrant.row(finish.standings.get(entrant.name))
    if entrant.outcome != "finished" or entrant.scores is None or entrant.probe is None or entrant.native is None:
        return row
    return msgspec.structs.replace(
        row, onnx=ctx.blobs.put(entrant.onnx), out_of_fold=keep_array(ctx, entrant.scores.astype(np.float32)),
        probe=keep_array(ctx, entrant.probe), native=keep_array(ctx, entrant.native),
    )  # fmt: skip


def _summary(ctx: Context, spec: TrainSpec, table: Table, rows: Rows) -> SplitSummary:
    y, train, test = table.y, rows.roles >= 0, rows.roles == TEST
    known = ~np.isnan(y)
    counts = {"train": train, "test": test, "unused": rows.roles == UNUSED, "censored": ~known}
    parts = {"train": train, "test": test}
    groups = {n: len(np.unique(rows.groups[m])) for n, m in parts.items()} if spec.split.keep_whole else {}
    positives = {n: int(np.nansum(y[m])) for n, m in parts.items()} if spec.task.kind == "binary" else {}
    by_class = {
        n: {name: int((y[m] == place).sum()) for place, name in enumerate(table.classes)} for n, m in parts.items()
    }
    return SplitSummary(
        spec.split.kind, keep_array(ctx, rows.roles), {n: int(m.sum()) for n, m in counts.items()}, positives,
        spec.split.folds, rows.test_from, groups, by_class if table.classes else {},
    )  # fmt: skip


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
            name = model_name(facet.name)
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
        onnx, name = ctx.blobs.read(winner.onnx), model_name(task.name)
        flips = _flips(ctx, board, winner, point, Graph(onnx))
        if winner.parity is None or not winner.parity.passed or flips:
            message = (
                f"The graph of {winner.name} decides {flips} rows of the parity gate otherwise than its native model."
            )
            raise Refused(message, hint="Run the candidates again with another seed.")
        size_kb, split = len(onnx) / 1e3, board.split
        model = Model(
            name, winner.name, board.task, board.features, point.threshold, winner.onnx, size_kb, winner.parity, flips,
            tuple(_held(name, winner.name, limits, size_kb)), split.roles, split.test_from, board.categories,
            board.classes, point.alarm,
        )  # fmt: skip
        return Result("model@1", model, tuple(sorted({winner.onnx, board.split.roles})))


def _flips(ctx: Context, board: Leaderboard, winner: Candidate, point: OperatingPoint, graph: Graph) -> int:
    """Return on how many rows of the parity gate graph and native model decide differently."""
    probe, native = read_array(ctx, winner.probe), read_array(ctx, winner.native)
    if point.threshold is not None:
        return label_flips(graph, probe, native, point.threshold)
    if board.classes:
        return class_flips(graph, probe, native)
    cases = winner.parity.cases if winner.parity else {}
    return rule_flips(graph, probe, native, cases, point.alarm) if point.alarm else 0


def _held(name: str, candidate: str, limits: LimitsSpec, size_kb: float) -> Iterable[Limit]:
    if limits.size_kb is not None:
        if size_kb > limits.size_kb:
            message = f"The model {name} ({candidate}) has {size_kb:.0f} kB; limits.size_kb allows {limits.size_kb:g}."
            raise Refused(message, hint="Raise the limit, or leave out the trainer of large models.")
        yield Limit("size_kb", limits.size_kb, size_kb, held=True)
    if limits.latency_p99_ms is not None:
        yield Limit("latency_p99_ms", limits.latency_p99_ms, None, None)  # measured on the device


def _table(ctx: Context, spec: TrainSpec) -> Table:
    evidence = ctx.inputs["features"]
    names = evidence.plain.get("features")
    if not isinstance(names, list):
        raise InvalidInput("The record of the features does not name its features.", hint="Run the features again.")
    columns = read_parquet(ctx.blobs.get(parquet_of(evidence)))
    labels = read_parquet(ctx.blobs.get(parquet_of(ctx.inputs["labels"])))
    if unknown := sorted(set(spec.leave_out) - set(names)):
        message = f"The model leaves out {unknown[0]!r}, which is no feature of the recipe {spec.recipe}."
        raise InvalidInput(message, hint=f"Use one of: {', '.join(sorted(names))}.")
    kept = [str(n) for n in names if n not in spec.leave_out]
    if "brought" in ctx.inputs and (named := ctx.inputs["brought"].body(Brought).features):
        if unknown := sorted(set(named) - set(kept)):
            message = f"The brought model reads {unknown[0]!r}, which is no feature of the recipe {spec.recipe}."
            raise InvalidInput(message, hint=f"Use some of: {', '.join(sorted(kept))}.")
        kept = list(named)
    return table_of(columns, kept, labels, spec.task)


STEPS = (BroughtModels(), Candidates(), OperatingPoints(), Models())
