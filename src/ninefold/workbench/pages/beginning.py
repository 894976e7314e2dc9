"""First steps: bring a table, and write one after the other the files that lead to a watched model."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from ninefold.connectors.csv.looking import TableSeen
from ninefold.connectors.tables import TableSettings
from ninefold.kernel.errors import Conflict, InvalidInput, NotFound
from ninefold.lifecycle.beginning import answers, forms, texts
from ninefold.lifecycle.beginning.answers import Columns, Goal, Learning, Problems
from ninefold.lifecycle.beginning.answers import Place as MachinePlace
from ninefold.lifecycle.beginning.forms import Sent
from ninefold.lifecycle.beginning.guessing import PART, answers_of, table_name
from ninefold.lifecycle.beginning.pages import begin_page, form_page, line_page, rows_panel
from ninefold.lifecycle.beginning.standing import inputs_of, label_of, table_of
from ninefold.lifecycle.beginning.texts import NewText
from ninefold.lifecycle.beginning.writing import bring, problems_of, table, write
from ninefold.surface.blocks import Block, Form
from ninefold.surface.cells import Ref
from ninefold.surface.page import Page
from ninefold.surface.words import Say
from ninefold.workbench.desk import Answer, Desk, Done, Shown
from ninefold.workbench.render import text_of
from ninefold.workbench.routes import action, page, upload

MEGABYTES = 100


@page("/begin")
def begin(desk: Desk) -> Page:
    """Show where one begins."""
    return begin_page(desk.session, forms.table_form(megabytes=MEGABYTES))


@upload("/begin", "file", MEGABYTES * 1_000_000)
def bring_table(desk: Desk, file: Path | None, name: str) -> Answer:
    """Take a table; its name comes from the form or from the file's, never its place."""
    wanted = desk.form.get("name", "").strip()
    called = wanted or table_name(name)
    if file is None:
        return _again(desk, wanted, Say("begin.wrong-file"))
    try:
        seen = bring(desk.session.root, called, file)
    except (InvalidInput, Conflict) as error:
        return _again(desk, wanted, str(error))
    values: dict[str, str | int | float] = {"name": called, "rows": seen.rows, "columns": len(seen.columns)}
    return Done(Ref("page", f"begin/{called}/columns"), Say("begin.brought", values))


def _again(desk: Desk, name: str, problem: Say | str) -> Page:
    return begin_page(desk.session, forms.table_form(name, problem, MEGABYTES))


@page("/begin/{name:str}")
def begun(desk: Desk, name: str) -> Page:
    """Show how far a line is."""
    _seen(desk, name)
    jobs = desk.project.jobs
    going = {k: j.id for k in ("run", "gateway") if (j := jobs.running(k)) is not None}
    last = jobs.latest("run")
    if last is not None and last.stage == "failed":
        going["failed"] = last.id
    return line_page(desk.session, name, going, four_eyes=desk.project.settings.four_eyes)


@page("/begin/{name:str}/{step:str}", role="editor")
def step_form(desk: Desk, name: str, step: str) -> Page:
    """Show the form of a step: the columns, what must hold, the model, or the machine."""
    return _step(step).show(desk, name, Sent())


@action("/begin/{name:str}/{step:str}")
def save_step(desk: Desk, name: str, step: str) -> Answer:
    """Write the files of a step."""
    return _answered(desk, name, step, look=False)


@action("/begin/{name:str}/{step:str}/preview")
def preview_step(desk: Desk, name: str, step: str) -> Answer:
    """Show the files of a step as they would be written."""
    return _answered(desk, name, step, look=True)


def _answered(desk: Desk, name: str, code: str, *, look: bool) -> Answer:
    """Write the files of a step, or show them first, or show the form again with what is wrong."""
    step = _step(code)
    files, problems = step.made(desk, name)
    sent = Sent(desk.form, problems)
    if problems:
        return step.show(desk, name, sent)
    if wrong := problems_of(desk.session, files):
        return step.show(desk, name, sent, problem=Say("begin.wrong-files", {"problem": str(wrong[0])}))
    if look:
        return Shown(step.show(desk, name, sent, files))
    reason = text_of(Say("begin.reason", {"name": name}), desk)
    names = write(desk.session, desk.actor, files, reason)
    said = Say("begin.wrote", {"files": ", ".join(names)}) if names else Say("begin.wrote-nothing")
    return Done(Ref("page", f"begin/{name}/{step.following}" if step.following else f"begin/{name}"), said)


def _page(
    name: str, code: str, form: Form, files: Sequence[NewText], problem: Say | str, below: tuple[Block, ...] = ()
) -> Page:
    import msgspec

    return form_page(name, code, msgspec.structs.replace(form, problem=problem) if problem else form, below, files)


def _columns(desk: Desk, name: str, sent: Sent, files: Sequence[NewText] = (), problem: Say | str = "") -> Page:
    seen = _seen(desk, name)
    form = forms.columns_form(name, seen, desk.viewer.zone, sent)
    told = problem or ("" if answers_of(seen) else Say("begin.wrong-answer"))
    return _page(name, "columns", form, files, told, (rows_panel(seen),))


def _connection(desk: Desk, name: str) -> tuple[Sequence[NewText], Problems]:
    seen = _seen(desk, name)
    found, problems = answers.read_columns(desk.form, seen)
    return ([texts.connection(name, seen, found)] if isinstance(found, Columns) else [], problems)


def _goal(desk: Desk, name: str, sent: Sent, files: Sequence[NewText] = (), problem: Say | str = "") -> Page:
    source = _table(desk, name)
    timed, label = isinstance(source.time, str), source.tags[-1].signal
    form = forms.goal_form(name, label, desk.viewer.language, sent, timed=timed)
    return _page(name, "goal", form, files, problem)


def _requirement(desk: Desk, name: str) -> tuple[Sequence[NewText], Problems]:
    found, problems = answers.read_goal(desk.form, timed=isinstance(_table(desk, name).time, str))
    if not isinstance(found, Goal):
        return [], problems
    tags = _table(desk, name).tags
    needed = [t.signal for t in tags[:-1] if t.signal != PART]
    return [texts.requirement(name, found), texts.use_case(name, found, needed, _assets(desk, name))], {}


def _model(desk: Desk, name: str, sent: Sent, files: Sequence[NewText] = (), problem: Say | str = "") -> Page:
    labels = _labels(desk, name)
    label = labels[-1] if labels else ""
    inputs = tuple(t.signal for t in inputs_of(_table(desk, name), label))
    return _page(name, "model", forms.model_form(name, labels, inputs, sent), files, problem)


def _recipe(desk: Desk, name: str) -> tuple[Sequence[NewText], Problems]:
    found, problems = answers.read_learning(desk.form, _labels(desk, name))
    if not isinstance(found, Learning):
        return [], problems
    source, seen = _table(desk, name), _seen(desk, name)
    tags = inputs_of(source, found.label)
    levels = {t.signal: c.levels for t in tags if t.unit is None and (c := seen.column(t.column)) is not None}
    numbers = [t.signal for t in tags if t.unit is not None]
    timed = isinstance(source.time, str)
    parts = any(t.signal == PART for t in source.tags)
    return [texts.recipe(name, numbers, levels, found.label, parts=parts), texts.model(name, found, timed=timed)], {}


def _machine(desk: Desk, name: str, sent: Sent, files: Sequence[NewText] = (), problem: Say | str = "") -> Page:
    return _page(name, "machine", forms.machine_form(name, _pairs(desk, name), sent), files, problem)


def _live(desk: Desk, name: str) -> tuple[Sequence[NewText], Problems]:
    found, problems = answers.read_machine(desk.form, _pairs(desk, name))
    if not isinstance(found, MachinePlace):
        return [], problems
    units = {t.signal: t.unit for t in _table(desk, name).tags}
    agent = texts.agent(name, found.device, found.port)
    return [texts.live_connection(name, found, units), texts.deployment(name, found), agent], {}


def _seen(desk: Desk, name: str) -> TableSeen:
    return table(desk.session.root, name)


def _table(desk: Desk, name: str) -> TableSettings:
    """Return the connection of a line's table.

    Raises:
        NotFound: it is not written yet, or cannot be read.
    """
    found = table_of(desk.view, name)
    if found is None:
        raise NotFound(f"What the columns of {name[:40]} are is not written yet.", hint=f"Open /begin/{name[:40]}.")
    return found


def _labels(desk: Desk, name: str) -> tuple[str, ...]:
    """Return the signals that hold 1 and 0: what can be learnt."""
    known = set(answers_of(_seen(desk, name)))
    return tuple(t.signal for t in _table(desk, name).tags if t.column in known and t.unit is not None)


def _assets(desk: Desk, name: str) -> tuple[str, ...]:
    """Return the machines of the table."""
    asset = _table(desk, name).asset
    if not isinstance(asset, str):
        return (asset.is_,)
    column = _seen(desk, name).column(asset)
    return column.levels if column is not None else ()


def _pairs(desk: Desk, name: str) -> tuple[tuple[str, str], ...]:
    """Return each machine with each signal that its model needs."""
    label = label_of(desk.view, name)
    signals = [t.signal for t in _table(desk, name).tags if t.signal != label]
    return tuple((a, s) for a in _assets(desk, name) for s in signals)[: forms.MOST_ADDRESSES]


class _Step(NamedTuple):
    """A step of the guide that writes files: how they are made, its form, and where one is led on."""

    made: Callable[[Desk, str], tuple[Sequence[NewText], Problems]]
    show: Callable[..., Page]  # (desk, name, sent, files, problem)
    following: str = ""  # the next form; the overview of the line when there is none


_STEPS = {
    "columns": _Step(_connection, _columns, "goal"),
    "goal": _Step(_requirement, _goal, "model"),
    "model": _Step(_recipe, _model),
    "machine": _Step(_live, _machine),
}


def _step(code: str) -> _Step:
    if code not in _STEPS:
        raise NotFound(f"No step of the guide is called {code[:40]!r}.", hint=f"There are: {', '.join(_STEPS)}.")
    return _STEPS[code]


ROUTES = (begin, bring_table, begun, step_form, save_step, preview_step)
