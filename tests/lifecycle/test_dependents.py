"""Exactly the dependents: what an edit touches on a real project, task by task, as a person would list it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.small_cell import REQUIREMENT, Device, edit, opened, report_active, run, sign, states, touched

from ninefold.cli.compose import Composer
from ninefold.kernel.records import Input
from ninefold.vocabulary.alarm import EPISODE, AlarmEpisode
from ninefold.vocabulary.window import WINDOW, Window

# Everything that the small cell plans, by hand.
RECALL = "tool-failure/REQ-tool-failure-warning/recall"
FALSE_ALARMS = "tool-failure/REQ-tool-failure-warning/false-alarms"
DRIFT = "tool-failure/REQ-tool-failure-warning/input-drift"
PRODUCTS = "tool-failure/REQ-tool-failure-warning/products"
EXAMINED = {
    f"{what}:tool-failure" for what in ("leakage", "reliability", "slices", "faults", "importance", "conformal")
}
ALL = {
    "lint:REQ-cabinet-heat", "lint:REQ-tool-failure-warning", "lint:REQ-warning-reaction", "coverage", "ranking",
    "label-need:UC-cabinet-heat", "label-need:UC-part-count", "label-need:UC-tool-failure",
    "availability:UC-cabinet-heat", "availability:UC-part-count", "availability:UC-tool-failure",
    "dataset:cell-history", "dataset:maintenance-log", "features:part-features", "labels:part-features",
    "profile:part-features", "parity:part-features",
    "candidates:tool-failure", "monitor:tool-failure", "operating-point:tool-failure", "model:tool-failure",
    f"measurement:{RECALL}", f"measurement:{FALSE_ALARMS}", f"measurement:{DRIFT}",
    f"measurement:{PRODUCTS}",
    f"verdict:{RECALL}", f"verdict:{FALSE_ALARMS}", f"verdict:{DRIFT}", f"verdict:{PRODUCTS}",
    *EXAMINED,
    "bundle:tool-failure", "approval:tool-failure",
    "rollout:cell-gateways/gateway-1", "rollout:cell-gateways/gateway-2",
}  # fmt: skip
# The number of labels that the bound needs follows from the threshold, and the operating point is chosen to satisfy it.
BY_THE_RECALL_THRESHOLD = {
    "label-need:UC-tool-failure", "availability:UC-tool-failure",
    "operating-point:tool-failure", "model:tool-failure",
    f"measurement:{RECALL}", f"measurement:{FALSE_ALARMS}", f"measurement:{DRIFT}",
    f"measurement:{PRODUCTS}",
    f"verdict:{RECALL}", f"verdict:{FALSE_ALARMS}", f"verdict:{DRIFT}", f"verdict:{PRODUCTS}",
    *EXAMINED,
    "bundle:tool-failure", "approval:tool-failure",
    "rollout:cell-gateways/gateway-1", "rollout:cell-gateways/gateway-2",
}  # fmt: skip
HIGHER = ("value: 0.70}", "value: 0.72}")


@pytest.fixture
def cell(cell_root: Path) -> Iterator[Composer]:
    with opened(cell_root) as composer:
        yield composer


def now(cell: Composer) -> dict[str, str]:
    return states(cell.session.status())


def test_everything_of_the_small_cell_is_planned_and_fresh(cell: Composer) -> None:
    """The list above is complete, so that an untouched task is untouched and not just absent."""
    assert now(cell) == dict.fromkeys(ALL, "fresh")
    assert run(cell).done == ()


@pytest.mark.job("chain/exactly", against="simulator", what="a small milling cell, the real steps")
def test_the_recall_threshold_touches_exactly_what_follows_from_it(cell: Composer) -> None:
    """Not the dataset, profile, features, labels, parity or fitted candidates; running redoes no other task either."""
    before = now(cell)
    edit(cell.root, REQUIREMENT, *HIGHER)
    after = now(cell)
    assert touched(before, after) == BY_THE_RECALL_THRESHOLD
    assert {n for n in after if after[n] == "fresh"} == ALL - BY_THE_RECALL_THRESHOLD
    outcome = run(cell)
    assert not outcome.failed
    assert set(outcome.done) <= BY_THE_RECALL_THRESHOLD
    assert {"label-need:UC-tool-failure", "operating-point:tool-failure", f"verdict:{RECALL}"} <= set(outcome.done)


def test_a_changed_threshold_closes_the_gate_before_the_devices(cell: Composer) -> None:
    """Approval and rollout are not fresh until everything was redone and signed again."""
    edit(cell.root, REQUIREMENT, *HIGHER)
    assert "fresh" not in {now(cell)["approval:tool-failure"], now(cell)["rollout:cell-gateways/gateway-1"]}
    run(cell)
    assert now(cell)["approval:tool-failure"] == "blocked"
    assert now(cell)["rollout:cell-gateways/gateway-1"] == "blocked"
    sign(cell.session)
    assert now(cell)["approval:tool-failure"] == "fresh"


@pytest.mark.job("chain/drift-limit", against="simulator", what="a small milling cell, the real steps")
def test_a_drift_limit_touches_its_verdict_and_measures_nothing(cell: Composer) -> None:
    """The limit is in the criterion, the measured figure is not: no measurement runs, no bundle changes."""
    before = now(cell)
    edit(cell.root, REQUIREMENT, "value: 1}        # false alarms", "value: 2}        # false alarms")
    assert touched(before, now(cell)) == {f"verdict:{DRIFT}"}
    assert run(cell).done == (f"verdict:{DRIFT}",)
    assert now(cell) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (REQUIREMENT, "scraps the part and stops", "ruins the part and stops"),
        (REQUIREMENT, "# false alarms a year at which", "# how many false alarms a year at which"),
        ("recipes/part-features.yaml", "# N.m with a sharp tool", "# newton metres with a sharp tool"),
        ("models/tool-failure.yaml", "use_case:", "# the model of the cell\nuse_case:"),
    ],
    ids=["rationale", "comment in a requirement", "comment in a recipe", "comment in a model"],
)
def test_words_that_nothing_reads_make_nothing_stale(cell: Composer, file: str, old: str, new: str) -> None:
    """Rationale and comments are in no facet."""
    edit(cell.root, file, old, new)
    assert now(cell) == dict.fromkeys(ALL, "fresh")
    assert run(cell).done == ()


def test_a_revert_runs_nothing(cell: Composer) -> None:
    """The evidence of the first text is found by key, with the signature on it, even after the second was carried out."""
    edit(cell.root, REQUIREMENT, *HIGHER)
    assert run(cell).done
    sign(cell.session)
    edit(cell.root, REQUIREMENT, *reversed(HIGHER))
    assert now(cell) == dict.fromkeys(ALL, "fresh")
    assert run(cell).done == ()


def test_a_device_that_went_on_is_stale_after_a_revert_until_it_reports(cell: Composer) -> None:
    """Evidence comes back by key; what a device runs does not change by editing a file."""
    edit(cell.root, REQUIREMENT, *HIGHER)
    run(cell)
    sign(cell.session)
    run(cell, "rollout:*")
    report_active(cell, Device("gateway-1", "b2"))
    edit(cell.root, REQUIREMENT, *reversed(HIGHER))
    assert touched(dict.fromkeys(ALL, "fresh"), now(cell)) == {"rollout:cell-gateways/gateway-1"}


def git(root: Path, *words: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)  # noqa: S607 - the git of the path


@pytest.mark.job("chain/branch", against="real", what="git")
def test_another_branch_is_undisturbed(cell: Composer) -> None:
    """Two branches share a store; work on one changes no status of the other, as `status --revision` shows."""
    (cell.root / ".gitignore").write_text(".ninefold/\ndata/\n")
    git(cell.root, "init", "--initial-branch=main")
    git(cell.root, "add", ".")
    git(cell.root, "commit", "-m", "The cell")
    git(cell.root, "switch", "-c", "stricter")
    edit(cell.root, REQUIREMENT, *HIGHER)
    git(cell.root, "commit", "-am", "A higher recall")
    assert run(cell).done
    sign(cell.session)
    assert states(cell.plan(cell.session.store, "main")) == dict.fromkeys(ALL, "fresh")
    ours = states(cell.plan(cell.session.store, "stricter"))
    assert {n for n in ours if ours[n] != "fresh"} == {n for n in ALL if n.startswith("rollout:")}
    command = [sys.executable, "-m", "ninefold", "--quiet", "-C", str(cell.root), "status", "--revision", "main"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True)
    assert f"Everything is fresh ({len(ALL)} fresh)." in shown.stdout


def test_late_records_of_an_offline_agent_change_no_status(cell: Composer) -> None:
    """Episodes, windows and reports of yesterday are kept; what is current does not move by their arriving."""
    agent, other = Device("gateway-1", "c3"), Device("gateway-3")
    day = 86_400_000_000
    yesterday = cell.clock.now() - day
    wanted = cell.session.status()["rollout:cell-gateways/gateway-1"].key
    late = [
        agent.reports("0" * 64, "shadow", yesterday),
        agent.note(EPISODE, AlarmEpisode("e1", "m1", "tool-failure", "raised", yesterday), yesterday),
        agent.note(WINDOW, Window("m1", "producing", "b" * 64, 1, yesterday - day, yesterday, 50), yesterday),
        agent.reports(wanted, "active", yesterday + 1),
    ]
    assert not agent.send(cell, *late)
    assert not agent.send(cell, *late[:1])  # sent again, because the receipt was lost
    assert not other.send(cell, other.reports("0" * 64, "active", yesterday))
    assert len(cell.session.store.of_kind(EPISODE)) == 1
    assert now(cell) == dict.fromkeys(ALL, "fresh")
    assert run(cell).done == ()


def test_a_record_that_a_device_puts_under_a_key_is_refused(cell: Composer) -> None:
    """A device reports; it derives and decides nothing here, so it can neither answer a task nor revoke a signature."""
    edit(cell.root, REQUIREMENT, "value: 1}        # false alarms", "value: 2}        # false alarms")
    before = now(cell)
    assert before[f"verdict:{DRIFT}"] == "stale"
    plan = cell.session.status()
    agent = Device("gateway-1", "d4")
    verdict = agent.note("verdict@1", {"outcome": "pass"}, 1, key=plan[f"verdict:{DRIFT}"].key)
    assert "claims the key" in agent.send(cell, verdict)["alarm"]
    approval = plan["approval:tool-failure"].record
    assert approval is not None
    thief = Device("gateway-2", "d4")
    revoked = (Input("revoked", approval.id, approval.content),)
    refused = thief.send(cell, thief.note("revocation@1", {"record": approval.id}, 1, revoked))
    assert "revokes a decision" in refused["alarm"]
    assert now(cell) == before


def test_a_requirement_with_a_mistake_closes_the_gate(cell_root: Path) -> None:
    """What a broken file demands is not planned; a gate that passes without it would be open by a typing error."""
    command = [sys.executable, "-m", "ninefold", "gate", "tool-failure"]
    assert subprocess.run(command, cwd=cell_root, check=False).returncode == 0
    edit(cell_root, "requirements/REQ-warning-reaction.md", "priority: must", "priority: mst")
    done = subprocess.run(command, cwd=cell_root, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "leave out what stands in requirements/REQ-warning-reaction.md" in done.stdout
