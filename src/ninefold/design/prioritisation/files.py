"""UC-*.md (index, scores, data needs) and prioritisation.yaml (the sheet they are scored on)."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ninefold.design.prioritisation.sheet import DEFAULT, SHEET
from ninefold.kernel.decode import nearest
from ninefold.kernel.documents import decode, parse_front_matter, parse_yaml
from ninefold.kernel.errors import InvalidFile, Problem
from ninefold.kernel.view import Facet
from ninefold.kernel.yaml import Path
from ninefold.vocabulary.ranking import Sheet
from ninefold.vocabulary.use_case import DataNeed, DataNeeds, Score, Scores, UseCase, UseCaseIndex

ID = re.compile(r"UC-[a-z0-9]+(?:-[a-z0-9]+)*")
NAME = re.compile(r"[a-z][a-z0-9_]*")
LONGEST_ID = 80
LOW, HIGH = 0.0, 5.0
MOST_DRAWS, MOST_CRITERIA = 1_000_000, 100

Found = tuple[Path, str, str]  # where, message, hint


class UseCaseReader:
    """Reads use-cases/UC-*.md; the file's name is the use case's id, the text below the front matter is for people."""

    patterns: Sequence[str] = ("use-cases/UC-*.md",)

    def facets(self, text: str, file: str) -> Iterator[Facet]:
        """Return the facets of one use case: index, scores, data needs.

        Raises:
            InvalidFile: with every problem of the file.
        """
        document, _ = parse_front_matter(text, file)
        of = decode(document, UseCase)
        problems = [document.problem(*found) for found in _check(of, file)]
        if problems:
            raise InvalidFile(problems)
        line = document.line
        index = UseCaseIndex(of.id, of.stage, of.owner, of.title)
        scores = {name: _score(value) for name, value in of.scores.items()}
        places = {f"{part}.{name}": line((part, name)) for part in ("scores", "gates") for name in getattr(of, part)}
        yield Facet(f"{of.id}#index", "index", index, file, line(("id",)))
        body = Scores(of.id, scores, of.gates, of.value)
        yield Facet(f"{of.id}#scores", "scores", body, file, line(("scores",)), places)
        needs = DataNeeds(of.id, of.data_needs)
        yield Facet(f"{of.id}#data_needs", "data_needs", needs, file, line(("data_needs",)))

    def check(self, facets: Mapping[str, Facet]) -> Iterator[Problem]:
        """Yield the scores and gates that the sheet does not know."""
        own = facets.get(SHEET)
        sheet = own.body if own else DEFAULT
        where = own.file if own else "The default sheet"
        for facet in facets.values():
            if facet.kind != "scores" or not isinstance(facet.body, Scores):
                continue
            for part, names, known in (
                ("scores", facet.body.scores, sheet.criteria), ("gates", facet.body.gates, sheet.gates),
            ):  # fmt: skip
                for name in sorted(names.keys() - known.keys()):
                    field = f"{part}.{name}"
                    message = f"{where} has no {'criterion' if part == 'scores' else 'gate'} {name!r}."
                    place = facet.places.get(field, facet.line)
                    yield Problem(facet.file, place, field, message, nearest(name, sorted(known)))


class SheetReader:
    """Reads prioritisation.yaml, which a project may have instead of the default sheet."""

    patterns: Sequence[str] = ("prioritisation.yaml",)

    def facets(self, text: str, file: str) -> Iterator[Facet]:
        """Return the one facet of the sheet.

        Raises:
            InvalidFile: with every problem of the file.
        """
        document = parse_yaml(text, file)
        sheet = decode(document, Sheet)
        problems = [document.problem(*found) for found in _check_sheet(sheet)]
        if problems:
            raise InvalidFile(problems)
        yield Facet(SHEET, "sheet", sheet, file, 1)

    def check(self, facets: Mapping[str, Facet]) -> Iterable[Problem]:  # noqa: ARG002 - the contract of a reader
        """Return nothing: a sheet names no other file."""
        return ()


READERS = (UseCaseReader(), SheetReader())


def _score(value: float | tuple[float, float] | str) -> Score:
    if isinstance(value, str):
        return Score(LOW, HIGH, known=False)
    return Score(*value) if isinstance(value, tuple) else Score(value, value)


def _check(of: UseCase, file: str) -> Iterator[Found]:
    name = file.rpartition("/")[2]
    if not ID.fullmatch(of.id) or len(of.id) > LONGEST_ID:
        hint = "Write UC- and then lower-case letters, digits and single hyphens."
        yield ("id",), f"{of.id[:LONGEST_ID]!r} is not an id of a use case.", hint
    elif name != f"{of.id}.md":
        yield ("id",), f"The id is {of.id!r} but the file is called {name!r}.", f"Rename the file to {of.id}.md."
    if not of.owner.strip():
        yield ("owner",), "The owner is empty.", "Write a role, or a key of the table of people."
    for criterion, value in of.scores.items():
        yield from _check_score(("scores", criterion), value)
    if of.value and not _is_range(of.value.per_year, -math.inf, math.inf):
        hint = "Write [low, high]; both finite."
        yield ("value", "per_year"), f"{list(of.value.per_year)} is no range of values.", hint
    for number, need in enumerate(of.data_needs):
        for path, message, hint in _check_need(need):
            yield ("data_needs", number, *path), message, hint
        if any(_key(need) == _key(other) for other in of.data_needs[:number]):
            yield ("data_needs", number), f"The need for {need.signal} stands twice.", "Remove one."


def _key(need: DataNeed) -> tuple[str, str, str]:
    return need.signal, need.assets, need.kind


def _is_range(pair: tuple[float, float], low: float, high: float) -> bool:
    return all(map(math.isfinite, pair)) and low <= pair[0] <= pair[1] <= high


def _check_score(path: Path, value: float | tuple[float, float] | str) -> Iterator[Found]:
    hint = "Score on the fixed anchors 0 to 5; a range is [low, high], and unknown is an honest answer."
    if isinstance(value, tuple) and not _is_range(value, LOW, HIGH):
        yield path, f"{list(value)} is no range within 0 to 5.", hint
    elif isinstance(value, float) and not LOW <= value <= HIGH:
        yield path, f"Found {value:g}, expected 0 to 5.", hint


def _check_need(need: DataNeed) -> Iterator[Found]:
    if not need.signal.strip():
        yield ("signal",), "The signal is empty.", "Name what is measured: spindle_torque."
    if not need.assets.strip():
        yield ("assets",), "No asset is named.", "Write a glob over the asset tree: cell-1/*."
    if need.rate_hz is not None and not 0 < need.rate_hz < math.inf:
        yield ("rate_hz",), f"Found {need.rate_hz:g}, expected a rate above 0.", "Write samples a second."
    for field in ("history", "max_gap", "fresh"):
        limit = getattr(need, field)
        if limit is not None and not 0 < limit < math.inf:
            yield (field,), f"Found {limit:g} s, expected a length of time above 0.", "Write it with its unit: 30 s."
    if isinstance(need.per_class, int) and need.per_class < 1:
        yield ("per_class",), f"Found {need.per_class}, expected 1 or more.", "Write a number, or derived."
    if need.per_class is not None and need.kind != "event":
        yield ("per_class",), "Only events are counted by class.", "Add kind: event, or remove per_class."
    if need.kind == "event" and (need.rate_hz is not None or need.max_gap is not None):
        yield (), "Events have no rate and no gap.", "Remove rate_hz and max_gap; history and fresh may stay."


def _check_sheet(sheet: Sheet) -> Iterator[Found]:
    if not sheet.criteria or len(sheet.criteria) > MOST_CRITERIA:
        message = f"Found {len(sheet.criteria)} criteria, expected 1 to {MOST_CRITERIA}."
        yield ("criteria",), message, "Name what use cases are scored on, each with its weight."
    for name, criterion in sheet.criteria.items():
        if not NAME.fullmatch(name):
            yield ("criteria", name), f"{name!r} is not a name of a criterion.", "Use lower-case letters and _."
        if not 0 <= criterion.weight < math.inf:
            yield ("criteria", name, "weight"), f"Found {criterion.weight:g}, expected 0 or more.", "Write a number."
    if sheet.criteria and not sum(c.weight for c in sheet.criteria.values()) > 0:
        yield ("criteria",), "All weights are 0.", "Give at least one criterion a weight."
    if not 0 <= sheet.strength <= 1e6:
        yield ("strength",), f"Found {sheet.strength:g}, expected 0 to 1,000,000.", "Write 0 for no opinion."
    if not 100 <= sheet.draws <= MOST_DRAWS:
        yield ("draws",), f"Found {sheet.draws}, expected 100 to {MOST_DRAWS:,}.", "Write 20000."
    if not 0 <= sheet.seed < 2**63:
        yield ("seed",), f"Found {sheet.seed}, expected 0 or more.", "Write any whole number, and keep it."
