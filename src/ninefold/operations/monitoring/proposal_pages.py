"""Proposals to train again: the list, and one with what would follow. None of this promotes a model."""

from collections.abc import Sequence

from ninefold.kernel.errors import NotFound
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.proposals import Standing, proposals
from ninefold.surface.blocks import Facts, Field, Form, Panel, Why
from ninefold.surface.cells import Cell, Moment, Noted, Ref, State
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.who import names_of, who
from ninefold.surface.words import Say, Text


def proposal_table(found: Sequence[Standing]) -> Table:
    """Return proposals as rows, the newest first."""
    rows = tuple(
        (
            Noted(Ref("proposal", s.record.id, s.proposal.why), s.record.id[:12]), Ref("model", s.proposal.model),
            Moment(s.proposal.since), _labels(s), _state(s),
        )
        for s in found
    )  # fmt: skip
    columns = tuple(Say(f"monitoring.{c}") for c in ("proposal", "model", "since", "mature", "state"))
    return Table(Say("monitoring.proposals"), columns, rows, (), Say("monitoring.no-proposals"))


def decisions_table(store: SqliteStore, found: Sequence[Standing]) -> Table:
    """Return proposals with what was decided of each, by whom and why."""
    names = names_of(store)
    rows: list[tuple[Cell, ...]] = []
    for s in found:
        d = s.decision
        by: Cell = None if d is None else who(d.by, names)
        proposal = Noted(Ref("proposal", s.record.id, s.proposal.why), s.record.id[:12])
        rows.append((proposal, Ref("model", s.proposal.model), Moment(s.proposal.since), _labels(s), _state(s), by,
                     "" if d is None else d.reason))  # fmt: skip
    heads = ("proposal", "model", "since", "mature", "state", "decided")
    columns = (*(Say(f"monitoring.{c}") for c in heads), Say("alarms.why"))
    return Table(Say("monitoring.proposals"), columns, tuple(rows), (), Say("monitoring.no-proposals"))


def proposal_page(store: SqliteStore, id: str) -> Page:
    """Return one proposal, and the two answers to it.

    Raises:
        NotFound: none or several begin so.
    """
    found = [s for s in proposals(store) if id and s.record.id.startswith(id)]
    if len(found) != 1:
        word = "No proposal" if not found else f"{len(found)} proposals"
        raise NotFound(f"{word} found under {id[:64]!r}.", hint="Open the list on the page Monitoring.")
    standing = found[0]
    p, names = standing.proposal, names_of(store)
    items: list[tuple[Text, Cell, Text]] = [
        (Say("monitoring.model"), Ref("model", p.model), ""), (Say("monitoring.asset"), Ref("asset", p.asset), ""),
        (Say("alarms.alarm"), Ref("alarm", p.episode, p.episode[:12]), ""),
        (Say("monitoring.new-since"), Moment(p.since), ""), (Say("monitoring.mature"), _labels(standing), ""),
        (Say("alarms.record"), Ref("record", standing.record.id, standing.record.id[:12]), ""),
        (Say("alarms.by"), who(standing.record.actor, names), ""),
    ]  # fmt: skip
    if standing.decision is not None:
        items.append((Say("monitoring.decided"), who(standing.decision.by, names), standing.decision.reason))
    lead = Why(_state(standing), Say(f"monitoring.lead-proposal-{_word(standing)}", {"model": p.model}))
    blocks = [Panel("", (lead,)), Panel(Say("monitoring.rests-on"), (Facts("", tuple(items)),), span=7)]
    if standing.decision is None:
        reason = Field("reason", Say("alarms.why"))
        path = f"proposals/{standing.record.id}"
        accept = Form(Say("monitoring.accept"), f"{path}/accept", (reason,), Say("monitoring.accept"),
                      note=Say("monitoring.accept-note"))  # fmt: skip
        decline = Form(
            Say("monitoring.decline"), f"{path}/decline", (reason,), Say("monitoring.decline"), weight="plain"
        )
        blocks.append(Panel(Say("monitoring.answer"), (accept, decline), span=5))
    crumbs = (Ref("page", "monitoring", Say("layout.place-monitoring")),)
    return Page(
        Say("monitoring.title-proposal", {"model": p.model}),
        tuple(blocks),
        (),
        p.why,
        crumbs=crumbs,
        place="monitoring",
    )


def _word(standing: Standing) -> str:
    return standing.decision.decision if standing.decision is not None else "open"


def _state(standing: Standing) -> State:
    word = _word(standing)
    names = {"open": State("pending", Say("monitoring.open")), "accepted": State("pass", Say("monitoring.accepted"))}
    return names.get(word, State("idle", Say("monitoring.declined")))


def _labels(standing: Standing) -> Cell:
    p = standing.proposal
    enough = p.labels >= p.needed
    state = State("pass" if enough else "insufficient", Say("monitoring.labels", {"n": p.labels, "of": p.needed}))
    if p.enough_at is None or enough:
        return state
    return Noted(state, Say("monitoring.enough-in", {"n": max(round((p.enough_at - p.as_of) / 86_400e6), 0)}))
