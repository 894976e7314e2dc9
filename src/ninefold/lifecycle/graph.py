"""The nine steps and the readers of all project files: the only list of them."""

from importlib import import_module

from ninefold.kernel.steps import Step
from ninefold.kernel.view import FileReader

STEP_MODULES: tuple[str, ...] = ()
READER_MODULES: tuple[str, ...] = ()


def steps() -> tuple[Step, ...]:
    """Return the steps of every room."""
    return tuple(step for module in STEP_MODULES for step in import_module(module).STEPS)


def readers() -> tuple[FileReader, ...]:
    """Return the readers of every kind of project file."""
    return tuple(reader for module in READER_MODULES for reader in import_module(module).READERS)
