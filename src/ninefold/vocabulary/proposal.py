"""A proposal to train a model again. It promotes nothing: the same gate and a signature do."""

from typing import Literal

import msgspec

PROPOSAL = "proposal@1"
PROPOSAL_DECISION = "proposal-decision@1"


class Proposal(msgspec.Struct, frozen=True):
    """Which model, why, and whether there are enough labels for the gate to decide."""

    model: str
    why: str
    since: int  # µs UTC: from then on the data are the new normal
    episode: str  # that led to it
    asset: str
    labels: int  # mature events since then
    needed: int  # events that the gate asks for; 0 when no criterion names a number
    rate_per_day: float | None  # mature events a day, from the log before; None when there are none
    enough_at: int | None  # µs UTC when they will be there at this rate; None when they are or when it is unknown
    as_of: int  # µs UTC: how far the log that was counted reaches


class ProposalDecision(msgspec.Struct, frozen=True):
    """A person takes a proposal up or puts it away."""

    proposal: str  # id of its record
    decision: Literal["accepted", "declined"]
    by: str
    reason: str = ""
