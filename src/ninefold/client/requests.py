"""What is sent to the REST API. Unknown fields are refused; times are µs UTC.

A decision of a person carries their password, which opens their signing key for this one signature and is kept nowhere.
"""

from typing import Annotated, Literal

import msgspec

from ninefold.client.answers import Role

Line = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Reason = Annotated[str, msgspec.Meta(max_length=1000)]
Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Moment = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]  # µs UTC
Text = Annotated[str, msgspec.Meta(max_length=1_000_000)]


class _Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What all requests share: a field that is not known is an error."""


class RunRequest(_Request):
    """Bring tasks up to date, patterns as in `ninefold run`; empty for everything."""

    tasks: Annotated[tuple[Line, ...], msgspec.Meta(max_length=1000)] = ()


class FileWrite(_Request):
    """A file's whole text, and why."""

    text: Text
    reason: Reason = ""


class Preview(_Request):
    """A file's text as it would be."""

    path: Line
    text: Text


class ApprovalRequest(_Request):
    """Sign a model as it stands; with `standing_until` also later bundles from the same text, at most `uses`."""

    model: Line
    reason: Line
    password: Secret
    standing_until: Moment | None = None
    uses: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1


class WaiverRequest(_Request):
    """Answer for an insufficient criterion (REQ-x/recall), or for one slice of it, until a moment."""

    model: Line
    criterion: Line
    reason: Line
    until: Moment
    password: Secret
    where: dict[str, str] = {}


class RevocationRequest(_Request):
    """Take back an approval or a waiver."""

    record: Line
    reason: Line
    password: Secret


class PublicationRequest(_Request):
    """Sign the approved bundle of a deployment and let its targets fetch it."""

    password: Secret


class OrderRequest(_Request):
    """Tell a device to go back, to stop, or to try again what it gave up."""

    order: Literal["rollback", "stop", "retry"]


class AcceptanceRequest(_Request):
    """Answer for criteria (REQ/ID) that are still insufficient on a device: it may become active."""

    criteria: Annotated[tuple[Line, ...], msgspec.Meta(min_length=1, max_length=100)]
    reason: Line
    until: Moment
    password: Secret


class InvitationRequest(_Request):
    """Let a device enrol within some minutes."""

    device: Line
    minutes: Annotated[float, msgspec.Meta(gt=0, le=10_080)] = 60.0


class Shelving(_Request):
    """Silence an alarm until a moment."""

    until: Moment
    reason: Reason = ""


class Clearance(_Request):
    """End an alarm."""

    reason: Reason = ""


class AlarmJudgement(_Request):
    """Say what an alarm was."""

    outcome: Literal["confirmed", "false", "averted", "unknown"]
    reason: Reason = ""


class Triaging(_Request):
    """Say what is behind an alarm."""

    finding: Literal["process_fault", "new_normal"]
    reason: Reason = ""


class ProposalChoice(_Request):
    """Take a proposal up or put it away."""

    decision: Literal["accepted", "declined"]
    reason: Reason = ""


class TokenRequest(_Request):
    """A new token of one's own, with no more than one may oneself."""

    name: Line
    scope: Role
    password: Secret
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 90
