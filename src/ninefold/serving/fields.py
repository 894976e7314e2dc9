"""What the fields of a request's head say about its body: how long, how written, and whether it may come at all."""

from collections.abc import Mapping

from ninefold.serving.answers import Answer, problem
from ninefold.serving.limits import Limits

MOST = 100  # fields of one head
WANTED = frozenset(
    {b"authorization", b"content-encoding", b"content-length", b"expect", b"host", b"inference-header-content-length"}
)


def objection(fields: Mapping[bytes, bytes], limits: Limits) -> Answer | None:
    """Return why the body may not come; None when it may. The parser let only digits pass as its length."""
    if int(fields.get(b"content-length", 0)) > limits.body_bytes:
        return too_large(limits)
    if fields.get(b"expect", b"100-continue").lower() != b"100-continue":
        return problem(417, "No other expectation than 100-continue is met here.")
    if fields.get(b"content-encoding", b"identity").lower() != b"identity":
        return problem(415, "Bodies are taken as they are; no Content-Encoding is known here.")
    return None


def too_large(limits: Limits) -> Answer:
    """Return the refusal of a body."""
    return problem(413, f"The body of a request has at most {limits.body_bytes:.0f} bytes here.")


def split_of(fields: Mapping[bytes, bytes]) -> int | None:
    """Return where the JSON of a body ends and tensors begin; None when it is all JSON, -1 when that is no number."""
    field = fields.get(b"inference-header-content-length")
    if field is None:
        return None
    return int(field) if field.isdigit() and len(field) < 12 else -1
