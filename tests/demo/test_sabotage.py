"""Seven of nine sabotages: each makes exactly its step of the demo fail, by name, with the demo's non-zero exit code.

They reach no gateway that is held to a latency; the other two do, in `timed/test_live_run.py`.
"""

from pathlib import Path

import pytest
from tests.demo.conftest import sabotaged

# sabotage -> the step that must fail, how many steps before it must be done, and what the step must say
ALONE = {
    "unknown-metric": ("requirements", 0, "`ninefold check` ended with 1"),
    "gated-winner": ("prioritisation", 1, "UC-part-count comes first"),
    "data-gap": ("data availability", 2, "gaps inside the states; the longest: 2.0 h on m3"),
    "edge-recipe": ("data engineering", 3, "batch, stream and DuckDB do not agree"),
    "starved-budget": ("model engineering", 4, "`ninefold run model:tool-failure` ended with 1"),
    "flipped-labels": ("testing and validation", 5, "`ninefold gate tool-failure` ended with 1"),
    "broken-bundle": ("deployment", 6, "gateway-"),
}


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.job("chain/sabotage", against="cases", what="planted error, the demo's own steps")
def test_a_sabotage_makes_exactly_its_step_fail(name: str, derived_once: Path, tmp_path: Path) -> None:
    """Every step before is done; the step says what it saw; nothing after it is begun."""
    step, before, said = ALONE[name]
    told = sabotaged(derived_once, tmp_path, name)
    steps = told.report["steps"]
    assert told.code == 1, told.printed
    assert [s["ok"] for s in steps] == [True] * before + [False], told.printed
    assert steps[-1]["name"] == step
    assert said in steps[-1]["result"], told.printed
