"""Coverage: which requirement demands what of which use case, where it is measured, and what nothing covers."""

from typing import Literal

import msgspec

from ninefold.vocabulary.criterion import Where
from ninefold.vocabulary.requirement import LinkRole

GapKind = Literal[
    "use-case-without-requirement", "requirement-without-criterion", "criterion-not-measured", "not-watched"
]


class CoverageRow(msgspec.Struct, frozen=True):
    """A cell of the matrix: a criterion of a requirement, demanded of a use case, at these places."""

    requirement: str
    use_case: str
    criterion: str
    where: tuple[Where, ...]


class BackLink(msgspec.Struct, frozen=True):
    """A link seen from its target."""

    source: str
    role: LinkRole


class Gap(msgspec.Struct, frozen=True):
    """What nothing covers: the thing, why it is a gap, and what would close it."""

    kind: GapKind
    about: str  # UC-x, REQ-x or REQ-x/criterion
    message: str
    hint: str


class Coverage(msgspec.Struct, frozen=True):
    """The matrix of requirement, use case, criterion and place, the back-links, and the gaps."""

    rows: tuple[CoverageRow, ...]
    back_links: dict[str, tuple[BackLink, ...]]
    gaps: tuple[Gap, ...]
    requirements: int
    use_cases: int
    criteria: int
