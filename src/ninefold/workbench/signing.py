"""The key that a person signs with in the browser: theirs alone, opened by their password each time."""

from ninefold.kernel.errors import AccessDenied
from ninefold.kernel.signing import SigningKey
from ninefold.workbench.desk import Desk


def signing_key(desk: Desk, password: str) -> SigningKey:
    """Return the key of who looks.

    Raises:
        AccessDenied: no password, a wrong one, or the account may not approve or holds no key.
        NotFound: who looks has no account.
    """
    from ninefold.workbench.access.access import Access

    if not password:
        raise AccessDenied("Signing needs your password.", hint="Give it, then sign again.")
    access = Access(desk.project.state)
    try:
        return access.accounts.signing_key(desk.actor, password)
    finally:
        access.close()
