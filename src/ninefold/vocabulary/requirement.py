"""A requirement: one statement of what must hold, its links, and the criteria that make it measurable."""

from typing import Literal

import msgspec

from ninefold.vocabulary.criterion import Criterion, Where

RequirementType = Literal["functional", "quality", "constraint", "data", "legal"]
Priority = Literal["must", "should", "could"]
LinkRole = Literal["refines", "derives", "depends", "conflicts"]


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A link to a use case or another requirement. It stands only at its source; back-links are computed."""

    to: str
    role: LinkRole = "refines"


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The front matter of a requirement's file. `uuid` never changes; it is the ReqIF identifier."""

    id: str
    uuid: str
    type: RequirementType
    title: str
    owner: str  # a role or a key, never a person's name
    priority: Priority = "should"
    links: tuple[Link, ...] = ()
    criteria: tuple[Criterion, ...] = ()


class Statement(msgspec.Struct, frozen=True):
    """The sentence of a requirement, on one line."""

    requirement: str
    text: str


class CriterionPlace(msgspec.Struct, frozen=True):
    """A criterion's id and where it applies, in the order of the life cycle."""

    id: str
    where: tuple[Where, ...]


class RequirementIndex(msgspec.Struct, frozen=True):
    """What lists, graphs and the matrix need to know of a requirement."""

    id: str
    uuid: str
    title: str
    type: RequirementType
    owner: str
    priority: Priority
    links: tuple[Link, ...] = ()
    criteria: tuple[CriterionPlace, ...] = ()
