"""What named persons decide about a model: an approval, a waiver of what is insufficient, and a revocation of either.

People stand in these bodies as opaque keys. Each body is signed; `signature` covers everything else in it.
"""

from typing import Literal

import msgspec

APPROVAL = "approval@1"
WAIVER = "waiver@1"
REVOCATION = "revocation@1"
APPROVAL_USE = "approval-use@1"


class Approval(msgspec.Struct, frozen=True):
    """A person takes a model into service.

    `exactly` covers these contents and nothing else; it returns when a revert brings them back. `standing` covers
    whatever the same text gives (recipe, model file, criteria, contract: `facets`) while every verdict passes, until
    a moment, and for at most `uses` different bundles.
    """

    model: str
    decision: Literal["exactly", "standing"]
    contents: dict[str, str]  # role -> content: bundle, and REQ/ID of each verdict
    by: str  # opaque key of the person
    public_key: str  # 64 hexadecimal digits
    reason: str
    facets: dict[str, str] = {}  # standing: facet name -> content
    until: int = 0  # µs UTC, 0 for no end; a standing approval and one that rests on a waiver always end
    uses: int = 0  # standing
    waivers: tuple[str, ...] = ()  # ids of the waivers that it rests on
    signature: str = ""  # 128 hexadecimal digits


class Waiver(msgspec.Struct, frozen=True):
    """A person answers, until a moment, for a criterion whose evidence is insufficient. It never opens a failure."""

    model: str
    bundle: str  # content of the bundle's record
    requirement: str
    criterion: str
    facet: str  # content of the criterion's facet
    until: int  # µs UTC
    by: str
    public_key: str
    reason: str
    where: dict[str, str] = {}  # the slice; empty for the whole
    signature: str = ""


class Revocation(msgspec.Struct, frozen=True):
    """A person takes back an approval or a waiver; the record that it names plays the role `revoked`."""

    record: str
    by: str
    public_key: str
    reason: str
    signature: str = ""


class ApprovalUse(msgspec.Struct, frozen=True):
    """A bundle that went into service under a standing approval."""

    approval: str  # id
    bundle: str  # content of the bundle's record
