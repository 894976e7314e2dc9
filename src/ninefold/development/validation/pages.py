"""Pages of step 6: how every model stands, and one model's evidence with what people sign on it."""

from ninefold.development.validation.planning import models, verdict_names
from ninefold.development.validation.report.gathered import Gathered, gather
from ninefold.development.validation.showing.bounds import bounds_panel
from ninefold.development.validation.showing.findings import narrow_panels, wide_panels
from ninefold.development.validation.showing.signing import Tried, point_of, sign_panel, signed_panel, waive_panel
from ninefold.development.validation.signing_off import Desk, own_work
from ninefold.development.validation.standing import Standing, is_model, standing_of
from ninefold.kernel.errors import NotFound
from ninefold.surface.blocks import Act, Block, Column, Empty, Go, Panel, Why
from ninefold.surface.cells import Moment, Noted, Ref, State, StateName
from ninefold.surface.page import Page
from ninefold.surface.session import Session
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Language, Quote, Say, Text, quote

__all__ = ["Tried", "desk_of", "point_of", "validation_list", "validation_page"]
_ROWS = 100  # of a page


def desk_of(session: Session, four_eyes: bool) -> Desk:
    """Return where somebody signs now."""
    return Desk(session.status(), session.view(), session.store, session.clock.now(), four_eyes)


def validation_list(desk: Desk, start: int = 0) -> Page:
    """Return how every model stands before its signature, from a row on."""
    names = models(desk.view)
    shown = [standing_of(desk, m) for m in names[start : start + _ROWS] if is_model(desk, m)]
    columns = tuple(Say(f"validation.{c}") for c in ("model", "state", "criteria", "approved", "next"))
    more = f"/validation?from={start + _ROWS}" if len(names) > start + _ROWS else ""
    table = Table("", columns, tuple(_listed(s) for s in shown), more=more)
    body: Block = (
        table
        if shown
        else Empty(Say("validation.empty"), Go(Say("validation.to-models"), Ref("page", "models"), "main"))
    )
    signed = sum(s.current is not None for s in shown)
    title = Say("validation.title-list", {"n": signed, "all": len(names)}) if names else Say("validation.title-none")
    return Page(
        title, (Panel(Say("validation.list"), (body,)),), subtitle=Say("validation.sub-list"), place="validation"
    )


def _listed(found: Standing) -> tuple[Cell, ...]:
    name, why, _ = _next(found)
    counts = Say("validation.counts", {o: found.count(o) for o in ("pass", "insufficient", "fail")})
    signed: Cell = None
    if found.current is not None:
        signed = Noted(Moment(found.current.record.time), found.current.name)
    word: Text = Say("validation.gate-open") if found.current is not None else ""
    return Ref("validation", found.model), State(name, word), counts, signed, why


def validation_page(
    session: Session, desk: Desk, model: str, language: Language = "en", tried: Tried | None = None,
    *, bundle: bool = False, person: str = "",
) -> Page:  # fmt: skip
    """Return one model's evidence; `tried` is a form that could not be done, `bundle` whether a file was signed,
    `person` who looks: what they made themselves they do not sign.

    Raises:
        NotFound: there is no such model.
    """
    if not is_model(desk, model):
        known = ", ".join(models(desk.view)) or "none"
        raise NotFound(f"No model is called {model[:80]!r}.", hint=f"Use one of: {known}.")
    found = standing_of(desk, model)
    if f"model:{model}" not in desk.plan or desk.plan[f"model:{model}"].last is None:
        return _unmade(found)
    evidence = gather(session, model)
    gating = tuple(verdict_names(desk.view, model))
    verdicts = sorted(evidence.verdicts, key=lambda v: f"{v.requirement}/{v.criterion}" not in gating)
    mine = own_work(desk, model, person) if person and found.obstacle is None else ""
    left = (bounds_panel(verdicts, gating), *wide_panels(evidence, language))
    signing = (sign_panel(found, desk.four_eyes, mine, tried), waive_panel(found, tried))
    right = (*(p for p in signing if p), *narrow_panels(evidence, language))
    below = (signed_panel(found, tried), _missing(evidence), _records(evidence))
    return Page(
        _title(found, evidence), (_lead(found), Column(left, 8), Column(right, 4), *(p for p in below if p)),
        subtitle=_sub(found, evidence), states=_chips(found), actions=_actions(model, bundle), place="validation",
        crumbs=(Ref("page", "validation", Say("validation.validation")),),
    )  # fmt: skip


def _title(found: Standing, evidence: Gathered) -> Text:
    values: dict[str, str | int | float] = {"model": found.model}
    for outcome in ("fail", "insufficient"):
        if n := found.count(outcome):
            return Say(f"validation.title-{outcome}", {**values, "n": n})
    thin = sum(j.outcome == "insufficient" for v in evidence.verdicts for j in v.slices)
    if thin and found.verdicts:
        return Say("validation.title-thin", {**values, "n": thin})
    return Say("validation.title-pass" if found.verdicts else "validation.title-unjudged", values)


def _sub(found: Standing, evidence: Gathered) -> Text:
    counts = {o: found.count(o) for o in ("pass", "insufficient", "fail")}
    return Say("validation.sub", {**counts, "candidate": evidence.model.candidate, "n": len(evidence.model.features)})


def _chips(found: Standing) -> tuple[State, ...]:
    gate = (
        State("pass", Say("validation.gate-open")) if found.current else State("blocked", Say("validation.gate-closed"))
    )
    n = len([p for p, _ in found.points if p.outcome == "insufficient"])
    return (gate, State("insufficient", Say("validation.n-insufficient", {"n": n}))) if n else (gate,)


def _actions(model: str, bundle: bool) -> tuple[Go, ...]:
    found = (
        Go(Say("validation.report-html"), Ref("page", f"validation/{model}/report.html")),
        Go(Say("validation.report-pdf"), Ref("page", f"validation/{model}/report.pdf")),
        Go(Say("validation.bundle"), Ref("page", f"validation/{model}/bundle.9fb")),
    )
    return found if bundle else found[:2]


def _lead(found: Standing) -> Why:
    state, text, to = _next(found)
    return Why(State(state), text, action=to)


def _next(found: Standing) -> tuple[StateName, Text, Go | Act | None]:
    """Return the state, the reason and the next step of a model before its signature."""
    if found.blocker is not None:
        blocker = found.blocker
        why = Say("validation.waits-for", {"task": blocker.name, "why": Quote(blocker.reason or blocker.state)})
        step: Go | Act = Go(Say("validation.open-task"), Ref("task", blocker.name))
        if blocker.state != "blocked":
            names = "\n".join(found.approval.planned.results.values())
            step = Act(Say("validation.run"), "run", (("tasks", names),), "main")
        return blocker.state, why, step
    if found.obstacle is not None:
        return "blocked", quote(str(found.obstacle)), None
    if failing := [p for p in found.closed if p.outcome == "fail"]:
        point = failing[0]
        to = Ref("requirement", point.requirement, part=f"criterion-{point.criterion}")
        return "failed", quote(f"{point.name}: {point.reason}"), Go(Say("validation.open-requirement"), to)
    if found.closed:
        point = found.closed[0]
        to = Ref("validation", found.model, part="waive")
        return "insufficient", quote(f"{point.name}: {point.reason}"), Go(Say("validation.answer-for"), to)
    to = Ref("validation", found.model, part="sign")
    if found.current is None:
        return "pending", Say("validation.waits-signature", {"n": found.judged}), Go(Say("validation.to-sign"), to)
    return "pass", Say("validation.is-signed", {"name": found.current.name}), None


def _unmade(found: Standing) -> Page:
    """Return the page of a model that has no record yet."""
    return Page(
        Say("validation.title-unmade", {"model": found.model}),
        (_lead(found), Panel(Say("validation.bounds"), (Empty(Say("validation.unmade")),))), place="validation",
        crumbs=(Ref("page", "validation", Say("validation.validation")),),
    )  # fmt: skip


def _missing(evidence: Gathered) -> Panel | None:
    if not evidence.missing:
        return None
    rows = tuple((Ref("task", task), command) for task, command in evidence.missing.items())
    table = Table("", (Say("validation.task"), Say("validation.made-by")), rows)
    return Panel(Say("validation.missing"), (table,))


def _records(evidence: Gathered) -> Panel:
    columns = tuple(Say(f"validation.{c}") for c in ("task", "state", "record"))
    rows = tuple(
        (Ref("task", s.task), _plan_state(s.state), Ref("record", s.record, s.record[:12])) for s in evidence.sources
    )
    return Panel(Say("validation.records"), (Table("", columns, rows),))


def _plan_state(name: str) -> State:
    known: dict[str, StateName] = {"fresh": "fresh", "stale": "stale", "blocked": "blocked"}
    return State(known.get(name, "missing"))
