"""Shared by all tests: where the real data sets are, and what is said when they are not."""

import gc
import os
import signal
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from tests import small_cell
from tests.once import copied, once, unspoiled
from xdist.scheduler import LoadScopeScheduling

os.environ.pop("COLUMNS", None)  # a worker has the width of the terminal that started it; tables would fold by it
# Hundreds of processes start; without compiled modules kept between them each compiles the product anew, half its time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# No test fails on a clock: beside others, any single example may take a second.
settings.register_profile("no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clock")
DATA = Path(os.environ.get("NINEFOLD_DATA", "../shared/data"))
TOGETHER = {
    "house",
    "tracking",
}  # folders whose files share a fixture that takes long; elsewhere a file's tests are kept together
HALVED = {"test_every_page.py"}  # files that take so long that two workers share them
LONGEST = (  # begun first, so that no worker waits at the end for another one, or for what is made once
    "lifecycle/",
    "workbench/browser/test_story.py", "acceptance/", "demo/", "workbench/browser/", "docs/", "tracking/", "house/",
)  # fmt: skip
_left_out: list[str] = []


class Groups(LoadScopeScheduling):
    """Keeps tests that share an expensive fixture in one worker.

    Not by the marks of `--dist loadgroup`: xdist 3.8 puts them into names that pytest 9.2 no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        folder, name = path.split("/")[1], path.rpartition("/")[2]
        if folder in TOGETHER:
            return folder
        return f"{path} {zlib.crc32(nodeid.encode()) % 2}" if name in HALVED else path


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of `tests/all.sh` for what nothing hurries."""
    parser.addoption("--step-back", action="store_true", help="Run only while no other process wants a processor.")


def pytest_configure(config: pytest.Config) -> None:
    """Step back; what is started from here on does, too. A shell's background job ignores SIGINT: what a test starts
    must not.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("step_back"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    """Hand out tests by group, in the order of their collection."""
    config.option.loadscopereorder = False
    return Groups(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and leave acceptance tests out when the data are not here; nothing else is ever
    left out.
    """
    items.sort(key=lambda item: next((n for n, part in enumerate(LONGEST) if f"tests/{part}" in str(item.path)), 99))
    if DATA.is_dir():
        return
    out = [i for i in items if i.get_closest_marker("acceptance")]
    _left_out[:] = [i.nodeid for i in out]
    config.hook.pytest_deselected(items=out)
    items[:] = [i for i in items if i not in out]


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and never among the thousands of collected tests: that took a seventh of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


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
def derived_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The small milling cell with verdicts and bundle, unsigned; made once for all workers, never written to."""
    root = once(tmp_path_factory, "derived-cell", small_cell.derive)
    yield root
    assert unspoiled(root), "A test wrote into a blob that it shares with others."


@pytest.fixture(scope="session")
def small_cell_once(derived_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The small milling cell with two gateways that run the signed model; made once for all workers, never written to."""

    def release(root: Path) -> None:
        copied(derived_once, root)
        small_cell.release(root)

    root = once(tmp_path_factory, "released-cell", release)
    yield root
    assert unspoiled(root), "A test wrote into a blob that it shares with others."


@pytest.fixture
def cell_root(small_cell_once: Path, tmp_path: Path) -> Path:
    """A copy of the small milling cell that a test may change."""
    return copied(small_cell_once, tmp_path / "small-cell")
