"""Need, promise and measurement of each signal as rows: what the use case asks, who brings it, what was seen of it."""

from collections.abc import Iterator, Mapping, Sequence

from ninefold.kernel.plan import Plan
from ninefold.kernel.view import View
from ninefold.surface.cells import Cell, Measure, Moment, Noted, Ref, State
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text, here, number, quote, term
from ninefold.vocabulary.availability import Availability, Finding, LabelNeeds, NeedVerdict, SourceFindings
from ninefold.vocabulary.use_case import DataNeed, DataNeeds

COLUMNS = ("signal", "verdict", "need", "promise", "rate", "gap", "age", "clock", "acts")
_TABLES = frozenset({"rows", "history", "rate", "gaps"})


def use_cases(view: View) -> list[str]:
    """Return the use cases that need data, by id."""
    return sorted(f.body.use_case for f in view.facets.values() if isinstance(f.body, DataNeeds) and f.body.needs)


def needs_of(view: View, use_case: str) -> tuple[DataNeed, ...]:
    """Return what a use case needs."""
    facet = view.facets.get(f"{use_case}#data_needs")
    return facet.body.needs if facet is not None and isinstance(facet.body, DataNeeds) else ()


def checked(plan: Plan, use_case: str) -> Availability | None:
    """Return what the last check of a use case found."""
    name = f"availability:{use_case}"
    record = plan[name].last if name in plan else None
    return record.body(Availability) if record is not None and record.data is not None else None


def labels_of(plan: Plan, use_case: str) -> LabelNeeds | None:
    """Return the labels that the requirements' bounds need."""
    name = f"label-need:{use_case}"
    record = plan[name].last if name in plan else None
    return record.body(LabelNeeds) if record is not None and record.data is not None else None


def need_row(view: View, need: DataNeed, found: NeedVerdict | None) -> tuple[Cell, ...]:
    """Return the row of one need; without a check it says so."""
    head: Cell = Noted(need.signal, need.assets)
    best = best_source(found) if found is not None else None
    promise = _promise(view, need, best.connection if best is not None else need.from_)
    if found is None:
        idle = State("idle", Say("data.not-checked"))
        return (head, idle, demand(need), promise, None, None, None, None, None)
    acts: Cell = Noted(owner_of(found.owner), quote(found.action)) if found.action else owner_of(found.owner) or None
    verdict = State(found.verdict)
    told: Cell = verdict if found.verdict == "available" else Noted(verdict, quote(found.reason))
    if found.kind == "event":
        return (head, told, demand(need), promise, found.labels or 0, None, None, None, acts)
    figures = {c: _figure(best, c) for c in ("rate", "gaps", "fresh", "clock")}
    clock = next((f for s in found.sources for f in s.findings if f.check == "clock"), None)
    figures["clock"] = _measure(clock) if clock else None
    return (head, told, demand(need), promise, *figures.values(), acts)


def owner_of(owner: str) -> Text:
    """Return who owns a gap: a connection, or the use case."""
    return Say("data.owner-case") if owner == "the use case" else owner


def best_source(found: NeedVerdict) -> SourceFindings | None:
    """Return the source with a history that fails least; else the first."""
    tables = [s for s in found.sources if any(f.check in _TABLES for f in s.findings)]
    return min(tables, key=lambda s: s.failed, default=next(iter(found.sources), None))


def _figure(source: SourceFindings | None, check: str) -> Cell:
    finding = next((f for f in source.findings if f.check == check), None) if source else None
    if finding is None:
        return None
    return Say("data.no-gap") if check == "gaps" and finding.measured == 0 else _measure(finding)


def _measure(of: Finding) -> Cell:
    if of.measured is None:
        return None
    if of.unit == "s" and abs(of.measured) >= 120:
        size, unit = (of.measured / 3600, "h") if abs(of.measured) >= 7200 else (of.measured / 60, "min")
        return Measure(size, unit, 2)
    return Measure(of.measured, "" if of.unit == "1" else of.unit, 3)


def demand(of: DataNeed) -> Text:
    """Return what a need asks for, in one line."""
    if of.kind == "event":
        return (
            Say("data.need-derived") if of.per_class == "derived" else Say("data.need-events", {"n": of.per_class or 1})
        )
    parts = [
        f"{number(of.rate_hz, here())} Hz" if of.rate_hz is not None else "",
        f"≤ {span(of.max_gap)}" if of.max_gap is not None else "",
        span(of.history) if of.history is not None else "",
        f"< {span(of.fresh)}" if of.fresh is not None else "",
        ", ".join(of.when),
    ]
    return " · ".join(p for p in parts if p) or of.kind


def span(seconds: float) -> str:
    """Return a length of time as a file has it."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s"


def _promise(view: View, need: DataNeed, wanted: str) -> Cell:
    """Return the connection that lists the signal and the unit that it promises."""
    for facet in view.of_kind("source"):
        name = facet.name.removeprefix("connection:").removesuffix("#source")
        if wanted and name != wanted:
            continue
        tags = {t.signal: t for t in getattr(facet.body, "tags", ())}
        if need.signal in tags or wanted == name:
            unit = getattr(tags.get(need.signal), "unit", "") or ""
            return Noted(Ref("file", facet.file, name), unit) if unit else Ref("file", facet.file, name)
    return State("missing", Say("data.no-promise"))


def findings_table(found: Availability) -> Table:
    """Return every check that does not pass, at its source."""
    rows = tuple(
        (n.signal, s.connection, term("terms.check-", f.check), _result(f), quote(f.why), _measure(f), _wanted(f))
        for n in found.needs
        for s in n.sources
        for f in s.findings
        if f.result != "pass"
    )
    columns = tuple(
        Say(f"data.{c}") for c in ("signal", "connection", "check-name", "result", "seen", "measured", "wanted")
    )
    return Table(Say("data.findings"), columns, rows[:200], (), Say("data.no-findings"))


def _result(of: Finding) -> State:
    return State("failed") if of.result == "fail" else State("insufficient", Say("data.cannot-tell"))


def _wanted(of: Finding) -> Cell:
    return None if of.needed is None else Measure(of.needed, "" if of.unit == "1" else of.unit, 3)


def label_rows(found: Availability, needed: LabelNeeds | None) -> Iterator[tuple[Cell, ...]]:
    """Yield for each kind of event how many are there, how many are needed, and when they will be."""
    for need in found.needs:
        if need.kind != "event":
            continue
        wants = need.labels_needed if need.labels_needed is not None else (needed.needed if needed else None)
        there = need.labels or 0
        enough = wants is None or there >= wants
        state = State("available" if enough else "partial", Say("data.decides" if enough else "data.too-few"))
        when: Cell = Moment(need.labels_on) if need.labels_on else None
        yield (need.signal, there, wants, state, when)


def bound_rows(needed: LabelNeeds | None) -> Sequence[tuple[Cell, ...]]:
    """Return for each criterion the events that its bound needs, by the misses that it may contain."""
    rows: list[tuple[Cell, ...]] = []
    for n in needed.needs if needed else ():
        misses = ", ".join(f"{m}: {count}" for m, count in _ordered(n.misses))
        rows.append((Ref("requirement", n.requirement, f"{n.criterion}", part="criteria"), n.needed, n.hits, misses))
    return rows


def _ordered(misses: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(misses.items(), key=lambda item: int(item[0]))[:6]
