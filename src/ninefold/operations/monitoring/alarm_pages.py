"""Pages of alarms: all of them by asset and cause, and one with what can be done about it."""

from collections.abc import Sequence

from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.alarm_words import (
    alarm_cell,
    cause_of,
    finding,
    is_drift,
    outcome_of,
    silent_until,
    since,
    state_of,
    weight_of,
)
from ninefold.operations.monitoring.episodes import Held, episodes, find, is_open
from ninefold.surface.blocks import Act, Facts, Field, Form, Go, Panel, Why, Words
from ninefold.surface.cells import Cell, Moment, Ref
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.who import names_of, who
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.alarm import AlarmEpisode
from ninefold.vocabulary.triage import TRIAGE, Triage

ROWS = 100
OUTCOMES = ("confirmed", "false", "averted", "unknown")
_PLACE = "alarms"
_CRUMBS = (Ref("page", "alarms", Say("layout.place-alarms")),)


def alarms_page(store: SqliteStore, now: int, *, everything: bool, asset: str = "", first: int = 0) -> Page:
    """Return the open alarms, or all, the newest first, a hundred from a place on; of one asset when it is named."""
    held = [h for h in episodes(store, now) if not asset or h.episode.asset == asset]
    open_ = [h for h in held if is_open(h.episode)]
    shown = sorted(held if everything else open_, key=lambda h: (-h.episode.raised, h.episode.id))
    some = shown[first : first + ROWS]
    query = f"asset={asset}&" * bool(asset) + "all=yes&" * everything
    more = f"/alarms?{query}first={first + ROWS}" if len(shown) > first + ROWS else ""
    other = Go(
        Say("alarms.show-open" if everything else "alarms.show-all"),
        Ref("page", "alarms" if everything else "alarms/all"),
    )
    title = Say("alarms.title-some", {"n": len(open_)}) if open_ else Say("alarms.title-none")
    panel = Panel(
        Say("alarms.all" if everything else "alarms.open"), (alarm_table(some, more=more),), live="alarms", name="list"
    )
    return Page(title, (panel,), subtitle=Say("alarms.subtitle"), actions=(other,), place=_PLACE)


def alarm_table(held: Sequence[Held], more: str = "") -> Table:
    """Return alarms as rows."""
    rows: list[tuple[Cell, ...]] = []
    for h in held:
        e = h.episode
        signals = ", ".join(s.feature for s in e.signals)
        rows.append((alarm_cell(e), Ref("asset", e.asset), state_of(e), Moment(e.raised), signals, outcome_of(e)))
    columns = tuple(Say(f"alarms.{c}") for c in ("alarm", "asset", "state", "raised", "signals", "outcome"))
    return Table(Say("alarms.all"), columns, tuple(rows), (), Say("alarms.none"), more)


def alarm_page(store: SqliteStore, id: str, now: int) -> Page:
    """Return one alarm: what it rests on, who did what, and what can be done now.

    Raises:
        NotFound: there is no such alarm.
    """
    held = find(store, id, now)
    episode = held.episode
    triage = triage_of(store, episode.id)
    blocks = [
        Panel("", (_lead(episode, triage, now),), live="alarms", name="lead"),
        Panel(Say("alarms.strongest"), (signals_table(episode),), span=7, live="alarms", name="signals"),
        Panel(Say("alarms.story"), (_story(store, held, triage),), span=5, live="alarms", name="story"),
    ]
    if is_open(episode) and is_drift(episode) and triage is None:
        blocks.append(Panel(Say("alarms.behind"), _triage_forms(episode), span=6, name="triage"))
    if episode.outcome is None:
        blocks.append(Panel(Say("alarms.was"), (_judge_form(episode),), span=6, name="judge"))
    if is_open(episode):
        blocks.append(Panel(Say("alarms.quiet"), _quiet_forms(episode), span=6, name="quiet"))
    states = tuple(s for s in (state_of(episode), outcome_of(episode)) if s is not None)
    actions = (Go(Say("alarms.open-asset", {"asset": episode.asset}), Ref("asset", episode.asset)),)
    return Page(
        finding(episode), tuple(blocks), (), since(episode, now), states, actions, _CRUMBS, place=_PLACE
    )  # fmt: skip


def signals_table(episode: AlarmEpisode) -> Table:
    """Return the strongest signals of an alarm with value, direction and weight."""
    rows: list[tuple[Cell, ...]] = [
        (
            s.feature,
            s.value if s.value is None else float(f"{s.value:.4g}"),
            Say(f"alarms.{s.direction}"),
            weight_of(s, episode),
        )
        for s in episode.signals
    ]
    columns = (Say("alarms.signal"), Say("alarms.value"), Say("alarms.direction"), Say("alarms.weight"))
    return Table(Say("alarms.strongest"), columns, tuple(rows), (), Say("alarms.no-signals"))


def triage_of(store: SqliteStore, episode: str) -> Triage | None:
    """Return what a person found behind an alarm; None while nobody said so."""
    record = store.latest(f"triage:{episode}")
    return record.body(Triage) if record is not None and record.kind == TRIAGE and record.data is not None else None


def _lead(episode: AlarmEpisode, triage: Triage | None, now: int) -> Why:
    """Return state, reason and the next step, with one button."""
    note: Text = ""
    action: Act | Go | None = None
    if not is_open(episode):
        text = Say("alarms.lead-cleared")
    elif triage is not None:
        text = Say(f"alarms.lead-{triage.finding.replace('_', '-')}", {"asset": episode.asset})
        action = Go(Say("alarms.open-monitoring"), Ref("page", "monitoring"))
    elif episode.state == "acknowledged":
        text = Say("alarms.lead-seen-drift" if is_drift(episode) else "alarms.lead-seen")
    else:
        text = Say("alarms.lead-drift" if is_drift(episode) else "alarms.lead-warning")
        action = Act(Say("alarms.acknowledge"), f"alarms/{episode.id}/ack", weight="main")
    return Why(state_of(episode), text, note or since(episode, now), action=action)


def _story(store: SqliteStore, held: Held, triage: Triage | None) -> Facts:
    names, e = names_of(store), held.episode
    items: list[tuple[Text, Cell, Text]] = [
        (Say("alarms.raised"), Moment(e.raised), ""),
        (Say("alarms.raised-by"), who(held.raised_by, names), ""),
        (Say("alarms.cause"), cause_of(e), ""),
        (Say("alarms.asset"), Ref("asset", e.asset), ""),
    ]
    if e.decision:
        items.append((Say("alarms.decision"), Ref("decision", e.decision, e.decision[:12]), ""))
    if e.acknowledged is not None:
        items.append((Say("alarms.acknowledged"), Moment(e.acknowledged), ""))
        items.append((Say("alarms.by"), who(e.acknowledged_by, names), ""))
    if e.shelved_until is not None:
        items.append((Say("alarms.shelved-until"), silent_until(e), e.reason))
    if triage is not None:
        items.append((Say("alarms.found"), Say(f"alarms.finding-{triage.finding.replace('_', '-')}"), triage.reason))
    if e.cleared is not None:
        items.append((Say("alarms.cleared"), Moment(e.cleared), e.reason))
    if e.outcome is not None:
        items.append((Say("alarms.outcome"), outcome_of(e), ""))
        items.append((Say("alarms.by"), who(e.judged_by, names), ""))
    items.append((Say("alarms.record"), Ref("record", held.record.id, held.record.id[:12]), ""))
    return Facts("", tuple(items))


def _triage_forms(episode: AlarmEpisode) -> tuple[Words | Form, ...]:
    reason = Field("reason", Say("alarms.why"), hint=Say("alarms.why-hint"))
    options = (("process-fault", Say("alarms.finding-process-fault")), ("new-normal", Say("alarms.finding-new-normal")))
    found = Field("finding", Say("alarms.found"), "select", "process-fault", options)
    form = Form(
        Say("alarms.behind"), f"alarms/{episode.id}/triage", (found, reason), Say("alarms.record-finding"),
        weight="main" if episode.state == "acknowledged" else "plain", note=Say("alarms.triage-note"),
    )  # fmt: skip
    return (form,)


def _judge_form(episode: AlarmEpisode) -> Form:
    options = tuple((o, Say(f"alarms.outcome-{o}")) for o in OUTCOMES)
    fields = (Field("outcome", Say("alarms.was"), "select", "", options), Field("reason", Say("alarms.why")))
    return Form(Say("alarms.was"), f"alarms/{episode.id}/judge", fields, Say("alarms.record-outcome"), weight="plain",
                note=Say("alarms.judge-note"))  # fmt: skip


def _quiet_forms(episode: AlarmEpisode) -> tuple[Form, ...]:
    reason = Field("reason", Say("alarms.why"))
    clear = Form(Say("alarms.clear"), f"alarms/{episode.id}/clear", (reason,), Say("alarms.clear"), weight="plain",
                 note=Say("alarms.clear-note-drift" if is_drift(episode) else "alarms.clear-note"))  # fmt: skip
    if episode.state == "shelved":
        return (clear,)
    hours = tuple((h, Say("alarms.hours", {"n": int(h)})) for h in ("1", "8", "24", "168"))
    until = Field("hours", Say("alarms.for"), "select", "8", hours)
    title = Say("alarms.shelve")
    shelve = Form(title, f"alarms/{episode.id}/shelve", (until, reason), title, weight="plain")
    return shelve, clear
