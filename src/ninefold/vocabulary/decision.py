"""A decision: what one bundle said about one part of one asset; its id travels to alarm, write and outcome."""

import hashlib
from typing import Literal

import msgspec

Quality = Literal["good", "uncertain", "bad"]
By = Literal["model", "rule", "abstain"]  # abstain: neither model nor rule could decide


class Decision(msgspec.Struct, frozen=True):
    """One decision. Decisions travel as columns, never as one record each."""

    id: str
    asset: str
    frame: str  # part, batch, tool life or shift
    t: int  # µs UTC: end of the frame
    as_of: int  # µs UTC: the newest input that was known
    bundle: str  # digest
    by: By
    score: float | None  # None when the model did not decide; of a model of classes the predicted one's probability
    alarm: bool
    quality: Quality  # of the inputs
    role: Literal["active", "shadow", "canary"] = "active"  # only active and canary decisions are acted on
    label: str | None = None  # the predicted class of a model of classes


def decision_id(bundle: str, asset: str, frame: str, t: int) -> str:
    """Return the id of a decision: the same inputs after a restart give the same id."""
    return hashlib.sha256(f"{bundle}\n{asset}\n{frame}\n{t}".encode()).hexdigest()[:20]
