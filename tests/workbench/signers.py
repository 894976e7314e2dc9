"""People with an account, a password and a key, for tests of what is signed in the browser."""

from pathlib import Path

from ninefold.kernel.clock import SystemClock
from ninefold.workbench.access.access import Access
from ninefold.workbench.access.accounts import AccountRole
from ninefold.workbench.access.viewer import Viewer

PASSWORD = "four words for signing"  # of a person that a test makes up


def enter(root: Path, name: str, role: AccountRole = "approver") -> Viewer:
    """Add an account and return who they are when they look."""
    access = Access(root / ".ninefold")
    try:
        person = access.accounts.add(name, role, SystemClock().now()).person
        access.accounts.set_password(person, PASSWORD, None)
    finally:
        access.close()
    return Viewer(person, name, role, zone="Europe/Berlin")
