"""The commands of step 3 call what they name."""

from types import SimpleNamespace

from click.testing import CliRunner

from ninefold.design.availability.commands import COMMANDS
from ninefold.kernel.steps import Evidence
from ninefold.vocabulary.availability import Availability, Finding, NeedVerdict, SourceFindings


def test_availability_shows_what_does_not_pass(monkeypatch):
    """Findings that pass are shown on demand."""
    findings = (Finding("rate", "pass", "fast", 0.1, 0.1, "Hz"), Finding("gaps", "fail", "an hour", 3600.0, 30.0, "s"))
    source = SourceFindings("history", "csv", findings)
    need = NeedVerdict("torque", "signal", "partial", "an hour", "Ask.", "history", (source,))
    found = Availability("UC-x", "partial", (need,), 1_790_000_000_000_000)
    shown = []
    evidence = Evidence("availability:UC-x", "", "", "availability@1", found)
    session = SimpleNamespace(ask=lambda _: evidence, screen=SimpleNamespace(show=shown.append))
    for options in ([], ["--all"]):
        result = CliRunner().invoke(COMMANDS[0], ["UC-x", *options], obj=SimpleNamespace(session=session))
        assert result.exit_code == 0, result.output
    assert [[row[2] for row in page.sections[1].rows] for page in shown] == [["gaps"], ["rate", "gaps"]]
    assert shown[0].title == "Data for UC-x: partial"
    assert shown[0].sections[1].rows[0][-2:] == ("3600 s", "30 s")
