"""Step 1 in the graph: the lint of each requirement, and the coverage of all."""

from collections.abc import Iterable, Mapping

from ninefold.design.requirements.coverage import cover
from ninefold.design.requirements.lint import lint
from ninefold.kernel.steps import Ask, Blocked, Context, Evidence, Kind, Result, Step, Task
from ninefold.kernel.view import Facet, View
from ninefold.vocabulary.criterion import MetricSpec
from ninefold.vocabulary.requirement import RequirementIndex, Statement
from ninefold.vocabulary.use_case import UseCaseIndex

_READ = ("statement", "index", "metric")


class LintStep:
    """One task per requirement: its wording and counter-criteria."""

    name = "lint"
    version = "1"
    kind: Kind = "derive"
    consumes: frozenset[str] = frozenset(_READ)
    produces: frozenset[str] = frozenset({"requirement-lint"})
    environment: tuple[str, ...] = ()

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:  # noqa: ARG002 - the contract of a step
        """Return a task for each requirement of the view."""
        roles: dict[str, dict[str, str]] = {}
        for facet in view.facets.values():
            id, _, part = facet.name.partition("#")
            if id.startswith("REQ-") and part.partition("/")[0] in _READ:
                roles.setdefault(id, {})[part] = facet.name
        return [Task(f"lint:{id}", facets) for id, facets in sorted(roles.items())]

    def run(self, task: Task, ctx: Context) -> Result:  # noqa: ARG002 - the contract of a step
        """Read one requirement."""
        bodies = ctx.inputs
        index = bodies["index"].body(RequirementIndex)
        metrics = [bodies[f"metric/{c.id}"].body(MetricSpec) for c in index.criteria]
        return Result("requirement-lint@1", lint(index, bodies["statement"].body(Statement), metrics))


class CoverageStep:
    """One task: the matrix of all requirements and use cases."""

    name = "coverage"
    version = "1"
    kind: Kind = "derive"
    consumes: frozenset[str] = frozenset({"index"})
    produces: frozenset[str] = frozenset({"coverage"})
    environment: tuple[str, ...] = ()

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:  # noqa: ARG002 - the contract of a step
        """Return the one task, or none where nothing is to be covered."""
        facets = {f.name.removesuffix("#index"): f.name for f in view.of_kind("index") if _counts(f)}
        return [Task("coverage", facets)] if facets else []

    def run(self, task: Task, ctx: Context) -> Result:  # noqa: ARG002 - the contract of a step
        """Compute the matrix, the back-links and the gaps."""
        return Result("coverage@1", cover(*_indexes(ctx.inputs)))


def _counts(facet: Facet) -> bool:
    return facet.name.startswith(("REQ-", "UC-"))


def _indexes(inputs: Mapping[str, Evidence]) -> tuple[list[RequirementIndex], list[UseCaseIndex]]:
    requirements = [e.body(RequirementIndex) for role, e in inputs.items() if role.startswith("REQ-")]
    return requirements, [e.body(UseCaseIndex) for role, e in inputs.items() if role.startswith("UC-")]


STEPS: tuple[Step, ...] = (LintStep(), CoverageStep())
