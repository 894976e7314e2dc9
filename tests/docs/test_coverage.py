"""The page of coverage is honest at least in this: every test that it names exists, and every job says against what."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "coverage.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| job ")
]


def test_every_named_test_exists() -> None:
    """In the named file, as a function or method."""
    named = [cell.strip("`") for _, cell, _ in ROWS if cell]
    assert len(named) > 40
    missing = []
    for test in named:
        file, _, name = test.partition("::")
        text = (TESTS / file).read_text() if (TESTS / file).is_file() else ""
        if not re.search(rf"^\s*(async )?def {name}\(", text, re.MULTILINE):
            missing.append(test)
    assert missing == []


def test_a_job_without_a_test_is_not_built_and_the_other_way_round() -> None:
    """No job is claimed without a test, and none that is called absent has one."""
    assert [job for job, test, against in ROWS if (not test) != (against == "**not built**") or not against] == []


def test_every_step_has_jobs() -> None:
    """All nine, in their order."""
    steps = re.findall(r"^## I{1,3} \w+: (\d) ", PAGE.read_text(), re.MULTILINE)
    assert steps == [str(number) for number in range(1, 10)]
