"""The pages of access as a browser without scripts uses them: forms, redirects, cookies."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from tests.workbench.access.made import CHEAP, HOST, PASSWORD, application, lifespan

from ninefold.testing.clock import FakeClock
from ninefold.workbench.access.access import Access

ORIGIN = {"origin": f"http://{HOST}"}
Client = httpx.AsyncClient


def browse(folder: Path, clock: FakeClock, visit: Callable[[Client], Awaitable[None]]) -> None:
    """Start the application and let a browser visit it."""

    async def go() -> None:
        app = application(folder, clock)
        async with lifespan(app):
            transport = httpx.ASGITransport(app=app, client=("192.0.2.7", 1))
            async with Client(transport=transport, base_url=f"http://{HOST}", headers=ORIGIN) as client:
                await visit(client)

    asyncio.run(go())


def prepared(folder: Path, clock: FakeClock, *names: str) -> None:
    """Make accounts with the password; the first is administrator, the others are viewers."""
    access = Access(folder, clock, CHEAP)
    for number, name in enumerate(names):
        made = access.accounts.add(name, "viewer" if number else "administrator", clock.now())
        access.accounts.set_password(made.person, PASSWORD, None)
    access.close()


def csrf(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
    assert found is not None
    return found[1]


async def login(client: Client, name: str, **more: str) -> httpx.Response:
    return await client.post("/login", data={"name": name, "password": PASSWORD, **more})


def test_from_the_first_link_to_a_second_person(folder: Path, clock: FakeClock) -> None:
    """The first person sets name and password, invites another one by a link, and that one comes in as editor."""
    access = Access(folder, clock, CHEAP)
    first = access.first_link()
    access.close()
    assert first is not None

    async def visit(client: Client) -> None:
        assert "first account" in (await client.get(first)).text
        assert (await client.get(first)).status_code == 200  # looking uses nothing up
        data = {"name": "Ada <b>", "password": PASSWORD, "repeat": PASSWORD}
        differ = await client.post(first, data={**data, "repeat": "x"})
        assert (differ.status_code, "Repeat them" in differ.text) == (400, True)
        entered = await client.post(first, data=data)
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        assert (await client.post(first, data=data)).status_code == 404
        page = await client.get("/people")
        assert "Ada &lt;b&gt;" in page.text
        invited = await client.post("/people/invite", data={"csrf": csrf(page), "name": "Bea", "role": "editor"})
        link = re.search(rf"http://{HOST}(/enter/[\w-]+)", invited.text)
        assert link is not None
        assert link[1] not in (await client.get("/people")).text
        client.cookies.clear()
        assert "Choose a password" in (await client.get(link[1])).text
        await client.post(link[1], data={"password": PASSWORD, "repeat": PASSWORD})
        assert (await client.get("/")).text == "Bea"
        assert (
            await client.post("/people/invite", data={"csrf": csrf(await client.get("/people"))})
        ).status_code == 403

    browse(folder, clock, visit)


def test_login_leads_where_one_wanted_to_go_and_logout_ends_it(folder: Path, clock: FakeClock) -> None:
    """And not elsewhere; the secret changes at login, and the old ones open nothing."""
    prepared(folder, clock, "Ada")

    async def visit(client: Client) -> None:
        assert (await login(client, "Ada", next="//evil.example")).headers["location"] == "/"
        before = client.cookies["ninefold-9400"]
        answer = await login(client, "ada", next="/things/x")
        after = client.cookies["ninefold-9400"]
        assert answer.headers["location"] == "/things/x"
        assert before != after
        page = await client.get("/account")
        out = await client.post("/logout", data={"csrf": csrf(page)})
        assert (out.status_code, out.headers["location"]) == (303, "/login")
        client.cookies.clear()
        for secret in (before, after):
            assert (await client.get("/", headers={"cookie": f"ninefold-9400={secret}"})).status_code == 303

    browse(folder, clock, visit)


def test_a_planted_cookie_is_not_taken_over(folder: Path, clock: FakeClock) -> None:
    """Session fixation: whatever the browser came with, it goes on with a new secret."""
    prepared(folder, clock, "Ada")

    async def visit(client: Client) -> None:
        answer = await client.post(
            "/login", data={"name": "Ada", "password": PASSWORD}, headers={"cookie": "ninefold-9400=planted"}
        )
        assert "planted" not in answer.headers["set-cookie"]
        client.cookies.clear()
        assert (await client.get("/", headers={"cookie": "ninefold-9400=planted"})).status_code == 303

    browse(folder, clock, visit)


def test_a_wrong_name_and_a_wrong_password_look_alike(
    folder: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same page, and one verification each, whether the account exists, has a password, or neither."""
    from argon2 import PasswordHasher

    prepared(folder, clock, "Ada")
    access = Access(folder, clock, CHEAP)
    access.accounts.add("Bea", "viewer", 1)
    access.close()
    verified: list[str] = []
    real = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", lambda self, h, p: verified.append(p) or real(self, h, p))

    async def visit(client: Client) -> None:
        pages = set()
        for name in ("Ada", "Bea", "Nobody"):
            answer = await client.post("/login", data={"name": name, "password": "not that one"})
            pages.add((answer.status_code, answer.text.replace(name, "")))
        assert len(pages) == 1
        assert next(iter(pages))[0] == 401

    browse(folder, clock, visit)
    assert verified == ["not that one"] * 3


def test_too_many_tries_have_to_wait(folder: Path, clock: FakeClock) -> None:
    """Also with the right password, until the window is over; the answer says how long."""
    prepared(folder, clock, "Ada")

    async def visit(client: Client) -> None:
        for _ in range(8):
            assert (await client.post("/login", data={"name": "Ada", "password": "wrong"})).status_code == 401
        often = await login(client, "Ada")
        assert (often.status_code, often.headers["retry-after"]) == (429, "300")
        clock.advance(300)
        assert (await login(client, "Ada")).status_code == 303

    browse(folder, clock, visit)


def test_account_settings_and_password(folder: Path, clock: FakeClock) -> None:
    """German from the next page on; the new password holds, other sessions end, this one goes on."""
    prepared(folder, clock, "Ada")

    async def visit(client: Client) -> None:
        await login(client, "Ada")
        other = client.cookies["ninefold-9400"]
        client.cookies.clear()
        await login(client, "Ada")
        page = await client.get("/account")
        wishes = {"csrf": csrf(page), "language": "de", "zone": "Europe/Berlin", "theme": "dark"}
        assert (await client.post("/account", data=wishes)).status_code == 303
        assert "Ihr Konto" in (await client.get("/account?saved=1")).text
        assert (await client.post("/account", data={**wishes, "zone": "Mars"})).status_code == 400
        change = {"csrf": csrf(page), "old": PASSWORD, "new": PASSWORD + "!", "repeat": PASSWORD + "!"}
        assert (await client.post("/account/password", data={**change, "old": "x"})).status_code == 400
        assert (await client.post("/account/password", data={**change, "repeat": "x"})).status_code == 400
        assert (await client.post("/account/password", data=change)).status_code == 303
        assert (await client.get("/")).status_code == 200
        client.cookies.clear()
        assert (await client.get("/", headers={"cookie": f"ninefold-9400={other}"})).status_code == 303

    browse(folder, clock, visit)


def test_people_and_tokens(folder: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """Role, link, sessions, removal; a token is shown once, works, and ends; no secret comes into a log."""
    prepared(folder, clock, "Ada", "Bea")
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []

    async def visit(client: Client) -> None:
        await login(client, "Ada")
        page = await client.get("/people")
        proof = {"csrf": csrf(page)}
        people = dict(re.findall(r"<bdi>(\w+)</bdi><span class=\"cap\">(person-\w+)", page.text))
        bea = f"/people/{people['Bea']}"
        assert (await client.post(f"{bea}/role", data={**proof, "role": "editor"})).status_code == 303
        assert (await client.post(f"{bea}/role", data={**proof, "role": "king"})).status_code == 400
        assert (await client.post(f"/people/{people['Ada']}/role", data={**proof, "role": "viewer"})).status_code == 403
        assert (await client.post("/people/person-x/role", data={**proof, "role": "viewer"})).status_code == 404
        assert (await client.post("/people/invite", data={**proof, "name": "Bea", "role": "viewer"})).status_code == 409
        assert "/enter/" in (await client.post(f"{bea}/link", data={**proof, "reset": "1"})).text
        assert (await client.post(f"{bea}/sessions/end", data=proof)).status_code == 303
        assert (await client.post(f"{bea}/remove", data=proof)).status_code == 303
        assert "Bea" not in (await client.get("/people")).text
        made = await client.post("/tokens", data={**proof, "name": "ci", "scope": "viewer", "days": "9"})
        [token] = re.findall(r"nf_[\w-]{43}", made.text)
        shown.extend([token, client.cookies["ninefold-9400"]])
        page = await client.get("/people")
        assert token not in page.text
        bearer = {"authorization": f"Bearer {token}", "cookie": ""}
        assert (await client.get("/api/v1/things", headers=bearer)).status_code == 200
        [digest] = re.findall(r'name="digest" value="([0-9a-f]+)"', page.text)
        assert (await client.post("/tokens/revoke", data={**proof, "digest": digest})).status_code == 303
        assert (await client.post("/tokens/revoke", data={**proof, "digest": digest})).status_code == 404
        assert (await client.get("/api/v1/things", headers=bearer)).status_code == 401
        assert (await client.post("/tokens", data={**proof, "name": "ci"})).status_code == 400

    browse(folder, clock, visit)
    assert not [s for s in shown if s in caplog.text]
