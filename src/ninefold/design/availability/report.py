"""Availability for people: a verdict for each need, what was measured at each source, and who must act."""

from ninefold.kernel.clock import iso
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.vocabulary.availability import Availability


def availability_page(found: Availability, *, all_findings: bool = False) -> Page:
    """Return the verdicts, and the findings that do not pass (or all of them)."""
    rows = tuple((n.signal, n.verdict, n.reason, n.owner, n.action) for n in found.needs)
    note = (
        f"Measured against {iso(found.now)}. Gaps, rates and age count only inside operating states and working time."
    )
    verdicts = Table("Needs", ("signal", "verdict", "reason", "owner", "action"), rows, (note,), "No need is written.")
    lines = tuple(
        (n.signal, s.connection, f.check, f.result, f.why, _number(f.measured, f.unit), _number(f.needed, f.unit))
        for n in found.needs
        for s in n.sources
        for f in s.findings
        if all_findings or f.result != "pass"
    )
    columns = ("signal", "connection", "check", "result", "what was seen", "measured", "needed")
    title = "Findings" if all_findings else "Findings that do not pass"
    return Page(f"Data for {found.use_case}: {found.verdict}", (verdicts, Table(title, columns, lines, (), "None.")))


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if unit == "1" else f"{value:.4g} {unit}"
