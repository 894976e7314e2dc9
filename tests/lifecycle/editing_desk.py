"""A project of two files with a requirement, for tests of edits that need no results."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.small_cell import opened

from ninefold.cli.compose import Composer

REQ = "requirements/REQ-x.md"
PERSON = "person-0011223344556677"
TEXT = """---
id: REQ-x
uuid: 6a1f5b1e-6f0e-4c58-9a53-0d6a3f6d8a11
type: quality
title: Failures are announced
owner: maintenance
priority: should
criteria:
  - id: false-alarms    # told by maintenance
    where: [validation]
    metric: false_alarms_per_machine_week
    params: {unit: episode}
    threshold: {op: "<=", value: 3}
    bound: {side: upper, method: poisson, level: 0.9}
    min_samples: 100
---
While a machine is producing, the system shall warn of a tool failure.

Rationale: scrap.
"""


def write(root: Path) -> None:
    """Write the project."""
    (root / "requirements").mkdir(parents=True)
    (root / "ninefold.toml").write_text('name = "x"\n')
    (root / REQ).write_text(TEXT)


@contextmanager
def desk(root: Path) -> Iterator[Composer]:
    """Open the project, written anew when it is not there."""
    if not (root / "ninefold.toml").exists():
        write(root)
    with opened(root) as composer:
        yield composer
