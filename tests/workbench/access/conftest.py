"""A folder of a project's state, and a clock that is moved by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.workbench.access.made import CHEAP

from ninefold.testing.clock import FakeClock
from ninefold.workbench.access.access import Access


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".ninefold"


@pytest.fixture
def access(folder: Path, clock: FakeClock) -> Iterator[Access]:
    made = Access(folder, clock, CHEAP)
    yield made
    made.close()
