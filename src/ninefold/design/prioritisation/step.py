"""Step 2 in the graph: one ranking of all use cases."""

from collections.abc import Iterable

from ninefold.design.prioritisation.ranking import rank
from ninefold.design.prioritisation.sheet import DEFAULT, SHEET
from ninefold.kernel.steps import Ask, Blocked, Context, Kind, Result, Step, Task
from ninefold.kernel.view import View
from ninefold.vocabulary.ranking import Sheet
from ninefold.vocabulary.use_case import Scores


class RankingStep:
    """One task: the ranking of every use case that is not retired, under the project's sheet or the default one."""

    name = "ranking"
    version = "1"
    kind: Kind = "derive"
    consumes: frozenset[str] = frozenset({"scores", "sheet"})
    produces: frozenset[str] = frozenset({"ranking"})
    environment: tuple[str, ...] = ("numpy",)  # its generator draws the weightings

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:  # noqa: ARG002 - the contract of a step
        """Return the one task, or none where there is no use case."""
        names = {f.name.removesuffix("#scores"): f.name for f in view.of_kind("scores") if f.name.startswith("UC-")}
        facets = {id: name for id, name in names.items() if view.facets[f"{id}#index"].body.stage != "retired"}
        if not facets:
            return []
        broken = [p for p in view.problems if p.file == "prioritisation.yaml"]
        if broken:  # the default sheet must not step in for one that cannot be read
            return [Blocked("ranking", str(broken[0]), "ninefold check")]
        if SHEET in view.facets:
            return [Task("ranking", {**facets, "sheet": SHEET})]
        return [Task("ranking", facets, params={"sheet": DEFAULT})]

    def run(self, task: Task, ctx: Context) -> Result:
        """Rank the use cases."""
        sheet = ctx.inputs["sheet"].body(Sheet) if "sheet" in ctx.inputs else task.params["sheet"]
        scores = [e.body(Scores) for role, e in ctx.inputs.items() if role.startswith("UC-")]
        return Result("ranking@1", rank(scores, sheet))


STEPS: tuple[Step, ...] = (RankingStep(),)
