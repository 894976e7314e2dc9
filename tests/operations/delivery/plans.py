"""Plans as the kernel hands them over, made by hand: task -> (room of its step, tasks before it)."""

from collections.abc import Mapping, Sequence

from ninefold.kernel.plan import Plan, Status
from ninefold.kernel.steps import Task
from ninefold.operations.delivery.jobs import Pipeline, pipeline_of

DATA = "ninefold.development.data.step"
MODELLING = "ninefold.development.modelling.step"
VALIDATION = "ninefold.development.validation.step"
DESIGN = "ninefold.design.requirements.step"


def step(room: str, kind: str = "derive") -> object:
    """Return a step of a room."""
    return type("Planned", (), {"__module__": room, "kind": kind})()


def plan(tasks: Mapping[str, tuple[str, Sequence[str]]]) -> Plan:
    """Return a plan; inputs first, as the kernel orders them."""
    statuses = []
    for name, (room, before) in tasks.items():
        task = Task(name, results={n: n for n in before})
        statuses.append(Status(name, step(room), "missing", task))  # type: ignore[arg-type]  # all that is looked at
    return Plan(statuses)


def one_model(model: str = "tool-failure", folder: str = ".", cron: str = "0 2 * * *") -> Pipeline:
    """Return the pipeline of a project with a source, a recipe, and a model of that name."""
    return pipeline_of(
        plan(
            {
                "coverage": (DESIGN, ()),
                "dataset:cell": (DATA, ()),
                "features:parts": (DATA, ["dataset:cell"]),
                f"candidates:{model}": (MODELLING, ["features:parts"]),
                f"measurement:{model}/REQ-a/recall": (VALIDATION, [f"candidates:{model}"]),
                f"verdict:{model}/REQ-a/recall": (VALIDATION, [f"measurement:{model}/REQ-a/recall"]),
            }
        ),
        folder, cron, "Europe/Berlin",
    )  # fmt: skip
