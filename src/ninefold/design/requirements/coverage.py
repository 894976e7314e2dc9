"""The matrix requirement x use case x criterion x place, the back-links, and what nothing covers.

A requirement serves the use cases that it links to, and those that the requirements it refines or derives from serve.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import get_args

from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.vocabulary.coverage import BackLink, Coverage, CoverageRow, Gap
from ninefold.vocabulary.criterion import Where
from ninefold.vocabulary.requirement import RequirementIndex
from ninefold.vocabulary.use_case import UseCaseIndex

_PASSED_ON = {"refines", "derives"}
_NOT_YET = {"idea", "retired"}  # a use case in these stages needs no requirement
_IN_USE = {"production"}


def cover(requirements: Sequence[RequirementIndex], use_cases: Sequence[UseCaseIndex]) -> Coverage:
    """Return the coverage of requirements and use cases, everything in order of ids."""
    requirements = sorted(requirements, key=lambda r: r.id)
    use_cases = sorted(use_cases, key=lambda u: u.id)
    served = serves(requirements)
    known = {u.id for u in use_cases}
    rows = tuple(
        CoverageRow(r.id, use_case, c.id, c.where)
        for r in requirements
        for use_case in served[r.id]
        if use_case in known
        for c in r.criteria
    )
    gaps = (*_of_use_cases(use_cases, requirements, served, rows), *_of_requirements(requirements, served))
    count = sum(len(r.criteria) for r in requirements)
    return Coverage(rows, back_links(requirements), gaps, len(requirements), len(use_cases), count)


def serves(requirements: Iterable[RequirementIndex]) -> dict[str, tuple[str, ...]]:
    """Return the use cases that each requirement serves, directly or by what it refines; circles do no harm."""
    direct: dict[str, set[str]] = {}
    parents: dict[str, list[str]] = {}
    for r in requirements:
        direct[r.id] = {link.to for link in r.links if link.to.startswith("UC-") and link.role != "conflicts"}
        parents[r.id] = [link.to for link in r.links if link.to.startswith("REQ-") and link.role in _PASSED_ON]
    return {id: tuple(sorted(_reached(id, direct, parents))) for id in direct}


def _reached(id: str, direct: Mapping[str, set[str]], parents: Mapping[str, list[str]]) -> set[str]:
    found: set[str] = set()
    seen, waiting = {id}, [id]
    while waiting:
        here = waiting.pop()
        found |= direct.get(here, set())
        new = [p for p in parents.get(here, ()) if p not in seen]
        seen.update(new)
        waiting += new
    return found


def back_links(requirements: Iterable[RequirementIndex]) -> dict[str, tuple[BackLink, ...]]:
    """Return the links by their target."""
    found: dict[str, list[BackLink]] = {}
    for r in requirements:
        for link in r.links:
            found.setdefault(link.to, []).append(BackLink(r.id, link.role))
    return {to: tuple(sorted(links, key=lambda b: (b.source, b.role))) for to, links in sorted(found.items())}


def _of_use_cases(
    use_cases: Iterable[UseCaseIndex],
    requirements: Iterable[RequirementIndex],
    served: Mapping[str, tuple[str, ...]],
    rows: Iterable[CoverageRow],
) -> Iterator[Gap]:
    demanded = {use_case for r in requirements for use_case in served[r.id]}
    watched = {row.use_case for row in rows if "runtime" in row.where}
    for u in use_cases:
        if u.stage not in _NOT_YET and u.id not in demanded:
            message = f"No requirement says what must hold for {u.id} (stage {u.stage})."
            yield Gap("use-case-without-requirement", u.id, message, f"Link a requirement to it: {{to: {u.id}}}.")
        elif u.stage in _IN_USE and u.id not in watched:
            message = f"{u.id} is in production and no criterion is watched at run time."
            yield Gap("not-watched", u.id, message, "Add runtime to the places of a criterion.")


def _of_requirements(requirements: Iterable[RequirementIndex], served: Mapping[str, tuple[str, ...]]) -> Iterator[Gap]:
    for r in requirements:
        if not r.criteria:
            message = f"{r.id} has no criterion, so nothing can show that it holds."
            yield Gap("requirement-without-criterion", r.id, message, "Add a criterion with a metric and a threshold.")
        elif not served[r.id]:
            for c in r.criteria:
                message = f"{r.id} serves no use case, so {c.id} is measured nowhere."
                hint = "Link the requirement to a use case, or to a requirement that serves one."
                yield Gap("criterion-not-measured", f"{r.id}/{c.id}", message, hint)


def coverage_page(coverage: Coverage) -> Page:
    """Return the matrix, the gaps and the back-links for people."""
    places = get_args(Where)
    rows = tuple(
        (row.use_case, row.requirement, row.criterion, *("yes" if p in row.where else "" for p in places))
        for row in coverage.rows
    )
    counts = f"requirements {coverage.requirements}, use cases {coverage.use_cases}, criteria {coverage.criteria}."
    matrix = Table(
        "Coverage",
        ("use case", "requirement", "criterion", *places),
        rows,
        (f"Counted: {counts}",),
        f"Nothing is covered: {counts}",
    )
    gaps = tuple((g.kind, g.about, g.message, g.hint) for g in coverage.gaps)
    missing = Table("Gaps", ("kind", "about", "why", "next"), gaps, (), "No gap.")
    links = tuple((to, b.role, b.source) for to, found in coverage.back_links.items() for b in found)
    return Page(
        "Coverage of requirements",
        (matrix, missing, Table("Links, seen from their target", ("target", "role", "from"), links, (), "No link.")),
    )
