"""What is sent to the REST API. Unknown fields are refused; times are µs UTC.

A decision of a person carries their password, which opens their signing key for this one signature and is kept nowhere.
"""

from typing import Annotated, Literal

import msgspec

from ninefold.vocabulary.account import AccountRole

Line = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Reason = Annotated[str, msgspec.Meta(max_length=1000)]
Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Moment = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]  # µs UTC
Text = Annotated[str, msgspec.Meta(max_length=1_000_000)]


class RunRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Bring tasks up to date, patterns as in `ninefold run`; empty for everything."""

    tasks: Annotated[tuple[Line, ...], msgspec.Meta(max_length=1000)] = ()


class FileWrite(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file's whole text, and why."""

    text: Text
    reason: Reason = ""


class Preview(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file's text as it would be."""

    path: Line
    text: Text


class ApprovalRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Sign a model as it stands; with `standing_until` also later bundles from the same text, at most `uses`."""

    model: Line
    reason: Line
    password: Secret
    standing_until: Moment | None = None
    uses: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1


class WaiverRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Answer for an insufficient criterion (REQ-x/recall), or for one slice of it, until a moment."""

    model: Line
    criterion: Line
    reason: Line
    until: Moment
    password: Secret
    where: dict[str, str] = {}


class RevocationRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Take back an approval or a waiver."""

    record: Line
    reason: Line
    password: Secret


class PublicationRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Sign the approved bundle of a deployment and let its targets fetch it."""

    password: Secret


class OrderRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Tell a device to go back, to stop, or to try again what it gave up."""

    order: Literal["rollback", "stop", "retry"]


class AcceptanceRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Answer for criteria (REQ/ID) that are still insufficient on a device: it may become active."""

    criteria: Annotated[tuple[Line, ...], msgspec.Meta(min_length=1, max_length=100)]
    reason: Line
    until: Moment
    password: Secret


class InvitationRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Let a device enrol within some minutes."""

    device: Line
    minutes: Annotated[float, msgspec.Meta(gt=0, le=10_080)] = 60.0


class Shelving(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Silence an alarm until a moment."""

    until: Moment
    reason: Reason = ""


class Clearance(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """End an alarm."""

    reason: Reason = ""


class AlarmJudgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Say what an alarm was."""

    outcome: Literal["confirmed", "false", "averted", "unknown"]
    reason: Reason = ""


class Triaging(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Say what is behind an alarm."""

    finding: Literal["process_fault", "new_normal"]
    reason: Reason = ""


class ProposalChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Take a proposal up or put it away."""

    decision: Literal["accepted", "declined"]
    reason: Reason = ""


class TokenRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A new token of one's own, with no more than one may oneself."""

    name: Line
    scope: AccountRole
    password: Secret
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 90
