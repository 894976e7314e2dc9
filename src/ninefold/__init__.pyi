from ninefold.api import Project as Project
from ninefold.api import open as open  # noqa: A004 - it is read as ninefold.open
from ninefold.api import run as run

__all__ = ["Project", "__version__", "open", "run"]

__version__: str
