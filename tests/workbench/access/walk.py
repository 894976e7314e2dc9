"""Walks every route of an application through every way in which somebody may not call it: the table of access.

It asks the application for its routes, so a page that is written later is walked too.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import httpx
from litestar import Litestar

from ninefold.vocabulary.account import ROLES, allows
from ninefold.workbench.access.gatekeeper import handlers_of
from ninefold.workbench.access.roles import PUBLIC

FAULTS = (
    "no session", "wrong Host", "no CSRF token", "wrong CSRF token", "another site", "expired session",
    "expired token", "revoked token", "lower role", "lower scope",
)  # fmt: skip


class Keys(NamedTuple):
    """What the walk comes with. Sessions and tokens belong to accounts of the application that is walked."""

    cookie: str  # the cookie's name
    sessions: dict[str, tuple[str, str]]  # role -> (secret, CSRF token)
    tokens: dict[str, str]  # scope -> token
    expired_session: str
    expired_token: str
    revoked_token: str


class Try(NamedTuple):
    """One request that must be turned away, and what became of it."""

    path: str
    method: str
    role: str
    fault: str
    status: int
    expected: tuple[int, ...]
    problem: bool  # the answer is problem+json
    location: str

    @property
    def passed(self) -> bool:
        """Whether it was turned away as it should be."""
        return self.status in self.expected


async def walk(app: Litestar, allowed_host: str, keys: Keys, values: dict[str, str] | None = None) -> list[Try]:
    """Try every route with every fault that applies to it; `values` fill the parameters of paths ("x" when absent)."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    found = []
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{allowed_host}") as client:
        for path, method, handler in handlers_of(app):
            address = re.sub(r"\{([^:}]+)[^}]*\}", lambda m: (values or {}).get(m[1], "x"), path)
            need = str(handler.opt.get("role"))
            for fault, headers, expected in _faults(address, method, need, allowed_host, keys):
                client.cookies.clear()
                answer = await client.request(method, address, headers=headers)
                kind = answer.headers.get("content-type", "")
                found.append(
                    Try(path, method, need, fault, answer.status_code, expected, "problem+json" in kind,
                        answer.headers.get("location", ""))
                )  # fmt: skip
    return found


def _faults(
    path: str, method: str, need: str, host: str, keys: Keys
) -> Iterator[tuple[str, dict[str, str], tuple[int, ...]]]:
    """Yield the faults of one route: their name, what the request carries, and the statuses that are right."""
    api, unsafe = path.startswith("/api/"), method not in {"GET", "HEAD", "OPTIONS"}
    own = keys.sessions[need if need in ROLES else "viewer"]
    cookie = {"cookie": f"{keys.cookie}={own[0]}"}
    full = {**cookie, "x-csrf-token": own[1], "origin": f"http://{host}"}
    yield "wrong Host", {**full, "host": "evil.example"}, (421,)
    yield "wrong Host", {**full, "host": host + "."}, (421,)
    if unsafe:
        yield "another site", {**full, "origin": "http://evil.example"}, (403,)
        yield "another site", {**cookie, "x-csrf-token": own[1], "sec-fetch-site": "cross-site"}, (403,)
    if need == PUBLIC:
        return
    out = (401,) if api else (303,)
    proof = {"x-csrf-token": own[1]}
    yield "no session", proof, out
    yield "expired session", {**proof, "cookie": f"{keys.cookie}={keys.expired_session}"}, out
    for fault, token in (("expired token", keys.expired_token), ("revoked token", keys.revoked_token)):
        yield fault, {"authorization": f"Bearer {token}"}, out
    if not api:  # a token opens the API only
        yield "no session", {"authorization": f"Bearer {keys.tokens[need]}"}, out
    if unsafe:
        yield "no CSRF token", cookie, (403,)
        yield "wrong CSRF token", {**full, "x-csrf-token": "0" * 64}, (403,)
    for role in ROLES:
        if allows(role, need):  # type: ignore[arg-type]  # a role, or the walk ended above
            continue
        secret, csrf = keys.sessions[role]
        yield "lower role", {"cookie": f"{keys.cookie}={secret}", "x-csrf-token": csrf}, (403,)
        if api:
            yield "lower scope", {"authorization": f"Bearer {keys.tokens[role]}"}, (403,)
