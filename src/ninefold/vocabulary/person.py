"""A person: an opaque key in every record; name, contact and key file stand in an erasable table, and only there."""

from typing import Literal, get_args

import msgspec

Role = Literal[
    "maintenance-engineer", "process-engineer", "data-scientist", "ot-engineer", "product-owner", "approver",
    "auditor", "safety-officer", "works-council",
]  # fmt: skip

ROLES: tuple[Role, ...] = get_args(Role)


class Person(msgspec.Struct, frozen=True):
    """One person as the erasable table holds them. Only `key` may stand in a record."""

    key: str  # person- and 16 random hexadecimal digits
    name: str
    contact: str = ""
    public_key: str = ""  # 64 hexadecimal digits; "" for one who signs nothing
    roles: tuple[Role, ...] = ()
