"""Pages of step 5: the models of the project, and one model's race, threshold and graph."""

from typing import TypeVar

from ninefold.development.modelling.showing.race import ROWS, leaderboard_panel, race_panel
from ninefold.development.modelling.showing.threshold import rule_panel, threshold_panel
from ninefold.kernel.errors import InvalidInput, NinefoldError, NotFound
from ninefold.kernel.plan import Plan, Status
from ninefold.kernel.view import View
from ninefold.surface.blocks import Act, Block, Column, Empty, Facts, Go, Panel, Why, Words
from ninefold.surface.cells import Measure, Noted, Ref, State, StateName
from ninefold.surface.page import Page
from ninefold.surface.session import Session
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Language, Say, Text, term
from ninefold.vocabulary.model import Leaderboard, Model, OperatingPoint
from ninefold.vocabulary.use_case import Scores, Value

T = TypeVar("T")
_STEPS = ("candidates", "operating-point", "model")


def models_page(view: View, plan: Plan, start: int = 0) -> Page:
    """Return every model file with what became of it, from a row on."""
    facets = view.of_kind("train")
    names = [f.name.removeprefix("model:").removesuffix("#train") for f in facets]
    rows = tuple(_listed(view, plan, n) for n in names[start : start + ROWS])
    columns = tuple(Say(f"models.{c}") for c in ("model", "state", "use-case", "chosen", "score", "size", "next"))
    more = f"/models?from={start + ROWS}" if len(names) > start + ROWS else ""
    to = Go(Say("models.to-use-cases"), Ref("page", "use-cases"), "main")
    body: Block = Table("", columns, rows, more=more) if names else Empty(Say("models.empty"), to)
    made = sum(_body(plan, f"model:{n}", Model) is not None for n in names)
    title = Say("models.title-list", {"n": made, "all": len(names)}) if names else Say("models.title-none")
    return Page(title, (Panel(Say("models.list"), (body,)),), subtitle=Say("models.sub-list"), place="models")


def _listed(view: View, plan: Plan, name: str) -> tuple[Cell, ...]:
    train = view.facets[f"model:{name}#train"].plain
    board, point = (
        _body(plan, f"candidates:{name}", Leaderboard),
        _body(plan, f"operating-point:{name}", OperatingPoint),
    )
    model = _body(plan, f"model:{name}", Model)
    chosen = (
        next((c for c in board.candidates if point is not None and c.name == point.candidate), None) if board else None
    )
    state, why = _state(plan, name)
    score: Cell = None
    if chosen is not None and board is not None:
        interval = "" if chosen.low is None or chosen.high is None else f"{chosen.low:.3f} – {chosen.high:.3f}"
        score = Noted(Measure(chosen.score), f"{board.metric} {interval}".strip())
    return (
        Ref("model", name), State(state), Ref("use-case", str(train["use_case"])),
        None if point is None else point.candidate, score, Measure(model.size_kb if model else None, "kB"), why,
    )  # fmt: skip


def model_page(
    session: Session, name: str, *, language: Language = "en", sort: str = "rank", start: int = 0,
    threshold: str = "",
) -> Page:  # fmt: skip
    """Return one model; `threshold` is a score as somebody typed it, "" for the one in use.

    Raises:
        NotFound: there is no such model.
    """
    view, plan = session.view(), session.status()
    if f"model:{name}#train" not in view.facets:
        known = ", ".join(f.name.removeprefix("model:").removesuffix("#train") for f in view.of_kind("train")) or "none"
        raise NotFound(f"No model is called {name[:80]!r}.", hint=f"Use one of: {known}.")
    board, point = (
        _body(plan, f"candidates:{name}", Leaderboard),
        _body(plan, f"operating-point:{name}", OperatingPoint),
    )
    model = _body(plan, f"model:{name}", Model)
    blocks: list[Block] = [_lead(plan, name)]
    if point is not None:
        blocks.append(_operating(session, name, point, language, threshold))
    if board is not None:
        blocks.append(leaderboard_panel(name, board, point.candidate if point else "", sort, start, language))
        facts = (race_panel(board), *((_model(model),) if model else ()))
        blocks += [Column((f,), 6) for f in facts]
    else:
        blocks.append(Panel(Say("models.leaderboard"), (Empty(Say("models.unmade")),)))
    blocks.append(_records(plan, name))
    file = Go(Say("models.to-file"), Ref("file", view.facets[f"model:{name}#train"].file))
    return Page(
        _title(name, board, point), tuple(blocks), subtitle=point.reason if point else "", place="models",
        actions=(file,), crumbs=(Ref("page", "models", Say("models.models")),),
    )  # fmt: skip


def _operating(session: Session, name: str, point: OperatingPoint, language: Language, typed: str) -> Panel:
    """Return the panel of the threshold; what cannot be made again from the records is said instead."""
    if point.threshold is None:
        return rule_panel(point)
    from ninefold.development.modelling.exploring import explored

    record = session.status()[f"operating-point:{name}"].last
    if record is None:
        raise NotFound(f"operating-point:{name} has no result yet.", hint=f"Run: ninefold run operating-point:{name}.")
    try:
        found = explored(record, session.store, session.blobs)
    except NinefoldError as error:
        return Panel(
            Say("models.operating"), (Words(Say("models.not-explored", {"why": str(error)}), "note"),), name="operating"
        )
    at, problem = point.threshold, ""
    try:
        at = _number(typed) if typed.strip() else point.threshold
    except InvalidInput as error:
        problem = str(error)
    return threshold_panel(name, point, found, at, _value(session.view(), name), language, problem)


def _number(typed: str) -> float:
    text = typed.strip().replace(",", ".")
    try:
        found = float(text)
    except ValueError:
        raise InvalidInput(f"{typed[:40]!r} is no number.", hint="Write a score, such as 0.3.") from None
    if not -1e12 < found < 1e12:  # NaN is neither
        raise InvalidInput(f"{typed[:40]!r} is no score.", hint="Write a score, such as 0.3.")
    return found


def _value(view: View, name: str) -> Value | None:
    facet = view.facets.get(f"{view.facets[f'model:{name}#train'].plain['use_case']}#scores")
    return facet.body.value if facet is not None and isinstance(facet.body, Scores) else None


def _title(name: str, board: Leaderboard | None, point: OperatingPoint | None) -> Text:
    if board is None:
        return Say("models.title-unmade", {"model": name})
    if point is None:
        return Say("models.title-raced", {"model": name, "winner": board.winner})
    values: dict[str, str | int | float] = {"model": name, "candidate": point.candidate}
    if point.probability is not None:
        return Say("models.title-likely", {**values, "p": round(100 * point.probability)})
    return Say("models.title-met" if point.satisfied else "models.title-missed", values)


def _model(model: Model) -> Panel:
    facts: list[tuple[Text, Cell, Text]] = [
        (Say("models.candidate"), model.candidate, term("terms.task-", model.task)),
        (Say("models.size"), Measure(model.size_kb, "kB"), ""),
    ]  # fmt: skip
    if model.threshold is not None:
        facts.append((Say("models.threshold"), Measure(model.threshold, digits=6), ""))
    facts += [
        (Say("models.difference"), Measure(model.parity.largest_difference, digits=2),
         Say("models.parity-rows", {"n": model.parity.rows, "flips": model.label_flips})),
        (Say("models.graph"), model.onnx[:16], "ONNX"),
    ]  # fmt: skip
    for limit in model.limits:
        held: dict[bool | None, tuple[StateName, str]] = {
            True: ("pass", "held"), False: ("failed", "exceeded"), None: ("pending", "on-device")
        }  # fmt: skip
        state, word = held[limit.held]
        facts.append((f"{limit.name} ≤ {limit.limit:g}", State(state, Say(f"models.limit-{word}")), ""))
    facts.append((Say("models.features"), ", ".join(model.features[:60]), ""))
    return Panel(Say("models.ships"), (Facts("", tuple(facts)),))


def _lead(plan: Plan, name: str) -> Why:
    status = _blocker(plan, name)
    if status is None:
        return Why(
            State("fresh"), Say("models.fresh"), action=Go(Say("models.to-validation"), Ref("validation", name), "main")
        )
    why = Say("models.waits-for", {"task": status.name, "why": status.reason or status.state})
    return Why(State(status.state), why, action=_step(status, name))


def _step(status: Status, name: str) -> Go | Act:
    """Return what helps: to run it up to the model, or to look at what keeps it."""
    if status.state == "blocked":
        return Go(Say("models.open-task"), Ref("task", status.name), "main")
    return Act(Say("models.run"), "run", (("task", f"model:{name}"),), "main")


def _state(plan: Plan, name: str) -> tuple[StateName, Text]:
    status = _blocker(plan, name)
    return ("fresh", "") if status is None else (status.state, f"{status.name}: {status.reason or status.state}")


def _blocker(plan: Plan, name: str) -> Status | None:
    """Return the first task before a model, or the model's own, that is not fresh."""
    before = plan.before([f"model:{name}"])
    behind = [s for s in plan.statuses.values() if s.name in before and s.state != "fresh"]
    return next((s for s in behind if not s.waits), behind[0] if behind else None)


def _records(plan: Plan, name: str) -> Panel:
    columns = tuple(Say(f"models.{c}") for c in ("task", "state", "record"))
    rows: list[tuple[Cell, ...]] = []
    for task in (f"{step}:{name}" for step in _STEPS):
        if task in plan:
            record = plan[task].last
            rows.append(
                (
                    Ref("task", task),
                    State(plan[task].state),
                    Ref("record", record.id, record.id[:12]) if record else None,
                )
            )
    return Panel(Say("models.records"), (Table("", columns, tuple(rows)),))


def _body(plan: Plan, task: str, type_: type[T]) -> T | None:
    record = plan[task].last if task in plan else None
    return None if record is None or record.data is None else record.body(type_)
