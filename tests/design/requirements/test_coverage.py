"""The matrix of requirements and use cases, and what nothing covers."""

import pytest

from ninefold.design.requirements.coverage import cover, coverage_page, serves
from ninefold.vocabulary.coverage import BackLink, CoverageRow
from ninefold.vocabulary.requirement import CriterionPlace, Link, LinkRole, RequirementIndex
from ninefold.vocabulary.use_case import Stage, UseCaseIndex


def requirement(id: str, *links: tuple[str, LinkRole], criteria: tuple[CriterionPlace, ...] = ()) -> RequirementIndex:
    """Return a requirement's index."""
    return RequirementIndex(id, f"uuid-{id}", "t", "quality", "o", "must", tuple(Link(*x) for x in links), criteria)


def use_case(id: str, stage: Stage = "candidate") -> UseCaseIndex:
    """Return a use case's index."""
    return UseCaseIndex(id, stage, "o", "t")


RECALL = CriterionPlace("recall", ("validation", "runtime"))
LATENCY = CriterionPlace("latency", ("deployment",))


def test_a_criterion_covers_the_use_case_that_its_requirement_serves():
    """Directly, and by the requirement that it refines."""
    found = cover(
        [
            requirement("REQ-a", ("UC-x", "refines"), criteria=(RECALL,)),
            requirement("REQ-b", ("REQ-a", "refines"), criteria=(LATENCY,)),
        ],
        [use_case("UC-x")],
    )
    assert found.rows == (
        CoverageRow("REQ-a", "UC-x", "recall", ("validation", "runtime")),
        CoverageRow("REQ-b", "UC-x", "latency", ("deployment",)),
    )
    assert found.back_links == {"REQ-a": (BackLink("REQ-b", "refines"),), "UC-x": (BackLink("REQ-a", "refines"),)}
    assert found.gaps == ()
    assert (found.requirements, found.use_cases, found.criteria) == (2, 1, 2)


@pytest.mark.job("requirements/coverage", against="cases", what="written cases")
def test_what_nothing_covers_is_a_gap():
    """A use case nobody demands anything of, a requirement nobody can measure, a criterion nobody measures."""
    found = cover(
        [
            requirement("REQ-a", ("UC-x", "refines")),
            requirement("REQ-b", criteria=(LATENCY,)),
            requirement("REQ-c", ("UC-p", "refines"), criteria=(LATENCY,)),
        ],
        [use_case("UC-x"), use_case("UC-y"), use_case("UC-i", "idea"), use_case("UC-p", "production")],
    )
    assert [(g.kind, g.about) for g in found.gaps] == [
        ("not-watched", "UC-p"),
        ("use-case-without-requirement", "UC-y"),
        ("requirement-without-criterion", "REQ-a"),
        ("criterion-not-measured", "REQ-b/latency"),
    ]
    assert all(g.message and g.hint for g in found.gaps)


def test_a_conflict_and_a_dependency_serve_nothing():
    """Only refining and deriving pass a use case on."""
    found = serves(
        [
            requirement("REQ-a", ("UC-x", "refines")),
            requirement("REQ-b", ("REQ-a", "conflicts"), ("UC-y", "conflicts")),
            requirement("REQ-c", ("REQ-a", "depends")),
        ]
    )
    assert found == {"REQ-a": ("UC-x",), "REQ-b": (), "REQ-c": ()}


def test_a_circle_of_links_ends():
    """The reader reports the circle; coverage still answers."""
    found = serves(
        [requirement("REQ-a", ("REQ-b", "refines")), requirement("REQ-b", ("REQ-a", "refines"), ("UC-x", "refines"))]
    )
    assert found == {"REQ-a": ("UC-x",), "REQ-b": ("UC-x",)}


def test_a_use_case_that_no_file_describes_is_in_no_row():
    """A dangling link is the reader's problem and covers nothing."""
    assert cover([requirement("REQ-a", ("UC-gone", "refines"), criteria=(RECALL,))], []).rows == ()


def test_nothing_at_all_is_said_in_words():
    """An empty project has an empty matrix with a sentence."""
    matrix, gaps, links = coverage_page(cover([], [])).sections
    assert (matrix.rows, gaps.rows, links.rows) == ((), (), ())
    assert matrix.empty == "Nothing is covered: requirements 0, use cases 0, criteria 0."


def test_the_page_has_a_column_per_place():
    """People read where a criterion holds across the columns."""
    found = cover([requirement("REQ-a", ("UC-x", "refines"), criteria=(RECALL,))], [use_case("UC-x")])
    matrix = coverage_page(found).sections[0]
    assert matrix.columns[3:] == ("data", "validation", "deployment", "shadow", "runtime")
    assert matrix.rows[0] == ("UC-x", "REQ-a", "recall", "", "yes", "", "", "yes")
