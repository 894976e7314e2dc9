"""`ninefold validation` and `ninefold report` on the small cell: what its own data say, and what they do not."""

from pathlib import Path

import pytest
from tests.once import copied

from ninefold.cli.main import main


@pytest.fixture
def cell(derived_once: Path, tmp_path: Path) -> Path:
    return copied(derived_once, tmp_path / "small-cell")


def _call(capsys: pytest.CaptureFixture[str], root: Path, *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["-C", str(root), *arguments])
    shown = capsys.readouterr()
    return int(ended.value.code or 0), shown.out + shown.err


def test_the_examinations_of_the_small_cell_are_shown(cell: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No leak is found in honest data; every part has its table; one part can be asked for."""
    code, text = _call(capsys, cell, "validation", "tool-failure")
    assert code == 0
    assert "Leakage: none of the checks found anything" in " ".join(text.split())
    for title in ("Criteria", "Reliability", "Confusion", "Slices", "Sensor faults", "Importance", "Conformal"):
        assert f"\n{title}" in f"\n{text}", title
    code, text = _call(capsys, cell, "validation", "tool-failure", "importance")
    assert code == 0
    assert "Importance" in text
    assert "Slices" not in text


def test_the_report_is_written_as_html_and_pdf(cell: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both from the same records; the page names each record that it rests on."""
    html, pdf = tmp_path / "report.html", tmp_path / "report.pdf"
    code, text = _call(capsys, cell, "report", "tool-failure", "--html", str(html), "--pdf", str(pdf))
    assert code == 0, text
    assert "Validation of tool-failure" in text
    page = html.read_text(encoding="utf-8")
    for task in ("model", "leakage", "reliability", "slices", "faults", "importance", "conformal"):
        assert f"<td>{task}:tool-failure</td>" in page
    assert len(page.encode()) <= 500_000
    assert pdf.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("validation", "no-such"), 1, "No model is called no-such"),
        (("validation", "tool-failure", "colour"), 2, "PART is one of criteria, leakage"),
        (("report", "tool-failure"), 2, "Say where to write"),
        (("report", "tool-failure", "--html", "{root}/no/such/folder.html"), 1, "cannot be written: No such file or directory"),
    ],
    ids=["model", "part", "nowhere", "folder"],
)  # fmt: skip
def test_what_cannot_be_shown_is_named(
    derived_once: Path, arguments: tuple[str, ...], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do instead."""
    given = [a.replace("{root}", str(derived_once)) for a in arguments]
    found, text = _call(capsys, derived_once, *given)
    assert (found, message in " ".join(text.split())) == (code, True), text
