"""Proposals to train again: what they rest on, and what a person does with them. None of this promotes a model."""

from typing import NamedTuple

import numpy as np

from ninefold.kernel.decisions import uses_of
from ninefold.kernel.errors import NotFound, Refused
from ninefold.kernel.records import Draft, Input, Record, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.models import Log, Watched
from ninefold.vocabulary.alarm import AlarmEpisode
from ninefold.vocabulary.approval import APPROVAL, Approval
from ninefold.vocabulary.proposal import PROPOSAL, PROPOSAL_DECISION, Proposal, ProposalDecision

DAY_US = 86_400_000_000
RATE_DAYS = 28.0


class Standing(NamedTuple):
    """A proposal, its record, and what was decided about it."""

    proposal: Proposal
    record: Record
    decision: ProposalDecision | None


class Accepted(NamedTuple):
    """What to do now that a proposal was accepted: the commands, and whether a standing approval may cover the end."""

    commands: tuple[str, ...]
    standing: str  # id of a standing approval with uses left; "" when a person must sign


def propose(watched: Watched, episode: AlarmEpisode, log: Log, needed: int, why: str) -> Proposal:
    """Return the proposal to train a model again on what has been normal since an alarm was raised.

    A label is mature when its horizon and `mature_after` are over in the log; the rate is that of the 28 days before
    the log's end.
    """
    since, rate, mature = episode.raised, None, 0
    if watched.label is not None:
        horizon_us = round((float(watched.label.ahead[1]) + float(watched.label.mature_after)) * 1e6)
        mine = np.asarray(log.events["event"] == watched.label.event, bool)
        occurred = np.asarray(log.events["occurred"][mine], np.float64)
        mature = int(((occurred >= since) & (occurred + horizon_us <= log.as_of)).sum())
        recent = int(((occurred > log.as_of - RATE_DAYS * DAY_US) & (occurred <= log.as_of)).sum())
        rate = recent / RATE_DAYS if recent else None
    missing = max(needed - mature, 0)
    enough = round(max(log.as_of, since) + missing / rate * DAY_US) if missing and rate else None
    return Proposal(
        watched.model, why, since, episode.id, episode.asset, mature, needed, rate, enough, log.as_of
    )  # fmt: skip


def proposals(store: SqliteStore) -> list[Standing]:
    """Return all proposals, the newest first, with the latest decision on each."""
    decided: dict[str, ProposalDecision] = {}
    for record in reversed(store.of_kind(PROPOSAL_DECISION)):
        if record.data is not None:
            body = record.body(ProposalDecision)
            decided[body.proposal] = body
    found = [r for r in store.of_kind(PROPOSAL) if r.data is not None]
    return [Standing(r.body(Proposal), r, decided.get(r.id)) for r in found]


def decide(
    store: SqliteStore, id: str, watched: Watched, by: str, now: int, *, accept: bool, reason: str = ""
) -> Accepted:
    """Record that a person takes a proposal up or puts it away, and return what is to be run.

    Nothing is run and nothing is promoted here: the new model passes the same gate, and a person signs, or a standing
    approval covers it.

    Raises:
        NotFound: there is no such proposal.
        Refused: it was decided before.
    """
    found = _find(store, id)
    if found.decision is not None:
        raise Refused(f"The proposal {found.record.id[:12]} was {found.decision.decision} before.")
    body = ProposalDecision(found.record.id, "accepted" if accept else "declined", by, reason)
    link = (Input("proposal", found.record.id, found.record.content),)
    store.put([Draft(PROPOSAL_DECISION, encode(PROPOSAL_DECISION, body), "propose@1", by, now, link)])
    if not accept:
        return Accepted((), "")
    standing = standing_approval(store, watched.model, now)
    commands = [f"ninefold run --again {name}" for name in watched.datasets]
    commands += ["ninefold run", f"ninefold gate {watched.model}"]
    if not standing:
        commands.append(f"ninefold sign {watched.model} --reason REASON")
    return Accepted((*commands, "ninefold deploy DEPLOYMENT"), standing)


def standing_approval(store: SqliteStore, model: str, now: int) -> str:
    """Return the id of a live standing approval of a model that has uses left; "" for none.

    Whether it covers the new bundle is the gate's business: text and verdicts must be what was approved.
    """
    for record in store.of_kind(APPROVAL):
        if record.data is None or store.revoked(record.id):
            continue
        terms = record.body(Approval)
        live = terms.model == model and terms.decision == "standing" and now < terms.until
        if live and len(uses_of(store, record.id)) < terms.uses:
            return record.id
    return ""


def _find(store: SqliteStore, id: str) -> Standing:
    found = [s for s in proposals(store) if id and s.record.id.startswith(id)]
    if len(found) != 1:
        word = "No proposal" if not found else f"{len(found)} proposals"
        raise NotFound(f"{word} found under {id!r}.", hint="List them with: ninefold proposals.")
    return found[0]


def proposal(store: SqliteStore, id: str) -> Proposal:
    """Return a proposal by the beginning of its record's id.

    Raises:
        NotFound: none or several begin so.
    """
    return _find(store, id).proposal
