"""Leakage: signs that a model could know in training or test what it cannot know in service."""

from typing import Literal

import msgspec


class LeakFinding(msgspec.Struct, frozen=True):
    """One suspicion, with the figure that it rests on."""

    check: str  # duplicates | single feature | future | identifier | group
    column: str  # "" when it is about whole rows
    severity: Literal["leak", "look"]  # leak: do not trust the figures; look: explain it
    value: float
    limit: float
    message: str


class LeakCheck(msgspec.Struct, frozen=True):
    """One check that was made, on how many columns or rows, and what it looks for."""

    name: str
    about: str
    looked_at: int
    found: int


class Leakage(msgspec.Struct, frozen=True):
    """What the checks found; none found is no proof that there is none."""

    checks: tuple[LeakCheck, ...]
    findings: tuple[LeakFinding, ...]
    of: dict[str, str] = {}
