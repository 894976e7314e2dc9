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


def steps() -> tuple[Step, ...]:
    """Return the steps of every room."""
    return tuple(step for module in STEP_MODULES for step in import_module(module).STEPS)


def readers() -> tuple[FileReader, ...]:
    """Return the readers of every kind of project file."""
    return tuple(reader for module in READER_MODULES for reader in import_module(module).READERS)
