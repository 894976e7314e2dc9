"""The page of step 8: the gate of each model with its checks, generated pipelines, and when they run by themselves."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import get_args

from ninefold.kernel.errors import NotFound
from ninefold.kernel.plan import Plan
from ninefold.lifecycle.gate import Check, Decision, Gate, gate
from ninefold.operations.delivery.agenda import times
from ninefold.operations.delivery.checking import Generated
from ninefold.operations.delivery.files import Schedule
from ninefold.operations.delivery.generated import Target
from ninefold.operations.delivery.jobs import Pipeline
from ninefold.operations.delivery.scheduling import Remembered
from ninefold.surface.blocks import Block, Empty, Field, Form, Go, Panel, Why, Words
from ninefold.surface.cells import Cell, Moment, Noted, Ref, State, StateName
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text, quote

_STATES: dict[Decision, StateName] = {
    "pass": "pass", "fail": "failed", "insufficient": "insufficient", "stale": "stale", "unapproved": "blocked",
}  # fmt: skip
_TIMES, _ROWS = 3, 100


def models_of(plan: Plan) -> list[str]:
    """Return the models that have a gate."""
    return sorted(n.removeprefix("approval:") for n in plan.statuses if n.startswith("approval:"))


def pipelines_page(
    root: Path, plan: Plan, pipeline: Pipeline | None, problem: str, files: Sequence[Generated], schedule: Schedule,
    zone: str, remembered: Remembered, now: int,
) -> Page:  # fmt: skip
    """Return the page; without a pipeline `problem` says why there is none."""
    gates = [(m, gate(plan, (m,))) for m in models_of(plan)]
    blocks: list[Block] = [Panel("", (_lead(gates, files),), live="plan", name="lead")]
    blocks += [_gate_panel(m, g, span=12) for m, g in gates]
    blocks.append(
        Panel(Say("pipelines.files"), _files(root, pipeline, problem, files), span=7, live="plan", name="files")
    )
    blocks.append(Panel(Say("pipelines.generate-title"), (_generate(),), span=5, name="generate"))
    blocks.append(
        Panel(Say("pipelines.schedule"), (_schedule(schedule, zone, remembered, now),), zone, name="schedule")
    )
    return Page(_title(gates), tuple(blocks), (), Say("pipelines.subtitle"), place="pipelines")


def gate_page(plan: Plan, model: str) -> Page:
    """Return the gate of one model.

    Raises:
        NotFound: no model has the name.
    """
    if model not in models_of(plan):
        raise NotFound(f"No model is called {model[:80]!r}.", hint="Open the page Pipelines.")
    found = gate(plan, (model,))
    crumbs = (Ref("page", "pipelines", Say("layout.place-pipelines")),)
    return Page(
        _title([(model, found)]),
        (_gate_panel(model, found, 12),),
        (),
        "",
        (_state(found),),
        (),
        crumbs,
        place="pipelines",
    )


def _title(gates: Sequence[tuple[str, Gate]]) -> Say:
    closed = [(m, g) for m, g in gates if g.decision != "pass"]
    if len(closed) == 1:
        return Say(f"pipelines.title-{closed[0][1].decision}", {"model": closed[0][0]})
    if closed:
        return Say("pipelines.title-closed", {"n": len(closed), "of": len(gates)})
    if len(gates) == 1:
        return Say("pipelines.title-pass", {"model": gates[0][0]})
    return Say("pipelines.title-open", {"n": len(gates)}) if gates else Say("pipelines.title-none")


def _state(found: Gate) -> State:
    return State(_STATES[found.decision], Say(f"pipelines.is-{found.decision}"))


def _lead(gates: Sequence[tuple[str, Gate]], files: Sequence[Generated]) -> Why | Empty:
    for model, found in gates:
        if found.decision != "pass":
            bad = next((c for c in found.checks if c.decision == found.decision), None)
            to = Ref("task", bad.name) if bad and found.decision == "stale" else Ref("validation", model)
            go = Go(Say("pipelines.open-cause"), to, "main")
            return Why(
                _state(found),
                Say("pipelines.lead-closed", {"model": model}),
                quote(bad.reason) if bad else "",
                action=go,
            )
    for file in files:
        if file.state != "current":
            return Why(State("stale"), Say("pipelines.lead-file", {"file": file.path.name}))
    return Why(State("pass"), Say("pipelines.lead-open")) if gates else Empty(Say("pipelines.no-gate"))


def _gate_panel(model: str, found: Gate, span: int) -> Panel:
    rows = tuple(_check(c) for c in found.checks[:_ROWS])
    columns = tuple(Say(f"pipelines.{c}") for c in ("check", "decision", "reason", "next"))
    table = Table(Say("pipelines.gate-of", {"model": model}), columns, rows, (), Say("pipelines.no-checks"))
    end = Say(f"pipelines.is-{found.decision}")
    return Panel(Say("pipelines.gate-of", {"model": model}), (table,), end, span, "plan", f"gate-{model}")


def _check(c: Check) -> tuple[Cell, ...]:
    state = State(_STATES[c.decision], Say(f"pipelines.is-{c.decision}"))
    return Ref("task", c.name), state, quote(c.reason), c.command


def _files(root: Path, pipeline: Pipeline | None, problem: str, files: Sequence[Generated]) -> tuple[Block, ...]:
    if pipeline is None:
        return (Why(State("blocked"), Say("pipelines.not-planned"), problem),)
    rows = tuple((_where(f.path, root), f.target, _file_state(f)) for f in files)
    columns = (Say("pipelines.file"), Say("pipelines.target"), Say("pipelines.state"))
    words = Words(Say("pipelines.jobs", {"jobs": len(pipeline.jobs), "gates": len(pipeline.gates)}), "note")
    return Table(Say("pipelines.files"), columns, rows, (), Say("pipelines.no-files")), words


def _where(path: Path, root: Path) -> str:
    """Return where a file lies; above the project by its name alone, for the way there is nobody's business."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name


def _file_state(file: Generated) -> State:
    names: dict[str, StateName] = {"current": "fresh", "outdated": "stale", "edited": "partial"}
    return State(names.get(file.state, "stale"), Say(f"pipelines.file-{file.state.split()[0]}"))


def _generate() -> Form:
    options: tuple[tuple[str, Text], ...] = tuple((t, t) for t in get_args(Target))
    field = Field("target", Say("pipelines.target"), "select", "github", options)
    return Form(
        Say("pipelines.generate-title"), "pipelines/generate", (field,), Say("pipelines.generate"), weight="plain",
        note=Say("pipelines.generate-note"),
    )  # fmt: skip


def _schedule(schedule: Schedule, zone: str, remembered: Remembered, now: int) -> Table:
    found: list[tuple[int, tuple[Cell, ...]]] = []
    for name, entry in schedule.runs.items():
        ran = remembered.ran.get(name)
        last: Cell = State("missing", Say("pipelines.never"))
        if ran is not None:
            word = Say("pipelines.ended-well") if not ran.code else Say("pipelines.ended-with", {"code": ran.code})
            last = Noted(Moment(ran.ended), word)
        tasks: Cell = " ".join(entry.run) or Say("pipelines.everything")
        found += [(m, (Moment(m), name, tasks, entry.cron, last)) for m in islice(times(entry, zone, now), _TIMES)]
    columns = tuple(Say(f"pipelines.{c}") for c in ("time", "entry", "runs", "cron", "last"))
    rows = tuple(row for _, row in sorted(found, key=lambda f: f[0])[:_ROWS])
    return Table(Say("pipelines.schedule"), columns, rows, (), Say("pipelines.no-schedule"))
