"""Toy steps for tests of plan, status and runner: arithmetic on facets, with a count of how often each ran."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.plan import Plan
from ninefold.kernel.progress import Cancel, Silent
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.status import status
from ninefold.kernel.steps import Ask, Blocked, Context, Result, Task
from ninefold.kernel.view import Facet, View
from ninefold.lifecycle.runner import Runner
from ninefold.testing.clock import FakeClock


@dataclass
class Toy:
    """A step whose plan is a list of tasks and whose result is the sum of what it reads."""

    name: str
    tasks: Any = ()  # tasks, or a function (view, ask) -> tasks
    consumes: frozenset[str] = frozenset()
    produces: frozenset[str] = frozenset()
    version: str = "1"
    kind: Any = "derive"
    environment: tuple[str, ...] = ()
    ran: list[str] = field(default_factory=list)

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:
        """Return the tasks."""
        return self.tasks(view, ask) if callable(self.tasks) else self.tasks

    def run(self, task: Task, ctx: Context) -> Result:
        """Add up the numbers of all inputs."""
        self.ran.append(task.name)
        total = sum(_number(e.plain) for e in ctx.inputs.values())
        return Result(f"{next(iter(self.produces))}@1", {"sum": total}, as_of=ctx.clock.now())


def _number(plain: Any) -> float:
    return float(plain["sum"] if "sum" in plain else plain.get("value", 0))


def facet(name: str, value: float) -> Facet:
    """Return a facet that holds a number."""
    return Facet(name, "number", {"value": float(value)})


@dataclass
class World:
    """A store, a clock and steps; `view` is exchanged as files change."""

    folder: Path
    steps: list[Any]
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.store = SqliteStore(self.folder / "store.db")

    def view(self, values: Mapping[str, float], pins: Mapping[str, str] | None = None) -> View:
        """Return a view of numbers by facet name."""
        return View([facet(n, v) for n, v in values.items()], pins or {}, self.clock.now())

    def status(self, values: Mapping[str, float], pins: Mapping[str, str] | None = None) -> Plan:
        """Return the status of a view."""
        return status(self.steps, self.view(values, pins), self.store)

    def run(self, values: Mapping[str, float], **options: Any) -> tuple[Runner, Plan]:
        """Bring a view up to date."""
        runner = Runner(
            self.view(values), self.store, Blobs(self.folder / "blobs"), self.clock, self.folder, "tester", Silent(),
            Cancel(), options.pop("wanted", lambda _name: True), **options,
        )  # fmt: skip
        plan = status(self.steps, runner.view, self.store, runner)
        runner.finish()
        return runner, plan


def chain(length: int) -> list[Toy]:
    """Return one step per link: link 0 reads the facet `a`, each other the link before."""
    first = Toy("link0", [Task("t0", {"a": "a"})], frozenset({"number"}), frozenset({"link0"}))
    rest = [
        Toy(
            f"link{i}",
            [Task(f"t{i}", {}, {"before": f"t{i - 1}"})],
            frozenset({f"link{i - 1}"}),
            frozenset({f"link{i}"}),
        )
        for i in range(1, length)
    ]
    return [first, *rest]
