"""The page of coverage is what the marks on the tests say, and every step of the product has its jobs."""

import re
from pathlib import Path

import pytest
from docs.make_coverage import AGAINST, PAGE, jobs, page, shown


def test_the_page_is_what_the_marks_say() -> None:
    """A lost test, a lost mark or a new one changes it; otherwise run: python docs/make_coverage.py."""
    assert PAGE.read_text() == page(list(shown())), "Run: python docs/make_coverage.py"


def test_every_step_has_jobs_and_says_what_is_not_built() -> None:
    """All nine, in their order; none is shown entirely, and none not at all."""
    steps = re.findall(r"^## I{1,3} \w+: (\d) (.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert [number for number, _ in steps] == [str(number) for number in range(1, 10)]
    for number, text in steps:
        rows = re.findall(r"^\| (?!job |-).*$", text, re.MULTILINE)
        absent = [row for row in rows if row.endswith("| **not built** |")]
        assert len(rows) - len(absent) >= 3, number
    assert len({f"{step}/{name}" for step, (_, listed) in jobs().items() for name in listed}) > 100


def test_a_claim_says_against_what() -> None:
    """Every row with a test names the kind of evidence and the thing."""
    found = list(shown())
    assert len(found) > 60
    assert {one.against for one in found} == set(AGAINST)


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ('"data/labels", against="real"', "cannot be read"),
        ('against="real", what="x"', "cannot be read"),
        ('"data/labels", against="sure", what="x"', "the mark says"),
        ('"data/labels", against="real", what=""', "the mark says"),
        ('"data/labels", against="real", what="x", when="now"', "the mark says"),
    ],
)
def test_a_mark_that_says_too_little_is_refused(tmp_path: Path, mark: str, said: str) -> None:
    """With the test that carries it."""
    (tmp_path / "test_a.py").write_text(f"import pytest\n@pytest.mark.job({mark})\ndef test_b(): ...\n")
    with pytest.raises(ValueError, match=f"test_a.py::test_b.*{said}"):
        list(shown(tmp_path))


def test_a_mark_of_no_job_is_refused(tmp_path: Path) -> None:
    """A misspelt job would show nothing."""
    (tmp_path / "test_a.py").write_text(
        'import pytest\n@pytest.mark.job("data/lables", against="real", what="x")\ndef test_b(): ...\n'
    )
    with pytest.raises(ValueError, match=r"no job of docs/jobs\.yaml is called data/lables"):
        page(list(shown(tmp_path)))
