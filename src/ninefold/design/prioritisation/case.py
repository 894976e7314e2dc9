"""The sheet of one use case: scores as ranges, gates, data needs, the requirements that serve it, each step's state."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ninefold.design.prioritisation.standing import Case, cases, ranking_of, sheet_of, typed
from ninefold.kernel.plan import Plan
from ninefold.kernel.view import View
from ninefold.surface.blocks import Block, Column, Facts, Field, Form, Go, Panel, Words
from ninefold.surface.cells import Measure, Noted, Ref, State
from ninefold.surface.page import Page
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.ranking import Sheet
from ninefold.vocabulary.use_case import DataNeed, Stage

_HOME = Ref("page", "use-cases", Say("layout.place-use-cases"))
_STAGES: tuple[Stage, ...] = ("idea", "candidate", "selected", "development", "production", "retired")


class Filled(msgspec.Struct, frozen=True):
    """A form as it was sent: values and problems by field, the file's ETag, and what saving it would do."""

    etag: str
    values: Mapping[str, str] = {}
    problems: Mapping[str, Text] = {}
    impact: tuple[Block, ...] = ()


def case_page(
    view: View, plan: Plan, id: str, about: str, *, filled: Filled, board: Sequence[Block] = (),
    history: Sequence[Block] = (), edits: bool = False,
) -> Page:  # fmt: skip
    """Return one use case; `about` is the text below its front matter, `board` its nine steps."""
    ranking, _ = ranking_of(plan)
    case = next(c for c in cases(view, ranking) if c.head.id == id)
    sheet = sheet_of(view)
    main: list[Block] = [_about(about), _scores(case, sheet), _needs(plan, case), _linked(view, id), *history]
    side: list[Block] = [_facts(case)]
    if edits:
        side.append(Panel(Say("use-cases.change"), (_form(case, sheet, filled), *filled.impact), name="sheet"))
    file = view.facets[f"{id}#index"].file
    label = Say("use-cases.open-editor" if edits else "use-cases.read-file")
    return Page(
        case.head.title or id, (*board, Column(tuple(main), 8), Column(tuple(side), 4)),
        subtitle=_sub(case), states=_chip(case), actions=(Go(label, Ref("file", file)),), crumbs=(_HOME,),
        place="use-cases",
    )  # fmt: skip


def _sub(of: Case) -> Text:
    return Say(f"use-cases.sub-{of.head.stage}", {"id": of.head.id, "owner": of.head.owner})


def _chip(of: Case) -> tuple[State, ...]:
    if of.excluded:
        return (State("blocked", Say("use-cases.kept-out")),)
    if of.place is None:
        return (State("missing", Say("use-cases.not-ranked")),)
    return (State("normal", Say("use-cases.is-rank", {"n": of.place.rank})),)


def _about(text: str) -> Panel:
    return Panel(Say("use-cases.about"), (Words(" ".join(text.split()) or Say("use-cases.no-about"), "lead"),))


def _facts(of: Case) -> Panel:
    items: list[tuple[Text, Cell, Text]] = []
    if of.place is not None:
        p = of.place
        span = Say("use-cases.from-to", {"low": f"{p.low:.2f}", "high": f"{p.high:.2f}"})
        items += [(Say("use-cases.score"), Measure(p.score), span)]
        items += [(Say("use-cases.first"), Measure(100 * p.first, "%"), Say("use-cases.first-note"))]
    value = of.scores.value
    if value is not None:
        low, high = (round(v) for v in value.per_year)
        said = Say("use-cases.per-year", {"low": low, "high": high, "currency": value.currency})
        items.append((Say("use-cases.value"), said, value.basis))
    items += [(Say("use-cases.gate"), State("blocked", reason), "") for reason in of.excluded]
    items += [(Say("use-cases.dominated"), Ref("use-case", d), "") for d in (of.place.dominated_by if of.place else ())]
    return Panel(Say("use-cases.place"), (Facts("", tuple(items)) if items else Words(Say("use-cases.no-place")),))


def _scores(of: Case, sheet: Sheet) -> Panel:
    rows: list[tuple[Cell, ...]] = []
    for name, criterion in sheet.criteria.items():
        score = of.scores.scores.get(name)
        said: Cell = Say("use-cases.unknown") if score is None or not score.known else typed(score)
        drawn: Cell = None if score is not None and score.known else State("insufficient", Say("use-cases.whole-scale"))
        rows.append((name, said, Say(f"use-cases.sense-{criterion.sense}"), Measure(criterion.weight), drawn))
    gates = tuple(
        (name, _answer(of.scores.gates.get(name, "unknown"), must=must)) for name, must in sheet.gates.items()
    )
    columns = tuple(Say(f"use-cases.{c}") for c in ("criterion", "score", "sense", "weight", "open"))
    tables = (
        Table(Say("use-cases.scores"), columns, tuple(rows)),
        Table(Say("use-cases.gates"), (Say("use-cases.gate"), Say("use-cases.gate-answer")), gates),
    )
    return Panel(Say("use-cases.scores"), tables, end=Say("use-cases.anchors"))


def _answer(answer: object, *, must: bool) -> Cell:
    word = "unknown" if answer == "unknown" else "yes" if answer else "no"
    state = State("pass" if answer == must else "blocked", Say(f"use-cases.answer-{word}"))
    return Noted(state, Say("use-cases.must-yes" if must else "use-cases.must-no"))


def _needs(plan: Plan, of: Case) -> Panel:
    task = f"availability:{of.head.id}"
    record = plan[task].last if task in plan else None
    told = {n["signal"]: n for n in record.plain["needs"]} if record is not None and record.data is not None else {}
    rows = tuple((n.signal, demand(n), _verdict(told.get(n.signal))) for n in of.needs.needs)
    columns = tuple(Say(f"use-cases.{c}") for c in ("signal", "demand", "verdict"))
    table = Table(Say("use-cases.needs"), columns, rows, (), Say("use-cases.no-needs"))
    open_ = (Go(Say("use-cases.open-data"), Ref("need", of.head.id)),) if rows else ()
    return Panel(Say("use-cases.needs"), (table, *open_))


def _verdict(found: Mapping[str, object] | None) -> Cell:
    match found and found.get("verdict"):
        case "available":
            return State("available")
        case "partial":
            return Noted(State("partial"), str(found and found.get("reason", "")))
        case "missing":
            return Noted(State("missing"), str(found and found.get("reason", "")))
    return State("idle", Say("use-cases.not-checked"))


def demand(of: DataNeed) -> str:
    """Return what a need asks for, in one line: 0.1 Hz, gap 30 s, 180 d, fresh 1 h."""
    parts = [
        f"{of.rate_hz:g} Hz" if of.rate_hz is not None else "",
        f"gap {span(of.max_gap)}" if of.max_gap is not None else "",
        f"history {span(of.history)}" if of.history is not None else "",
        f"fresh {span(of.fresh)}" if of.fresh is not None else "",
        f"{of.per_class} per class" if of.per_class is not None else "",
        f"in {', '.join(of.when)}" if of.when else "",
    ]
    return ", ".join(p for p in parts if p) or of.kind


def span(seconds: float) -> str:
    """Return a length of time as a file has it."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s"


def _linked(view: View, id: str) -> Panel:
    rows = tuple(
        (Ref("requirement", f.plain["id"], f.plain["title"]), link.get("role", "refines"), f.plain["owner"])
        for f in view.of_kind("index")
        if f.name.startswith("REQ-")
        for link in f.plain.get("links", ())
        if link["to"] == id
    )
    columns = tuple(Say(f"use-cases.{c}") for c in ("requirement", "role", "owner"))
    return Panel(Say("use-cases.linked"), (Table("", columns, rows, (), Say("use-cases.no-linked")),))


def _form(of: Case, sheet: Sheet, filled: Filled) -> Form:
    fields = list(_fields(of, sheet))
    hidden = [Field(f"was-{f.name}", "", "hidden", filled.values.get(f"was-{f.name}", f.value)) for f in fields]
    shown = [
        msgspec.structs.replace(f, value=filled.values.get(f.name, f.value), problem=filled.problems.get(f.name, ""))
        for f in fields
    ]
    reason = Field("reason", Say("use-cases.reason"), "area", filled.values.get("reason", ""))
    action = f"use-cases/{of.head.id}"
    etag = Field("etag", "", "hidden", filled.etag)
    return Form(
        Say("use-cases.change"), action, (*shown, reason, *hidden, etag), Say("use-cases.save"),
        note=Say("use-cases.writes", {"file": f"{of.head.id}.md"}), problem=filled.problems.get("", ""),
        preview=f"{action}/preview",
    )  # fmt: skip


def _fields(of: Case, sheet: Sheet) -> Iterator[Field]:
    yield Field("title", Say("use-cases.new-title"), value=of.head.title)
    yield Field("owner", Say("use-cases.owner"), value=of.head.owner, required=True)
    options = tuple((s, Say(f"use-cases.stage-{s}")) for s in _STAGES)
    yield Field("stage", Say("use-cases.stage"), "select", of.head.stage, options)
    for name in sheet.criteria:
        score = of.scores.scores.get(name)
        value = typed(score) if score is not None else "unknown"
        yield Field(
            f"score-{name}", Say("use-cases.score-of", {"name": name}), value=value, hint=Say("use-cases.score-hint")
        )
    answers = tuple((a, Say(f"use-cases.answer-{a}")) for a in ("yes", "no", "unknown"))
    for name in sheet.gates:
        given = of.scores.gates.get(name, "unknown")
        word = "unknown" if given == "unknown" else "yes" if given else "no"
        yield Field(f"gate-{name}", Say("use-cases.gate-of", {"name": name}), "select", word, answers)
