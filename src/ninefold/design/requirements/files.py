"""REQ-*.md: front matter with criteria, a statement, and a rationale that is in no facet."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args
from uuid import UUID

from ninefold.criteria.faults import in_order
from ninefold.design.requirements.links import link_problems
from ninefold.design.requirements.parameters import Found, check_metric, in_one_spelling
from ninefold.kernel.canonical import canonical
from ninefold.kernel.documents import Document, decode, parse_front_matter
from ninefold.kernel.errors import InvalidFile, Problem
from ninefold.kernel.view import Facet
from ninefold.kernel.yaml import Path
from ninefold.vocabulary.criterion import ActionSpec, Criterion, CriterionSpec, MetricSpec, Where
from ninefold.vocabulary.requirement import CriterionPlace, Requirement, RequirementIndex, Statement

ID = re.compile(r"REQ-[a-z0-9]+(?:-[a-z0-9]+)*")
CRITERION_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_ID = 80
MOST_SAMPLES = 1_000_000_000
SLUG = "lower-case letters, digits and single hyphens"


@dataclass(frozen=True)
class RequirementFile:
    """One requirement as its file has it: the decoded front matter, the sentence, and where things stand."""

    document: Document
    requirement: Requirement
    statement: str
    statement_line: int


class RequirementReader:
    """Reads requirements/REQ-*.md; the file's name is the requirement's id."""

    patterns: Sequence[str] = ("requirements/REQ-*.md",)

    def facets(self, text: str, file: str) -> Iterator[Facet]:
        """Return the facets of one requirement: statement, index, and three per criterion.

        Raises:
            InvalidFile: with every problem of the file.
        """
        read = read_requirement(text, file)
        of, line = read.requirement, read.document.line
        yield Facet(f"{of.id}#statement", "statement", Statement(of.id, read.statement), file, read.statement_line)
        yield Facet(f"{of.id}#index", "index", _index(of), file, line(("id",)), _places(read))
        for number, criterion in enumerate(of.criteria):
            at: Path = ("criteria", number)
            for kind, field, body in _parts(of.id, criterion):
                yield Facet(f"{of.id}#{kind}/{criterion.id}", kind, body, file, line((*at, field)))

    def check(self, facets: Mapping[str, Facet]) -> Iterable[Problem]:
        """Return what is wrong between files: dangling and cyclic links, and a uuid that stands twice."""
        return link_problems(facets)


READERS = (RequirementReader(),)


def read_requirement(text: str, file: str) -> RequirementFile:
    """Return a requirement's file, decoded and checked on its own.

    Raises:
        InvalidFile: with every problem of the file.
    """
    document, body = parse_front_matter(text, file)
    statement = first_paragraph(body)
    problems = []
    if not statement:
        hint = "Write one sentence below the front matter: 'While ..., the system shall ...'."
        last = len(text.rstrip("\n").split("\n"))
        problems.append(Problem(file, last, "statement", "The requirement has no statement.", hint))
    try:
        requirement = decode(document, Requirement)
    except InvalidFile as error:
        raise InvalidFile([*error.problems, *problems]) from None
    problems += [document.problem(*found) for found in _check(requirement, file)]
    if problems:
        raise InvalidFile(problems)
    return RequirementFile(document, requirement, statement, _line_of(text))


def first_paragraph(body: str) -> str:
    """Return the first paragraph of a Markdown text on one line; headings above it are passed over."""
    words: list[str] = []
    for line in body.split("\n"):
        if line.startswith("#") and not words:
            continue
        if not line.strip() and words:
            break
        words += line.split()
    return " ".join(words)


def _line_of(text: str) -> int:
    """Return the line on which the statement begins; the text has front matter and a statement."""
    lines = text.split("\n")
    end = next(i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---")
    return next(i for i, line in enumerate(lines[end + 1 :], end + 2) if line.strip() and not line.startswith("#"))


def _index(of: Requirement) -> RequirementIndex:
    places = tuple(CriterionPlace(c.id, _in_order(c.where)) for c in of.criteria)
    return RequirementIndex(of.id, of.uuid.lower(), of.title, of.type, of.owner, of.priority, of.links, places)


def _in_order(where: tuple[Where, ...]) -> tuple[Where, ...]:
    return tuple(place for place in get_args(Where) if place in where)


def _places(read: RequirementFile) -> Mapping[str, int]:
    links = {f"links[{i}].to": read.document.line(("links", i, "to")) for i in range(len(read.requirement.links))}
    return links | {"uuid": read.document.line(("uuid",))}


def _parts(id: str, criterion: Criterion) -> Iterator[tuple[str, str, Any]]:
    """Yield (kind, field whose line stands for it, body) of the three facets of a criterion."""
    slices = criterion.slices
    yield "metric", "metric", MetricSpec(
        id, criterion.id, criterion.metric, _in_order(criterion.where), in_one_spelling(criterion),
        slices.by if slices else (), criterion.bound, in_order(criterion.faults) if criterion.faults else None,
    )  # fmt: skip
    spec = CriterionSpec(id, criterion.id, criterion.threshold, criterion.min_samples)
    if slices:
        spec = CriterionSpec(id, criterion.id, criterion.threshold, criterion.min_samples, slices.mode)
    yield "criterion", "threshold", spec
    yield "action", "breach", ActionSpec(id, criterion.id, criterion.breach.then)


def _check(of: Requirement, file: str) -> Iterator[Found]:
    if not ID.fullmatch(of.id) or len(of.id) > LONGEST_ID:
        yield ("id",), f"{of.id[:LONGEST_ID]!r} is not an id of a requirement.", f"Write REQ- and then {SLUG}."
    elif file.rpartition("/")[2] != f"{of.id}.md":
        name = file.rpartition("/")[2]
        yield ("id",), f"The id is {of.id!r} but the file is called {name!r}.", f"Rename the file to {of.id}.md."
    if not _is_uuid(of.uuid):
        hint = "Write 32 hexadecimal digits as 8-4-4-4-12; python -m uuid -u uuid4 makes one."
        yield ("uuid",), f"{of.uuid[:60]!r} is not a UUID.", hint
    for field in ("title", "owner"):
        if not getattr(of, field).strip():
            yield (field,), f"The {field} is empty.", "Write a few words."
    for at, link in _repeated((link.to, link.role) for link in of.links):
        yield ("links", at), f"The link {link[1]} {link[0]} stands twice.", "Remove one."
    for at, id in _repeated(c.id for c in of.criteria):
        yield ("criteria", at, "id"), f"The criterion id {id!r} stands twice.", "Give one of them another id."
    for number, criterion in enumerate(of.criteria):
        for path, message, hint in _check_criterion(criterion):
            yield ("criteria", number, *path), message, hint


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _repeated(values: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    seen = set()
    for number, value in enumerate(values):
        if value in seen:
            yield number, value
        seen.add(value)


def _check_criterion(of: Criterion) -> Iterator[Found]:
    if not CRITERION_ID.fullmatch(of.id) or len(of.id) > LONGEST_ID:
        yield ("id",), f"{of.id[:LONGEST_ID]!r} is not an id of a criterion.", f"Use {SLUG}."
    if not of.where:
        yield ("where",), "The criterion applies nowhere.", f"Name at least one of {', '.join(get_args(Where))}."
    for at, place in _repeated(of.where):
        yield ("where", at), f"{place!r} stands twice.", "Remove one."
    if not math.isfinite(of.threshold.value):
        yield ("threshold", "value"), f"{of.threshold.value} is no limit.", "Write a number."
    if not 0 <= of.min_samples <= MOST_SAMPLES:
        message = f"Found {of.min_samples}, expected 0 to {MOST_SAMPLES:,}."
        yield ("min_samples",), message, "Write how many samples the whole needs at least."
    if of.slices:
        if not of.slices.by:
            yield ("slices", "by"), "No column is named.", "Name the columns whose values make the slices."
        for at, column in _repeated(of.slices.by):
            yield ("slices", "by", at), f"The column {column!r} stands twice.", "Remove one."
    try:
        canonical(of.params)
    except ValueError as error:
        yield ("params",), f"{error}.", "Write a finite number, text or a list of them."
    else:
        yield from check_metric(of)
    yield from _check_bound(of)


def _check_bound(of: Criterion) -> Iterator[Found]:
    """A bound on the easy side of the limit passes on the least evidence, the opposite of what it is for."""
    if of.bound is None:
        return
    if not 0.5 < of.bound.level < 1:
        message = f"Found {of.bound.level}, expected a level between 0.5 and 1, neither included."
        yield ("bound", "level"), message, "Write 0.95 unless there is a reason."
    wanted = "lower" if of.threshold.op == ">=" else "upper"
    if of.bound.side != wanted:
        message = f"The {of.bound.side} bound passes {of.threshold.op} most easily when there is least evidence."
        yield ("bound", "side"), message, f"Write side: {wanted}."
