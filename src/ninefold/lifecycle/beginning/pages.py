"""The pages of the way: where one begins, how far a line is and what comes next, and one page for each form."""

from collections.abc import Mapping, Sequence

from ninefold.connectors.csv.looking import TableSeen
from ninefold.lifecycle.beginning.standing import Step, steps_of, tables_of
from ninefold.lifecycle.beginning.texts import NewText
from ninefold.surface.blocks import Act, Block, Difference, Form, Go, Panel, Why, Words
from ninefold.surface.cells import Cell, Noted, Ref, State
from ninefold.surface.page import Page
from ninefold.surface.session import Session
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text

STEPS = ("table", "columns", "goal", "model", "run", "sign", "machine", "deploy", "gateway", "watch")
FORMS = ("columns", "goal", "model", "machine")  # steps that are a form of this room
_CRUMB = Ref("page", "begin", Say("layout.place-begin"))


def begin_page(session: Session, form: Form) -> Page:
    """Return where one begins: bring a table, or go on with one that is there."""
    tables = tables_of(session.root)[:50]
    way = Panel(Say("begin.way"), (_way(),), Say("begin.way-end"), span=5)
    blocks: list[Block] = [Panel(form.title, (form,), span=7, name="bring"), way]
    if tables:
        rows = tuple(_line(session, name) for name in tables)
        columns = (Say("begin.line"), Say("begin.progress"), Say("begin.next"))
        blocks.insert(0, Panel(Say("begin.lines"), (Table(Say("begin.lines"), columns, rows),)))
    return Page(Say("begin.title"), tuple(blocks), subtitle=Say("begin.sub"), place="begin")


def _line(session: Session, name: str) -> tuple[Cell, ...]:
    steps = steps_of(session, name)
    following = next((s for s in steps if not s.done), None)
    done = Say("begin.steps-done", {"n": sum(s.done for s in steps), "of": len(steps)})
    to = Ref("page", f"begin/{name}", name)
    return (to, done, Say(f"begin.step-{following.code}") if following else Say("begin.nothing-left"))


def _way() -> Table:
    rows = tuple((str(n), Noted(Say(f"begin.step-{c}"), Say(f"begin.about-{c}"))) for n, c in enumerate(STEPS, 1))
    return Table(Say("begin.way"), ("", Say("begin.step")), rows)


def line_page(session: Session, name: str, running: Mapping[str, str], *, four_eyes: bool) -> Page:
    """Return how far a line is, and the button that goes on; `running` are jobs that go on, by their kind,
    and under `failed` the last run if it failed."""
    steps = steps_of(session, name)
    following = next((s for s in steps if not s.done), None)
    title: Text = Say(f"begin.next-{following.code}") if following else Say("begin.complete", {"name": name})
    done = sum(s.done for s in steps)
    rows = tuple(_row(n, s) for n, s in enumerate(steps, 1))
    columns = ("", Say("begin.step"), Say("begin.state"), Say("begin.what"))
    blocks: tuple[Block, ...] = (
        Panel("", (_lead(name, following, running, four_eyes=four_eyes),), name="lead"),
        Panel(Say("begin.way"), (Table(Say("begin.way"), columns, rows),),
              Say("begin.steps-done", {"n": done, "of": len(steps)}), name="way"),
    )  # fmt: skip
    actions = (
        (Go(Say("begin.open-gateway"), Ref("page", f"jobs/{running['gateway']}")),) if "gateway" in running else ()
    )
    if following is not None and following.code == "run" and "failed" in running and "run" not in running:
        actions = (*actions, Act(Say("begin.act-run"), "run"))
    return Page(title, blocks, subtitle=Say("begin.line-sub", {"name": name}), actions=actions,
                crumbs=(_CRUMB,), place="begin", refresh_s=5 if "gateway" in running and following else 0)  # fmt: skip


def _row(number: int, step: Step) -> tuple[Cell, ...]:
    where: Cell = None
    if step.to is not None and (step.done or step.state.name in {"failed", "blocked", "running"}):
        key = step.to.key if step.to.kind != "page" else Say("begin.open-page")
        ref = Ref(step.to.kind, step.to.key, key, step.to.part)
        where = Noted(ref, step.note) if step.note and step.note != key else ref
    return (str(number), Noted(Say(f"begin.step-{step.code}"), Say(f"begin.about-{step.code}")), step.state,
            where if where is not None else step.note)  # fmt: skip


def _lead(name: str, step: Step | None, running: Mapping[str, str], *, four_eyes: bool) -> Why:
    """Return what comes next, with its button."""
    if step is None:
        go = Go(Say("begin.act-watch"), Ref("page", "monitoring"), "main")
        return Why(State("pass", Say("begin.done")), Say("begin.lead-complete"), action=go)
    code = step.code
    if code == "run" and "run" in running:
        go = Go(Say("overview.open-run"), Ref("page", f"jobs/{running['run']}"), "main")
        return Why(State("running"), Say("begin.lead-running"), action=go)
    if code == "run" and "failed" in running:
        go = Go(Say("begin.open-failed"), Ref("page", f"jobs/{running['failed']}"), "main")
        return Why(State("failed"), Say("begin.lead-failed"), action=go)
    text: Text = Say(f"begin.lead-{code}")
    if step.state.name == "blocked":
        text = Say("begin.lead-missed")
    elif step.state.name == "failed":
        text = Say("begin.lead-broken")
    note = step.note if step.state.name == "blocked" else ""
    if code == "sign" and four_eyes and not note:
        note = Say("begin.four-eyes")
    return Why(step.state, text, note, action=_button(name, step))


def _button(name: str, step: Step) -> Go | Act:
    label = Say(f"begin.act-{step.code}")
    if step.state.name == "failed" and step.to is not None:
        return Go(Say("overview.open-file"), step.to, "main")
    if step.code == "run":
        return Act(label, "run", (), "main")
    places = {
        "table": Ref("page", "begin"), "sign": Ref("validation", name), "deploy": Ref("deployment", name),
        "gateway": Ref("page", f"begin/{name}/gateway"), "watch": Ref("page", "monitoring"),
    }  # fmt: skip
    return Go(label, places.get(step.code, Ref("page", f"begin/{name}/{step.code}")), "main")


def form_page(name: str, code: str, form: Form, below: tuple[Block, ...] = (), files: Sequence[NewText] = ()) -> Page:
    """Return the page of one form, with the files that would be written when they were asked for."""
    blocks: list[Block] = []
    blocks += [_shown(f) for f in files]
    blocks.append(Panel(form.title, (form,), name="form"))
    number = STEPS.index(code) + 1
    crumbs = (_CRUMB, Ref("page", f"begin/{name}", name))
    return Page(Say(f"begin.step-{code}"), (*blocks, *below), crumbs=crumbs, place="begin",
                subtitle=Say("begin.form-sub", {"n": number, "of": len(STEPS), "about": ""}))  # fmt: skip


def _shown(file: NewText) -> Panel:
    lines = tuple(("+", n, line) for n, line in enumerate(file.text.splitlines(), 1))
    return Panel(file.path, (Difference(file.path, lines),), Say("begin.would-write"))


def rows_panel(seen: TableSeen) -> Panel:
    """Return the first rows of a table as they stand in the file."""
    columns = tuple(c.name for c in seen.columns)
    table = Table(Say("begin.first-rows"), columns, seen.first)
    return Panel(Say("begin.first-rows"), (table,), Say("begin.rows", {"n": seen.rows, "columns": len(columns)}))


def gateway_page(name: str, device: str, agent: str, *, here: Text, allowed: bool, stand_in: bool, job: str) -> Page:
    """Return the two ways to start a gateway: on this computer, or on another one. `here` says why not here."""
    blocks: list[Block] = [Words(Say("begin.here-what"))]
    if job:
        blocks.append(Go(Say("begin.open-gateway"), Ref("page", f"jobs/{job}"), "main"))
    elif here or not allowed:
        blocks.append(Words(here or Say("begin.needs-administrator"), "note"))
    else:
        blocks += _starts(name, device, stand_in=stand_in)
    commands = f"ninefold edge enrol gateways/{device}/agent.toml\nninefold edge run gateways/{device}/agent.toml"
    there: tuple[Block, ...] = (
        Words(Say("begin.there-what", {"device": device})), Words(commands, "mono"),
        Words(Say("begin.there-file", {"file": f"gateways/{device}/agent.toml"}), "note"), Words(agent, "mono"),
        Go(Say("begin.invite"), Ref("page", "fleet")),
    )  # fmt: skip
    return Page(
        Say("begin.gateway-title", {"device": device}),
        (Panel(Say("begin.here"), tuple(blocks), span=6, name="here"), Panel(Say("begin.there"), there, span=6)),
        subtitle=Say("begin.gateway-sub"), crumbs=(_CRUMB, Ref("page", f"begin/{name}", name)), place="begin",
    )  # fmt: skip


def _starts(name: str, device: str, *, stand_in: bool) -> list[Block]:
    path, label = f"begin/{name}/gateway", Say("begin.start-here", {"device": device})
    if not stand_in:
        return [Act(label, path, (), "main", "administrator")]
    played = Say("begin.start-played", {"device": device})
    return [
        Words(Say("begin.here-what-stand-in"), "note"), Act(played, path, (("table", "yes"),), "main", "administrator"),
        Words(Say("begin.here-what-real"), "note"), Act(label, path, (), "plain", "administrator"),
    ]  # fmt: skip
