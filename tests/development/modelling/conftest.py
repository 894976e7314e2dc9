"""A small process with tool lives, and a door for trainers that misbehave."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from ninefold.vocabulary.columns import Array, Floats

STEP_US = 300_000_000


class Cell(NamedTuple):
    """Rows of one machine in time order."""

    x: Array
    y: Floats
    context: dict[str, Array]


@pytest.fixture(scope="session")
def cell() -> Callable[..., Cell]:
    """Return a maker of rows: 40 rows a tool life, a label that depends on two of four features, some nulls."""

    def make(n: int = 2400, seed: int = 7, nulls: float = 0.02) -> Cell:
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(n, 4)).astype(np.float32)
        x[:, 0] = 300 + 0.3 * x[:, 0]
        y = (rng.random(n) < 1 / (1 + np.exp(-(3 * x[:, 1] + 8 * (x[:, 0] - 300) - 2)))).astype(np.float64)
        x[rng.random(x.shape) < nulls] = np.nan
        context = {"t": np.arange(n) * STEP_US, "tool_life": (np.arange(n) // 40).astype(np.float64)}
        return Cell(x, y, context)

    return make


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Return a function that installs a trainer (the class Odd of a source) for this process and its workers."""
    folder = tmp_path / "site"

    def install(name: str, source: str) -> None:
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (folder / f"trainer_{name}.py").write_text(source + "\nTRAINER = Odd()\n")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[ninefold.trainers]\n{name} = trainer_{name}:TRAINER\n")
        monkeypatch.setenv("PYTHONPATH", str(folder))
        if str(folder) not in sys.path:
            monkeypatch.syspath_prepend(str(folder))

    return install
