"""Nothing comes past the gate that may not: the table of routes, roles and faults."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx
import pytest
from litestar import Request, asgi, get, post
from litestar.types import Receive, Scope, Send
from tests.workbench.access.made import HOST, application, keys, lifespan
from tests.workbench.access.walk import FAULTS, walk

from ninefold.kernel.errors import InvalidInput
from ninefold.testing.clock import FakeClock
from ninefold.workbench.access.gatekeeper import check_routes, handlers_of
from ninefold.workbench.access.headers import CONTENT_SECURITY_POLICY


async def _ask(app, method: str, path: str, **more) -> httpx.Response:
    async with lifespan(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
            return await client.request(method, path, **more)


def ask(app, method: str, path: str, **more) -> httpx.Response:
    return asyncio.run(_ask(app, method, path, **more))


def test_the_table_of_routes_roles_and_faults(folder: Path, clock: FakeClock) -> None:
    """Every route turns away whoever may not call it, with the right status; each fault was tried."""
    app, made = application(folder, clock), keys(folder, clock)

    async def go():
        async with lifespan(app):
            return await walk(app, HOST, made)

    tries = asyncio.run(go())
    assert [t for t in tries if not t.passed] == []
    assert set(Counter(t.fault for t in tries)) == set(FAULTS)
    assert {t.path for t in tries} == {path for path, _, _ in handlers_of(app)}
    for one in tries:
        if one.path.startswith("/api/"):
            assert one.problem, one
        elif one.status == 303:
            assert one.location.startswith("/login"), one


def test_the_walk_finds_an_open_door(folder: Path, clock: FakeClock) -> None:
    """A handler that lets everybody in although it declares a role would not pass: the walk tries the real answer."""

    @get("/open", opt={"role": "public"})
    async def open_() -> str:
        return "come in"

    app, made = application(folder, clock, open_), keys(folder, clock)
    for _, _, handler in handlers_of(app):
        if handler.handler_name == "open_":
            handler.opt["role"] = "viewer"  # the walk believes so
            handler._resolved_guards = ()  # type: ignore[attr-defined]  # a door without a gate

    async def go():
        async with lifespan(app):
            return await walk(app, HOST, made)

    wrong = [t for t in asyncio.run(go()) if not t.passed]
    assert {t.path for t in wrong} == {"/open"}


def test_a_route_that_declares_nothing_is_refused_at_start(folder: Path, clock: FakeClock) -> None:
    """All of them are named, ASGI handlers too, and the server does not start."""

    @get("/forgotten")
    async def forgotten() -> str:
        return ""

    @asgi("/mounted", is_mount=True, copy_scope=True)
    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError

    @post("/misspelt", opt={"role": "admin"})
    async def misspelt() -> str:
        return ""

    app = application(folder, clock, forgotten, mounted, misspelt)
    with pytest.raises(InvalidInput, match=r"3 route\(s\).*/forgotten \(.*/misspelt \(.*/mounted \("):
        check_routes(app)
    with pytest.raises(ExceptionGroup) as started:
        ask(app, "GET", "/")
    assert started.group_contains(InvalidInput)


def test_who_may_comes_through(folder: Path, clock: FakeClock) -> None:
    """A session reads and acts with its token, by header or field; an API token acts without one, within its scope."""
    app, made = application(folder, clock), keys(folder, clock)
    secret, csrf = made.sessions["approver"]
    cookie = {"cookie": f"ninefold-9400={secret}"}
    assert ask(app, "GET", "/", headers=cookie).text == "The approver"
    form = {"csrf": csrf, "reason": "grün"}
    assert ask(app, "POST", "/things/m/approve", headers=cookie, data=form).text == "m grün"
    several = {"csrf": (None, csrf), "reason": (None, "<b>")}
    assert ask(app, "POST", "/things/m/approve", headers=cookie, files=several).text == "m <b>"
    bearer = {"authorization": f"Bearer {made.tokens['editor']}"}
    assert ask(app, "DELETE", "/api/v1/things", headers=bearer).json() == {"via": "token"}
    assert ask(app, "GET", "/api/v1/things", headers=bearer).json() == {"via": "token", "role": "editor"}
    proof = {**cookie, "x-csrf-token": csrf}
    assert ask(app, "DELETE", "/api/v1/things", headers=proof).json() == {"via": "session"}


def test_a_wrong_token_is_not_saved_by_a_cookie(folder: Path, clock: FakeClock) -> None:
    """Who comes with an Authorization header is judged by it alone."""
    app, made = application(folder, clock), keys(folder, clock)
    headers = {"cookie": f"ninefold-9400={made.sessions['editor'][0]}", "authorization": "Bearer nf_wrong"}
    answer = ask(app, "GET", "/api/v1/things", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "session"
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_doubled_field_or_a_huge_form_proves_nothing(folder: Path, clock: FakeClock) -> None:
    """Two fields `csrf` are none; a form beyond the bound is refused before it is parsed."""
    app, made = application(folder, clock), keys(folder, clock)
    secret, csrf = made.sessions["approver"]
    headers = {"cookie": f"ninefold-9400={secret}", "content-type": "application/x-www-form-urlencoded"}
    twice = ask(app, "POST", "/things/m/approve", headers=headers, content=f"csrf={csrf}&csrf={csrf}")
    assert twice.status_code == 403
    huge = ask(app, "POST", "/things/m/approve", headers=headers, content=f"csrf={csrf}&reason=" + "x" * (2 << 20))
    many = ask(app, "POST", "/things/m/approve", headers=headers, content=f"csrf={csrf}&" + "x=1&" * 20_000)
    assert (huge.status_code, many.status_code) == (413, 413)
    own = ask(app, "POST", "/login", headers={"content-type": headers["content-type"]}, content="name=" + "x" * 20_000)
    assert own.status_code == 413


@pytest.mark.parametrize("path", ["/", "/login", "/api/v1/things", "/nowhere", "/things/a%2Fb"])
def test_every_answer_carries_the_security_headers(folder: Path, clock: FakeClock, path: str) -> None:
    """Also what is turned away and what does not exist."""
    answer = ask(application(folder, clock), "GET", path)
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


def test_a_handler_cannot_weaken_the_policy(folder: Path, clock: FakeClock) -> None:
    """A header of the same name is replaced, not doubled."""
    from litestar import Response

    @get("/weak", opt={"role": "public"})
    async def weak() -> Response[str]:
        return Response("x", headers={"Content-Security-Policy": "default-src *"}, media_type="text/html")

    answer = ask(application(folder, clock, weak), "GET", "/weak")
    assert answer.headers.get_list("content-security-policy") == [CONTENT_SECURITY_POLICY]


def test_a_nearer_hook_does_not_open_the_gate(folder: Path, clock: FakeClock) -> None:
    """Guards of all layers run, so a route's own hook or guard comes after the gate."""

    async def hook(_request: Request) -> str:
        return "past"

    @get("/hooked", opt={"role": "viewer"}, before_request=hook)
    async def hooked() -> str:
        return "in"

    answer = ask(application(folder, clock, hooked), "GET", "/hooked")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fhooked")


def test_a_fragment_asks_the_whole_page_to_log_in(folder: Path, clock: FakeClock) -> None:
    """A script would put the login page into a table; it is told, and reloads."""
    answer = ask(application(folder, clock), "GET", "/", headers={"x-fragment": "fleet"})
    assert (answer.status_code, answer.content) == (401, b"")


def test_with_tls_the_cookie_is_bound_to_the_host(folder: Path, clock: FakeClock) -> None:
    """`__Host-`, Secure, HttpOnly, Strict, and HSTS."""
    from tests.workbench.access.made import PASSWORD

    app = application(folder, clock, tls=True)
    keys(folder, clock)
    data = {"name": "The viewer", "password": PASSWORD}
    answer = ask(app, "POST", "/login", data=data, headers={"origin": f"https://{HOST}"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-ninefold-9400=")
    for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
