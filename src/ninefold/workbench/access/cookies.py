"""The session's cookie: read by no script, sent by no other site, bound to this host where there is TLS.

SameSite=Strict also holds for one-time links, because the session begins with a form of our own page.
"""

from litestar.datastructures import Cookie

from ninefold.workbench.access.gatekeeper import Gate
from ninefold.workbench.access.sessions import OLDEST


def session_cookie(gate: Gate, secret: str) -> Cookie:
    """Return the cookie that holds the secret of a session."""
    return _cookie(gate, secret, OLDEST // 1_000_000)


def no_cookie(gate: Gate) -> Cookie:
    """Return the cookie that takes the session's away."""
    return _cookie(gate, "", 0)


def _cookie(gate: Gate, value: str, age_s: int) -> Cookie:
    return Cookie(
        key=gate.cookie, value=value, path="/", httponly=True, secure=gate.tls, samesite="strict", max_age=age_s
    )
