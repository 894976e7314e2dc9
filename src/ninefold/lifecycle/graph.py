"""The nine steps and the readers of all project files: the only list of them."""

from importlib import import_module

from ninefold.kernel.steps import Step
from ninefold.kernel.view import FileReader

STEP_MODULES = (
    "ninefold.design.requirements.step",
    "ninefold.design.prioritisation.step",
    "ninefold.design.availability.step",
    "ninefold.development.data.step",
    "ninefold.development.modelling.step",
    "ninefold.development.validation.step",
    "ninefold.operations.monitoring.step",
    "ninefold.operations.deployment.bundling",
    "ninefold.operations.deployment.step",
)
READER_MODULES = (
    "ninefold.design.requirements.files",
    "ninefold.design.prioritisation.files",
    "ninefold.connectors.files",
    "ninefold.development.data.files",
    "ninefold.development.modelling.files",
    "ninefold.operations.deployment.files",
    "ninefold.operations.delivery.files",
)

_ROOMS = {  # the eighth, delivery, plans no task: its gate is asked
    "design.requirements": 1, "design.prioritisation": 2, "design.availability": 3, "development.data": 4,
    "development.modelling": 5, "development.validation": 6, "operations.deployment": 7, "operations.monitoring": 9,
}  # fmt: skip


def steps() -> tuple[Step, ...]:
    """Return the steps of every room."""
    return tuple(step for module in STEP_MODULES for step in import_module(module).STEPS)


def step_numbers() -> dict[str, int]:
    """Return the number of the lifecycle's step (1 to 9) to which the tasks of each step belong, by the step's name."""
    return {
        step.name: _ROOMS[module.removeprefix("ninefold.").rpartition(".")[0]]
        for module in STEP_MODULES
        for step in import_module(module).STEPS
    }


def readers() -> tuple[FileReader, ...]:
    """Return the readers of every kind of project file."""
    return tuple(reader for module in READER_MODULES for reader in import_module(module).READERS)
