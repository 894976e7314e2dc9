"""Shared by all tests: where the real data sets are, and what is said when they are not."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from tests import small_cell

os.environ.pop("COLUMNS", None)  # a worker has the width of the terminal that started it; tables would fold by it
# Hundreds of processes start; without compiled modules kept between them each compiles the product anew, half its time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
DATA = Path(os.environ.get("NINEFOLD_DATA", "../shared/data"))
TOGETHER = {"demo"}  # folders whose files share a fixture that takes long; elsewhere a file's tests are kept together
HALVED = {"test_every_page.py"}  # files that take so long that two workers share them
_left_out: list[str] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what shares an expensive fixture in one worker, and leave acceptance tests out when the data are not here;
    nothing else is ever left out.
    """
    for place, item in enumerate(items):
        folder = item.path.relative_to(config.rootpath).parts[1]
        group = folder if folder in TOGETHER else str(item.path)
        item.add_marker(pytest.mark.xdist_group(f"{group}-{place % 2}" if item.path.name in HALVED else group))
    if DATA.is_dir():
        return
    out = [i for i in items if i.get_closest_marker("acceptance")]
    _left_out[:] = [i.nodeid for i in out]
    config.hook.pytest_deselected(items=out)
    items[:] = [i for i in items if i not in out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end what was not run."""
    if _left_out:
        terminalreporter.write_line(
            f"acceptance NOT RUN: {len(_left_out)} tests need the data of NINEFOLD_DATA ({DATA})"
        )


@pytest.fixture(scope="session")
def data_sets() -> Path:
    """The folder of real data sets."""
    return DATA.resolve()


@pytest.fixture(scope="session")
def derived_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small milling cell with verdicts and bundle, unsigned; made once, never written to."""
    root = tmp_path_factory.mktemp("derived") / "small-cell"
    small_cell.derive(root)
    return root


@pytest.fixture(scope="session")
def small_cell_once(derived_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small milling cell with two gateways that run the signed model; made once, never written to."""
    root = Path(shutil.copytree(derived_once, tmp_path_factory.mktemp("released") / "small-cell"))
    small_cell.release(root)
    return root


@pytest.fixture
def cell_root(small_cell_once: Path, tmp_path: Path) -> Path:
    """A copy of the small milling cell that a test may change."""
    return Path(shutil.copytree(small_cell_once, tmp_path / "small-cell"))
