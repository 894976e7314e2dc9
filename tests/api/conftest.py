"""A small project of 240 parts, with a recipe and a label; and the clock that it is opened with."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import ninefold as nf

CONNECTION = """\
connector: csv
path: data/parts.csv
asset: machine
time: finished
tags:
  - {signal: torque, column: torque, unit: N.m}
  - {signal: operator, column: operator}
  - {signal: failed, column: failed, unit: "1"}
"""
RECIPE = """\
inputs: {parts: dataset:parts}
keys: {entity: asset, time: ts}
steps:
  - keep: [torque]
  - derive: {doubled: "torque * 2"}
label: {from: parts, column: failed}
"""


def write_project(root: Path, rows: int = 240) -> Path:
    """Write its files and a CSV of so many rows."""
    rng = np.random.default_rng(9)
    for folder in ("data", "connections", "recipes"):
        (root / folder).mkdir(parents=True)
    (root / "ninefold.toml").write_text('name = "parts"\n')
    (root / "connections" / "parts.yaml").write_text(CONNECTION)
    (root / "recipes" / "parts.yaml").write_text(RECIPE)
    lines = ["machine,finished,torque,operator,failed"]
    for n in range(rows):
        torque = rng.normal(40, 5)
        lines.append(f"m{n % 2},2026-01-01T{n // 60:02}:{n % 60:02}:00Z,{torque:.2f},person {n % 3},{int(torque > 47)}")
    (root / "data" / "parts.csv").write_text("\n".join(lines) + "\n")
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of the project."""
    return write_project(tmp_path / "parts")


@pytest.fixture
def project(root: Path) -> Iterator[nf.Project]:
    """The project, opened; closed at the end."""
    with nf.open(root) as opened:
        yield opened
