"""The operating point as a step: of a binary model its threshold, of the other kinds the rule of the model file."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
import numpy as np

from ninefold.bundle.failsafe import apply_rule
from ninefold.bundle.tables import read_parquet
from ninefold.criteria.operating import OperatingClock
from ninefold.criteria.subjects import WEEK_S
from ninefold.development.modelling.answering import expected_of
from ninefold.development.modelling.brought import TRAINER as BROUGHT
from ninefold.development.modelling.curves import OutOfFold, Wanted
from ninefold.development.modelling.files import named_by
from ninefold.development.modelling.matrix import targets
from ninefold.development.modelling.operating_point import baseline_of, best_of, choose
from ninefold.development.modelling.specification import DecisionSpec, TaskSpec
from ninefold.development.modelling.stored import model_name, parquet_of, read_array
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.steps import Ask, Blocked, Context, Evidence, Result, Task
from ninefold.kernel.view import View
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.columns import Array, Floats, take
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec
from ninefold.vocabulary.model import TEST, Candidate, Leaderboard, OperatingPoint

TOOL_LIFE = "tool_life"  # a held alarm ends when this column changes


class OperatingPoints:
    """The threshold of each model, chosen out of fold under its criteria; of other kinds than binary, the rule."""

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
            name = model_name(facet.name)
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
        columns = labelled_rows(ctx.inputs, ctx.blobs, board)
        roles, wanted = read_array(ctx, board.split.roles), list(wanted_in(ctx.inputs, spec))
        events, clock = events_in(ctx.inputs, ctx.blobs) if board.task == "binary" else (None, None)

        def predicted_by(row: Candidate) -> OutOfFold:
            return out_of_fold(columns, read_array(ctx, row.out_of_fold).astype(np.float64), roles, events, clock)

        points = []
        for row in board.candidates:
            if row.outcome == "finished":
                ctx.cancel.check()
                ctx.progress.say(f"operating point of {row.name}")
                points.append(_point(ctx, spec, board, row, wanted, predicted_by(row)))
        point = best_of(points, {c.name: c.size_kb or 0.0 for c in board.candidates}, board.winner)
        if spec.baseline and board.task == "binary":
            data = predicted_by(board.candidate(point.candidate))
            fires = apply_rule(spec.baseline, data.rows) > 0  # null fires nothing
            point = msgspec.structs.replace(point, baseline=baseline_of(spec.baseline, fires, wanted, data))
        return Result("operating-point@1", point)


def _point(
    ctx: Context, spec: DecisionSpec, board: Leaderboard, row: Candidate, wanted: list[Wanted], data: OutOfFold
) -> OperatingPoint:
    if board.task != "binary":
        point = expected_of(row.name, wanted, data, board.classes, spec.alarm)
    else:
        point = choose(row.name, wanted, data, read_array(ctx, row.native))
    if row.trainer != BROUGHT:
        return point
    known = "The model was brought: whether it was trained on these rows is not known."
    return msgspec.structs.replace(point, reason=f"{point.reason} {known}")


def labelled_rows(inputs: Mapping[str, Evidence], blobs: Blobs, board: Leaderboard) -> dict[str, Array]:
    """Return the features of all rows, with what the race learnt as the column `label`."""
    columns = read_parquet(blobs.get(parquet_of(inputs["features"])))
    labels = read_parquet(blobs.get(parquet_of(inputs["labels"])))
    columns |= {
        name: columns[name].astype(str) for name in ("asset", TOOL_LIFE) if name in columns
    }  # once, not a curve
    columns["label"], _ = targets(labels[board.target], TaskSpec(board.task, board.target, board.classes))
    return columns


def events_of(view: View, recipe: str) -> str:
    """Return the task that holds the events of a recipe's label; "" when its label comes from none."""
    label, inputs = view.facets.get(f"recipe:{recipe}#label"), view.facets.get(f"recipe:{recipe}#inputs")
    if label is None or inputs is None or not label.plain.get("event"):
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
    predicted = np.isfinite(score).reshape(len(score), -1).all(axis=1)
    keep, test = (roles >= 0) & predicted, roles == TEST
    reset = TOOL_LIFE if TOOL_LIFE in columns else None
    weeks = _machine_weeks(take(columns, test)) if "asset" in columns and "t" in columns else 0.0
    return OutOfFold(take(columns, keep), score[keep], int(test.sum()), weeks, events, clock, reset)


def _machine_weeks(rows: dict[str, Array]) -> float:
    assets = rows["asset"].astype(str)
    spans = [np.ptp(rows["t"][assets == asset]) for asset in np.unique(assets)]
    return float(sum(spans)) / 1e6 / WEEK_S


def events_in(inputs: Mapping[str, Evidence], blobs: Blobs) -> tuple[dict[str, Array] | None, OperatingClock | None]:
    """Return the events that the label announces, if it announces any, and the operating clock, if there is a calendar.

    Raises:
        InvalidInput: the events lack a column.
    """
    calendar = inputs.get("calendar")
    clock = OperatingClock(calendar.body(Calendar)) if calendar else None
    if "events" not in inputs:
        return None, clock
    log = read_parquet(blobs.get(parquet_of(inputs["events"])))
    kind = inputs["label"].plain["event"]
    if absent := [n for n in ("asset", "event", "occurred") if n not in log]:
        raise InvalidInput(f"The events have no column {absent[0]!r}.", hint=f"Use one of: {', '.join(sorted(log))}.")
    mine = np.asarray(log["event"] == kind, dtype=bool)
    if "outcome" in log:
        mine &= np.asarray(log["outcome"] != "averted", dtype=bool)  # an alarm that was acted on leaves no failure
    return {"asset": log["asset"][mine], "t": log["occurred"][mine].astype(np.int64)}, clock


def wanted_in(inputs: Mapping[str, Evidence], spec: DecisionSpec) -> Iterable[Wanted]:
    """Yield the criteria of a decision, by name."""
    for role, evidence in sorted(inputs.items()):
        if role.startswith("metric:"):
            name = role.partition(":")[2]
            criterion = inputs[f"criterion:{name}"].body(CriterionSpec)
            yield Wanted(evidence.body(MetricSpec), criterion, name in spec.satisfy)
