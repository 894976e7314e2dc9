"""The lint of one requirement: wording, counter-criteria, bounds. Warnings only; errors are the reader's matter."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ninefold.design.requirements.bounds import check_bound, need
from ninefold.design.requirements.ears import read_statement
from ninefold.kernel.view import Facet
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec, Where
from ninefold.vocabulary.requirement import RequirementIndex, Statement
from ninefold.vocabulary.requirement_lint import Finding, RequirementLint

# Either side alone is met by a model that always, or never, raises the alarm.
CATCHES = frozenset({"recall"})
SPARES = frozenset({"false_alarms_per_machine_week", "precision"})
_LABELLED: tuple[Where, ...] = ("validation", "shadow", "runtime")


def lint(
    index: RequirementIndex,
    statement: Statement,
    metrics: Sequence[MetricSpec],
    criteria: Mapping[str, CriterionSpec] | None = None,
) -> RequirementLint:
    """Return the reading of a requirement; with `criteria` (by criterion id) also what its bounds need.

    The record of a lint is made without them: a changed threshold must leave the reading of the sentence alone.
    """
    pattern, wording = read_statement(statement.text)
    findings = [*wording, *_without_criterion(index), *counter_criteria(metrics)]
    needs = []
    for metric in metrics:
        findings += _without_bound(metric)
        if criteria is not None:
            findings += check_bound(metric, criteria[metric.criterion])
            wanted = need(metric, criteria[metric.criterion].threshold)
            needs += [wanted] if wanted else []
    return RequirementLint(index.id, pattern, tuple(findings), tuple(needs))


def lint_now(facets: Mapping[str, Facet], id: str) -> RequirementLint:
    """Return the reading of a requirement as its file stands, bounds included; `facets` are those of a view."""
    index = facets[f"{id}#index"].body
    metrics = [facets[f"{id}#metric/{c.id}"].body for c in index.criteria]
    criteria = {c.id: facets[f"{id}#criterion/{c.id}"].body for c in index.criteria}
    return lint(index, facets[f"{id}#statement"].body, metrics, criteria)


def _without_criterion(index: RequirementIndex) -> Iterator[Finding]:
    if not index.criteria:
        message = f"{index.id} has no criterion, so nothing can show that it holds."
        yield Finding("no-criterion", message, "Add a criterion with a metric and a threshold.")


def counter_criteria(metrics: Sequence[MetricSpec]) -> Iterator[Finding]:
    """Yield a finding for each criterion that a model can meet by always, or never, raising the alarm.

    The counter-criterion must apply at every place of the criterion that it balances.
    """
    yield from _unbalanced(metrics, CATCHES, SPARES, "raises the alarm all the time", "false_alarms_per_machine_week")
    yield from _unbalanced(metrics, SPARES, CATCHES, "never raises the alarm", "recall")


def _unbalanced(
    metrics: Iterable[MetricSpec], side: frozenset[str], other: frozenset[str], cheat: str, offer: str
) -> Iterator[Finding]:
    metrics = tuple(metrics)
    countered = {place for m in metrics if m.metric in other and not m.faults for place in m.where}
    for m in metrics:
        open_places = [p for p in m.where if p in _LABELLED and p not in countered]
        if m.metric in side and open_places:
            message = f"{m.criterion} is met by a model that {cheat} ({', '.join(open_places)})."
            hint = f"Add a criterion such as {offer} at the same places."
            yield Finding("counter-criterion", message, hint, m.criterion)


def _without_bound(metric: MetricSpec) -> Iterator[Finding]:
    if metric.bound is None and metric.metric in CATCHES | SPARES:
        message = f"{metric.criterion} has no bound: a lucky small sample passes."
        hint = "Add bound: {side: lower, method: wilson, level: 0.95}, or side: upper, method: poisson for a rate."
        yield Finding("no-bound", message, hint, metric.criterion)


def lint_page(readings: Sequence[RequirementLint]) -> Page:
    """Return the warnings of requirements, and the evidence that their bounds will need."""
    found = tuple((r.requirement, f.criterion, f.rule, f.message, f.hint) for r in readings for f in r.findings)
    patterns = ", ".join(f"{r.requirement}: {r.pattern or 'no pattern'}" for r in readings)
    warnings = Table(
        "Warnings", ("requirement", "criterion", "rule", "why", "next"), found,
        (f"Sentence patterns: {patterns}.", "Wording is checked in English only."), "No warning.",
    )  # fmt: skip
    rows = tuple(
        (r.requirement, n.criterion, n.unit, misses, f"{amount:g}")
        for r in readings
        for n in r.needs
        for misses, amount in n.by_misses
    )
    note = "The smallest evidence that passes; meeting a threshold on average fails about half the time."
    needs = Table(
        "Evidence that the bounds need", ("requirement", "criterion", "counted in", "misses", "at least"), rows,
        (note,), "No bound asks for evidence.",
    )  # fmt: skip
    return Page("Lint of requirements", (warnings, needs))
