"""The gate's five answers, and the same in JUnit and Markdown."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest

from ninefold.kernel.plan import Plan, Status
from ninefold.kernel.records import Record, encode
from ninefold.lifecycle.gate import gate
from ninefold.lifecycle.reports import junit, markdown
from ninefold.vocabulary.criterion import Threshold
from ninefold.vocabulary.measurement import Estimate
from ninefold.vocabulary.verdict import Judgement, Verdict


def verdict(outcome: Any, *, slice_outcome: Any = None) -> Verdict:
    """Return a verdict with an outcome."""
    estimate = Estimate(0.81, 0.74, 129, 105.0, 129.0)
    whole = Judgement(outcome, estimate, f"recall is {outcome} & 74 | 70")
    slices = (Judgement(slice_outcome, estimate, "H <is> rare", {"variant": "H"}),) if slice_outcome else ()
    return Verdict("REQ-x", "recall", "recall", outcome, Threshold(">=", 0.7), whole, slices)


def status(name: str, state: Any, body: Any = None, **changes: Any) -> Status:
    """Return a task's status with a record that holds a body."""
    record = None
    if body is not None:
        data = encode("verdict@1", body)
        record = Record("i" * 64, "c" * 64, "verdict@1", "k", "judge@1", "t", "o", 1, 0, 0, 0, "", (), data)
    return replace(Status(name, None, state, record=record), **changes)


SIGNED = status("approval:m", "fresh", {"by": "p"})
PASS = status("verdict:m/REQ-x/recall", "fresh", verdict("pass"))
WAIVED = status("approval:m", "fresh", {"by": "p", "waivers": ["w"]})
UNSURE = status("verdict:m/REQ-x/recall", "fresh", verdict("insufficient"))
CASES: dict[str, tuple[list[Status], str, int]] = {
    "pass": ([PASS, SIGNED], "pass", 0),
    "fail": ([status("verdict:m/REQ-x/recall", "fresh", verdict("fail")), SIGNED], "fail", 1),
    "insufficient": ([status("verdict:m/REQ-x/recall", "fresh", verdict("insufficient"))], "insufficient", 3),
    "stale beats fail": ([status("verdict:m/a", "fresh", verdict("fail")), status("verdict:m/b", "stale")], "stale", 4),
    "missing is stale": ([status("verdict:m/b", "missing"), SIGNED], "stale", 4),
    "unapproved": ([PASS, status("approval:m", "blocked", reason="needs a person")], "unapproved", 5),
    "waived": ([UNSURE, WAIVED], "pass", 0),
    "signed without a waiver": ([UNSURE, SIGNED], "insufficient", 3),
    "a waiver that ended": ([UNSURE, status("approval:m", "blocked", {"waivers": ["w"]})], "insufficient", 3),
    "a waiver opens no failure": ([status("verdict:m/REQ-x/recall", "fresh", verdict("fail")), WAIVED], "fail", 1),
    "a waiver of another model": ([status("verdict:n/a", "fresh", verdict("insufficient")), WAIVED], "insufficient", 3),
    "nothing shown": ([SIGNED], "stale", 4),
    "nothing at all": ([], "stale", 4),
}


@pytest.mark.parametrize(("statuses", "decision", "code"), CASES.values(), ids=CASES)
@pytest.mark.job("delivery/gate", against="fake", what="toy steps")
def test_the_gate_decides(statuses: list[Status], decision: str, code: int) -> None:
    """Only fresh passes with a signature open it; nothing shown is never a pass."""
    found = gate(Plan(statuses))
    assert (found.decision, found.exit_code) == (decision, code)
    cases = ET.fromstring(junit(found)).findall(".//testcase")
    bad = [c for c in cases if c.find("failure") is not None or c.find("error") is not None]
    assert len(cases) == len(statuses)
    assert bool(bad) == (decision != "pass" and bool(statuses) and decision != "stale") or decision == "stale"
    assert f"## Gate: {decision}" in markdown(found)


def test_a_gate_can_be_asked_for_one_model() -> None:
    """By model, or by a pattern of the task's name."""
    plan = Plan([PASS, status("verdict:other/a", "fresh", verdict("fail"))])
    assert gate(plan, ["m"]).decision == "pass"
    assert gate(plan, ["verdict:other/*"]).decision == "fail"


def test_markup_in_reasons_is_escaped_and_slices_are_listed() -> None:
    """A reason with a bar or an angle bracket breaks neither report."""
    found = gate(Plan([status("verdict:m/r", "fresh", verdict("fail", slice_outcome="insufficient"))]))
    assert "74 \\| 70" in markdown(found)
    assert "variant = H: **insufficient**. H &lt;is> rare" in markdown(found)
    [failure] = ET.fromstring(junit(found)).iter("failure")
    assert failure.text == "recall is fail & 74 | 70"
