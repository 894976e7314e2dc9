"""Step 3 in the graph: the events that the bounds need, and per use case a verdict on every need."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ninefold.connectors.files import UnknownSource, plugins
from ninefold.connectors.tables import TableSettings
from ninefold.design.availability.labels import counts_events, label_needs
from ninefold.kernel.steps import Ask, Blocked, Context, Kind, Result, Step, Task
from ninefold.kernel.view import View
from ninefold.vocabulary.asset import Assets
from ninefold.vocabulary.availability import LabelNeeds
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec
from ninefold.vocabulary.use_case import DataNeeds

if TYPE_CHECKING:
    from ninefold.design.availability.checking import Source

VALID_S = 24 * 3600.0  # a check of yesterday says nothing about today's links


class LabelNeedStep:
    """Plans `label-need:UC-x` from the recall-like criteria of the requirements that link to the use case."""

    name = "label-need"
    version = "1"
    kind: Kind = "derive"
    consumes: frozenset[str] = frozenset({"metric", "criterion", "index", "data_needs"})
    produces: frozenset[str] = frozenset({"label-need"})
    environment: tuple[str, ...] = ()

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:
        """Return one task for each use case that has data needs."""
        del ask
        for facet in view.of_kind("data_needs"):
            use_case = facet.body.use_case
            roles = {}
            for metric in _metrics(view, use_case):
                place = f"{metric.requirement}/{metric.criterion}"
                roles[f"metric:{place}"] = f"{metric.requirement}#metric/{metric.criterion}"
                roles[f"criterion:{place}"] = f"{metric.requirement}#criterion/{metric.criterion}"
            yield Task(f"label-need:{use_case}", roles, params={"use_case": use_case})

    def run(self, task: Task, ctx: Context) -> Result:
        """Plan the labels."""
        places = sorted(r.removeprefix("metric:") for r in ctx.inputs if r.startswith("metric:"))
        pairs = [
            (ctx.inputs[f"metric:{p}"].body(MetricSpec), ctx.inputs[f"criterion:{p}"].body(CriterionSpec))
            for p in places
        ]
        return Result("label-need@1", label_needs(task.params["use_case"], pairs))


class AvailabilityStep:
    """Plans `availability:UC-x`: floating, because links, clocks and fresh data change by themselves."""

    name = "availability"
    version = "2"
    kind: Kind = "observe"
    consumes: frozenset[str] = frozenset({"data_needs", "assets", "calendar", "source", "access", "label-need"})
    produces: frozenset[str] = frozenset({"availability"})
    environment: tuple[str, ...] = ("duckdb",)

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:
        """Return one task for each use case that has data needs."""
        del ask
        for facet in view.of_kind("data_needs"):
            facets = {"needs": facet.name}
            facets |= {name: name for name in ("assets", "calendar") if name in view.facets}
            for name in sorted(set(_connections(view, facet.body))):
                facets[f"source:{name}"] = f"connection:{name}#source"
                if f"connection:{name}#access" in view.facets and _is_live(view, name):
                    facets[f"access:{name}"] = f"connection:{name}#access"
            use_case = facet.body.use_case
            results = {"label-need": f"label-need:{use_case}"}
            yield Task(f"availability:{use_case}", facets, results, valid_for_s=VALID_S)

    def run(self, task: Task, ctx: Context) -> Result:
        """Look at every source of every need."""
        from ninefold.design.availability.checking import check_needs

        del task
        inputs = ctx.inputs
        assets = inputs["assets"].body(Assets) if "assets" in inputs else Assets()
        calendar = inputs["calendar"].body(Calendar) if "calendar" in inputs else None
        needed = inputs["label-need"].body(LabelNeeds).needed
        sources = [_source(ctx, role) for role in sorted(inputs) if role.startswith("source:")]
        now = ctx.clock.now()
        body = check_needs(inputs["needs"].body(DataNeeds), sources, assets, calendar, needed, ctx.root, ctx.clock)
        return Result("availability@1", body, as_of=now)


def _metrics(view: View, use_case: str) -> Iterator[MetricSpec]:
    linked = {f.body.id for f in view.of_kind("index") if any(k.to == use_case for k in getattr(f.body, "links", ()))}
    for facet in view.of_kind("metric"):
        if facet.body.requirement in linked and counts_events(facet.body):
            yield facet.body


def _connections(view: View, needs: DataNeeds) -> Iterator[str]:
    """Yield the connections that list a needed signal, or that a need names."""
    wanted = {n.signal for n in needs.needs}
    named = {n.from_ for n in needs.needs if n.from_}
    for facet in view.of_kind("source"):
        name = facet.name.removeprefix("connection:").removesuffix("#source")
        if name in named or wanted & _signals(facet.body):
            yield name


def _signals(body: object) -> set[str]:
    if isinstance(body, UnknownSource):
        return set(body.signals)
    return {t.signal for t in getattr(body, "tags", ())}


def _is_live(view: View, name: str) -> bool:
    body = view.facets[f"connection:{name}#source"].body
    return not isinstance(body, (UnknownSource, TableSettings)) and plugins().get(body.connector).live is not None


def _source(ctx: Context, role: str) -> "Source":
    from ninefold.design.availability.checking import Source

    name = role.partition(":")[2]
    access = ctx.inputs.get(f"access:{name}")
    return Source.of(name, ctx.inputs[role].plain, access.plain if access is not None else {})


STEPS: tuple[Step, ...] = (LabelNeedStep(), AvailabilityStep())
