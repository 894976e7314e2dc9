"""ninefold: from a sentence in a requirement to a monitored model on a machine, as one chain of evidence.

In a notebook: `import ninefold as nf`, then `nf.open("my-project")`. Nothing heavy is imported before it is used.
"""

from importlib import import_module
from typing import Any

__all__ = ["Project", "__version__", "open", "run"]

__version__ = "0.1.0.dev0"


def __getattr__(name: str) -> Any:
    """Load the Python API when it is first asked for: the edge imports this package too, and has no use for it."""
    if name in {"Project", "open", "run"}:
        return getattr(import_module("ninefold.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
