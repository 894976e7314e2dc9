"""The references of drift as a step: what training looked like, for each drift criterion of a model's use case.

It reads how drift is measured (#metric), never the budget of false alarms (#criterion): a changed budget makes no new
reference, no new bundle and no rollout.
"""

import io
from collections.abc import Iterable

import numpy as np

from ninefold.bundle.monitors import monitor_of
from ninefold.bundle.tables import read_parquet
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.steps import Ask, Blocked, Context, Kind, Result, Task
from ninefold.kernel.view import View
from ninefold.vocabulary.columns import Columns, length, take
from ninefold.vocabulary.criterion import MetricSpec
from ninefold.vocabulary.model import TEST, UNUSED, Leaderboard
from ninefold.vocabulary.monitor import MONITOR, Monitor, Monitors

_METRIC = "metric:"


class MonitorStep:
    """Plans `monitor:MODEL`."""

    name = "monitor"
    version = "1"
    kind: Kind = "derive"
    consumes = frozenset({"metric", "candidates", "features"})
    produces = frozenset({"monitor"})
    environment: tuple[str, ...] = ("numpy",)

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:  # noqa: ARG002 - the contract of a step
        """Return one task a model."""
        for facet in view.of_kind("train"):
            model = facet.name.removeprefix("model:").removesuffix("#train")
            fields = facet.plain
            recipe = str(fields["dataset"]).removeprefix("recipe:")
            names = drift_criteria(view, str(fields["use_case"]))
            facets = {f"{_METRIC}{n}": n.replace("/", "#metric/", 1) for n in names}
            results = {"candidates": f"candidates:{model}", "rows": f"features:{recipe}"}
            yield Task(f"monitor:{model}", facets, results)

    def run(self, task: Task, ctx: Context) -> Result:
        """Fit the references; a criterion that cannot be watched is named with its reason."""
        board = ctx.inputs["candidates"].body(Leaderboard)
        rows = _trained(ctx, board)
        offered = [n for n in board.features if n not in board.categories]
        found: dict[str, Monitor] = {}
        unwatched: dict[str, str] = {}
        for role in sorted(r for r in ctx.inputs if r.startswith(_METRIC)):
            name = role.removeprefix(_METRIC)
            try:
                found[name] = monitor_of(ctx.inputs[role].body(MetricSpec), rows, offered)
            except InvalidInput as error:
                unwatched[name] = str(error)
        return Result(MONITOR, Monitors(task.name.partition(":")[2], found, unwatched))


def drift_criteria(view: View, use_case: str) -> list[str]:
    """Return the drift criteria (REQ-x/ID) that hold at run time, of the requirements that link to a use case."""
    linking = {
        f.name.removesuffix("#index")
        for f in view.of_kind("index")
        if f.name.startswith("REQ-") and any(link["to"] == use_case for link in f.plain.get("links", ()))
    }
    specs = [f.body for f in view.of_kind("metric") if isinstance(f.body, MetricSpec)]
    wanted = [s for s in specs if s.requirement in linking and s.metric == "drift" and "runtime" in s.where]
    return sorted(f"{s.requirement}/{s.criterion}" for s in wanted)


def _trained(ctx: Context, board: Leaderboard) -> Columns:
    """Return the rows that the race trained on."""
    rows = read_parquet(ctx.blobs.get(ctx.inputs["rows"].blobs[0]))
    roles = np.load(io.BytesIO(ctx.blobs.read(board.split.roles)), allow_pickle=False)
    if len(roles) != length(rows):
        raise InvalidInput(f"{len(roles)} roles do not fit {length(rows)} feature rows.", hint="Run the race again.")
    return take(rows, (roles != TEST) & (roles != UNUSED))


STEPS = (MonitorStep(),)
