"""A take-over: a named person answers, on one target and until a moment, for what a rollout cannot show yet."""

import msgspec

TAKEOVER = "takeover@1"


class TakeOver(msgspec.Struct, frozen=True):
    """Signed, in the context "takeover". It opens the way to `active` on one target, and no gate of validation."""

    target: str
    bundle: str  # digest of the payload
    criterion: str  # REQ/ID
    until: int  # µs UTC
    by: str  # opaque key of the person
    reason: str
    public_key: str = ""
    signature: str = ""
