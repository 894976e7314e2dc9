"""Imports of trainers' libraries without what these import only for interfaces that are not used here."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Let imports of packages that are not loaded yet fail for a while, as if they were not installed."""
    absent = [n for n in names if n not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None is how Python marks a module as absent
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
