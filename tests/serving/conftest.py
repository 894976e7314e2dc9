"""Servers over real sockets: one that is shared by tests that change nothing, and one for those that do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ninefold.testing.bundles import small_payload
from ninefold.testing.serving import Shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Two versions of one model, and another model, with small limits."""
    found = Shop(tmp_path_factory.mktemp("shop"))
    found.put("first", found.made(small_payload(), 1))
    found.put("second", found.made(small_payload(), 2))
    found.put("other", found.made(small_payload("spindle"), 10))
    found.start("--rows", "5000", "--body-mib", "2")
    yield found
    assert found.stop() == 0
    assert "Traceback" not in found.said


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Shop]:
    """A server of one test, with one bundle, not started yet."""
    found = Shop(tmp_path / "shop")
    found.put("model", found.made(small_payload(), 1))
    yield found
    found.kill()
    assert "Traceback" not in found.said
