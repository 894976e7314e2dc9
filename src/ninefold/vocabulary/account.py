"""What an account of the workbench may: one of four roles, each of which may all that those before it may."""

from typing import Literal, get_args

AccountRole = Literal["viewer", "editor", "approver", "administrator"]

ROLES: tuple[AccountRole, ...] = get_args(AccountRole)


def allows(have: AccountRole, need: AccountRole) -> bool:
    """Return whether one role may what another one may."""
    return ROLES.index(have) >= ROLES.index(need)
