"""The key that a person signs with in the browser: theirs alone, opened by their password each time."""

import threading

from ninefold.kernel.clock import SystemClock
from ninefold.kernel.errors import AccessDenied
from ninefold.kernel.signing import SigningKey
from ninefold.workbench.access.throttle import Throttle
from ninefold.workbench.desk import Desk

_tries = Throttle(SystemClock())
_one = threading.Lock()  # opening a key takes 64 MiB


def signing_key(desk: Desk, password: str) -> SigningKey:
    """Return the key of who looks.

    Raises:
        AccessDenied: no password, a wrong one, too many tries, or the account may not approve or holds no key.
        NotFound: who looks has no account.
    """
    from ninefold.workbench.access.access import Access

    if not password:
        raise AccessDenied("Signing needs your password.", hint="Give it, then sign again.")
    with _one:
        if wait_s := _tries.wait_s(desk.actor, "signing"):
            raise AccessDenied("There were too many tries to sign.", hint=f"Wait {wait_s} s, then repeat.")
        _tries.failed(desk.actor, "signing")
        access = Access(desk.project.state)
        try:
            key = access.accounts.signing_key(desk.actor, password)
        finally:
            access.close()
        _tries.succeeded(desk.actor, "signing")
        return key
