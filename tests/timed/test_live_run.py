"""One sabotaged run of the whole demo, watched: what goes wrong in its last two steps, and what goes beyond loopback.

Its gateways are held to decisions within 50 ms as those of the demo are, so it is in this folder, too.
"""

import re
from pathlib import Path

import pytest
from tests.demo.conftest import Told, sabotaged

PROCESSES = 5  # at least: the demo itself, the cell, the fleet's service, two gateways


@pytest.fixture(scope="module")
def live_run(derived_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The demo through all its steps: a stale verdict is put right on the way, and nobody watches for drift."""
    return sabotaged(derived_once, tmp_path_factory.mktemp("live"), "stale-verdict", "drift-off")


def test_a_stale_verdict_fails_the_eighth_step_which_is_done_once_it_is_put_right(live_run: Told) -> None:
    """A stale gate shows no dependents and does not open; the same step with nothing stale is done, so the staleness it was."""
    [undone] = live_run.report["undone"]
    assert (undone["name"], undone["step"]) == ("stale-verdict", "pipelines")
    assert re.search("touched only|ended with 4", undone["result"]), live_run.printed
    assert [s["ok"] for s in live_run.report["steps"]][:8] == [True] * 8, live_run.printed


def test_without_a_watch_on_drift_the_ninth_step_fails(live_run: Told) -> None:
    """The cabinet warms up and nobody says so."""
    last = live_run.report["steps"][-1]
    assert live_run.code == 1
    assert (last["name"], last["ok"]) == ("monitoring", False), live_run.printed
    assert "drift" in last["result"], live_run.printed


@pytest.mark.job("chain/loopback", against="real", what="processes")
def test_nothing_of_the_demo_goes_beyond_this_machine(live_run: Told) -> None:
    """Steps one to nine: commands, the cell's server, the fleet's service and both agents."""
    assert live_run.processes >= PROCESSES
    assert live_run.outside == ""
