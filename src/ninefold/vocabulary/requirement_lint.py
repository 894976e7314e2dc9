"""What a reading of a requirement found: its sentence pattern, warnings, and the samples that its bounds will need."""

from typing import Literal

import msgspec

Pattern = Literal["ubiquitous", "event", "state", "optional", "unwanted", "complex"]
Rule = Literal[
    "language", "pattern", "one-sentence", "one-shall", "long", "weak-word", "no-criterion", "counter-criterion",
    "no-bound", "never-passes", "always-passes", "min-samples", "direction",
]  # fmt: skip


class Finding(msgspec.Struct, frozen=True):
    """One warning about the statement, or about a criterion of the requirement. It never blocks."""

    rule: Rule
    message: str
    hint: str
    criterion: str = ""


class SampleNeed(msgspec.Struct, frozen=True):
    """The smallest evidence with which a criterion can pass, by the number of misses that it may contain."""

    criterion: str
    unit: str  # what is counted: events, rows, readings, machine-weeks
    by_misses: tuple[tuple[int, float], ...]


class RequirementLint(msgspec.Struct, frozen=True):
    """The reading of one requirement. `pattern` is None when the sentence fits none, or is not English."""

    requirement: str
    pattern: Pattern | None
    findings: tuple[Finding, ...] = ()
    needs: tuple[SampleNeed, ...] = ()
