"""The fleet's service as a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ninefold.testing.fleet import FleetProcess


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[FleetProcess]:
    found = FleetProcess(tmp_path / "project")
    yield found
    found.kill()
