"""A project in miniature for tests of approvals: a recipe, a model, a requirement, and steps that make records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ninefold.development.validation.approval import ApprovalStep
from ninefold.development.validation.signing_off import Desk
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.people import People
from ninefold.kernel.plan import Plan
from ninefold.kernel.progress import Cancel, Silent
from ninefold.kernel.signing import SigningKey
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.status import status
from ninefold.kernel.steps import Ask, Blocked, Context, Kind, Result, Task
from ninefold.kernel.view import Facet, View
from ninefold.lifecycle.runner import Runner
from ninefold.testing.clock import FakeClock
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec, Outcome, Threshold
from ninefold.vocabulary.measurement import Estimate
from ninefold.vocabulary.person import Person
from ninefold.vocabulary.verdict import Judgement, Verdict

DAY = 86_400_000_000


class Bundles:
    """Makes `bundle:m` from the recipe and the data that it is told of."""

    name, version, environment = "bundle", "1", ()
    kind: Kind = "derive"
    consumes, produces = frozenset({"features-of-recipe"}), frozenset({"bundle"})

    def __init__(self) -> None:
        self.data = 1

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:
        return [Task("bundle:m", {"recipe": "recipe:r#features"}, params={"data": self.data})]

    def run(self, task: Task, ctx: Context) -> Result:
        return Result("bundle@1", {"data": task.params["data"], "recipe": ctx.inputs["recipe"].plain})


class Verdicts:
    """Makes the verdicts that it is told of: by role, the outcome of the whole and of each slice."""

    name, version, environment = "verdict", "1", ()
    kind: Kind = "derive"
    consumes, produces = frozenset({"criterion", "bundle"}), frozenset({"verdict"})

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.slices: dict[str, tuple[tuple[str, Outcome], ...]] = {}

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:
        for facet in view.of_kind("criterion"):
            role = facet.name.replace("#criterion/", "/")
            params = {"outcome": self.outcomes.get(role, "pass"), "slices": list(self.slices.get(role, ()))}
            yield Task(f"verdict:m/{role}", {"criterion": facet.name}, {"bundle": "bundle:m"}, params)

    def run(self, task: Task, ctx: Context) -> Result:
        spec = ctx.inputs["criterion"].body(CriterionSpec)
        estimate = Estimate(0.5, None, 7)
        whole = Judgement(task.params["outcome"], estimate, f"the whole: {task.params['outcome']}.")
        slices = tuple(Judgement(o, estimate, f"{v}: {o}.", {"variant": v}) for v, o in task.params["slices"])
        body = Verdict(spec.requirement, spec.criterion, "recall", whole.outcome, spec.threshold, whole, slices)
        return Result("verdict@1", body)


@dataclass
class World:
    """A store, a clock, one approver with a key, and text that tests change."""

    folder: Path
    bundles: Bundles = field(default_factory=Bundles)
    verdicts: Verdicts = field(default_factory=Verdicts)
    clock: FakeClock = field(default_factory=FakeClock)
    recipe: str = "mean"
    thresholds: dict[str, float] = field(default_factory=lambda: {"recall": 0.7, "false-alarms": 2.0})
    required: bool = False

    def __post_init__(self) -> None:
        self.store = SqliteStore(self.folder / "store.db")
        self.key = SigningKey.new()
        self.person: Person = People(self.store).add("Ada Example", public_key=self.key.public, roles=["approver"])

    @property
    def steps(self) -> list[Any]:
        return [self.bundles, self.verdicts, ApprovalStep()]

    def view(self) -> View:
        """Return the text as it stands."""
        facets = [
            Facet("model:m#train", "train", {"use_case": "UC-x", "dataset": "recipe:r"}),
            Facet("recipe:r#features", "features-of-recipe", {"statistic": self.recipe}),
            Facet("REQ-x#index", "index", {"id": "REQ-x", "links": [{"to": "UC-x", "role": "refines"}]}),
            Facet("REQ-y#index", "index", {"id": "REQ-y", "links": [{"to": "UC-other", "role": "refines"}]}),
        ]
        for name, value in self.thresholds.items():
            metric = MetricSpec("REQ-x", name, "recall", ("validation",))
            spec = CriterionSpec("REQ-x", name, Threshold(">=", value), 0, "required" if self.required else "report")
            facets += [
                Facet(f"REQ-x#metric/{name}", "metric", metric),
                Facet(f"REQ-x#criterion/{name}", "criterion", spec),
            ]
        return View(facets, {}, self.clock.now())

    def plan(self) -> Plan:
        """Return the status of everything."""
        return status(self.steps, self.view(), self.store)

    def run(self) -> Plan:
        """Bring everything up to date."""
        runner = Runner(
            self.view(), self.store, Blobs(self.folder / "blobs"), self.clock, self.folder, "tester", Silent(),
            Cancel(), lambda _name: True,
        )  # fmt: skip
        status(self.steps, runner.view, self.store, runner)
        runner.finish()
        return self.plan()

    def desk(self) -> Desk:
        """Return where somebody signs, with everything brought up to date."""
        return Desk(self.run(), self.view(), self.store, self.clock.now())

    def state(self) -> tuple[str, str]:
        """Return state and reason of the approval."""
        found = self.run()["approval:m"]
        return found.state, found.reason or "; ".join(found.notes)


def contents(world: World) -> Mapping[str, str]:
    """Return what an approval of the model would name."""
    return world.plan()["approval:m"].contents or {}
