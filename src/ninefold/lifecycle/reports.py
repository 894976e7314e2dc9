"""What the gate says, for machines and for a pull request: JUnit XML and Markdown, from the same checks."""

from xml.sax.saxutils import escape, quoteattr

from ninefold.lifecycle.gate import Check, Gate
from ninefold.vocabulary.verdict import Judgement


def junit(gate: Gate) -> str:
    """Return JUnit XML: a test case per check; fail is a failure, insufficient, stale and unapproved are errors."""
    failures = sum(c.decision == "fail" for c in gate.checks)
    errors = sum(c.decision not in {"pass", "fail"} for c in gate.checks)
    head = f'<testsuite name="ninefold gate" tests="{len(gate.checks)}" failures="{failures}" errors="{errors}">'
    cases = "\n".join(_case(c) for c in gate.checks)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{head}\n{cases}\n</testsuite>\n</testsuites>\n'


def _case(check: Check) -> str:
    kind, _, name = check.name.partition(":")
    start = f"  <testcase classname={quoteattr('ninefold.' + kind)} name={quoteattr(_clean(name))}"
    if check.decision == "pass":
        return f"{start}/>"
    tag = "failure" if check.decision == "fail" else "error"
    text = escape(_clean(f"{check.reason} {'Next: ' + check.command if check.command else ''}".strip()))
    return f"{start}>\n    <{tag} type={quoteattr(check.decision)}>{text}</{tag}>\n  </testcase>"


def _clean(text: str) -> str:
    """Return text without the control characters that XML cannot hold."""
    return "".join(c for c in text if c >= " " or c in "\t\n")


def markdown(gate: Gate) -> str:
    """Return a Markdown report: the decision, a row per check, and the slices that are not a pass."""
    lines = [
        f"## Gate: {gate.decision}",
        "",
        "| check | outcome | value | bound | needed | why |",
        "|---|---|---|---|---|---|",
    ]
    for check in gate.checks:
        figures = _figures(check.verdict.overall) if check.verdict else ("", "")
        limit = f"{check.verdict.threshold.op} {check.verdict.threshold.value:g}" if check.verdict else ""
        cells = (check.name, f"**{check.decision}**", *figures, limit, check.reason)
        lines.append(f"| {' | '.join(cell(c) for c in cells)} |")
    slices = [(c.name, s) for c in gate.checks if c.verdict for s in c.verdict.slices if s.outcome != "pass"]
    if slices:
        lines += ["", "Slices that are not a pass:", ""]
        for name, s in slices:
            where = ", ".join(f"{k} = {v}" for k, v in s.where.items())
            lines.append(f"- {cell(name)}, {cell(where)}: **{s.outcome}**. {cell(s.reason)}")
    return "\n".join(lines) + "\n"


def _figures(judgement: Judgement) -> tuple[str, str]:
    estimate = judgement.estimate
    return tuple("" if v is None else f"{v:.4g}" for v in (estimate.value, estimate.bound))  # type: ignore[return-value]  # two of them


def cell(text: str) -> str:
    """Return a text as a cell of a Markdown table: one line, no markup of its own."""
    return _clean(text).replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
