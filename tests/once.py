"""A folder that takes long to make, made by the first worker that needs it; every worker gets a copy of its own."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def copied(project: Path, place: Path) -> Path:
    """Copy a project. Blobs are linked: they never change, and most of the bytes are theirs. A test that spoils one
    unlinks it first.
    """

    def one(source: str, target: str) -> None:
        (os.link if "/.ninefold/blobs/" in source else shutil.copy2)(source, target)

    return Path(shutil.copytree(project, place, copy_function=one))


def unspoiled(project: Path) -> bool:
    """Return whether each blob of a project is what its name says, after all tests that shared it."""
    blobs = [p for p in (project / ".ninefold" / "blobs").rglob("*") if p.is_file()]
    return all(hashlib.sha256(p.read_bytes()).hexdigest() == p.parent.name + p.name for p in blobs)


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return this worker's copy of a folder; `make` fills it once for all workers, and the others wait meanwhile.

    All are those of this run of pytest, and of others with the same folder `NINEFOLD_ONCE`. The folder that is copied
    is opened by nobody. A `make` that fails leaves nothing, and the next worker tries again.
    """
    base = factory.getbasetemp()
    shared = Path(os.environ.get("NINEFOLD_ONCE", base.parent if "PYTEST_XDIST_WORKER" in os.environ else base))
    made = shared / f"once-{name}"
    with (shared / f"once-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            half = shared / f"half-{name}"
            shutil.rmtree(half, ignore_errors=True)
            make(half)
            half.rename(made)
    return copied(made, factory.mktemp(name) / name)
