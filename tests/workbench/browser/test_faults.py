"""What goes wrong around the workbench while people look at it: it says so, loses nothing, and comes back."""

import contextlib
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser
from tests import small_cell
from tests.workbench.browser.addresses import MODEL
from tests.workbench.browser.checks import check_frame, check_looks
from tests.workbench.browser.kit import open_page
from tests.workbench.browser.rig import (
    ADMINISTRATOR,
    APPROVER,
    EDITOR,
    NAMES,
    PASSWORD,
    Rig,
    serving,
)
from tests.workbench.browser.test_every_page import REFUSED

from ninefold.kernel.project import STATE
from ninefold.workbench.access.tokens import csrf_of


@contextmanager
def open_stream(rig: Rig, cookies: dict[str, str]) -> Iterator[socket.socket]:
    """Hold one open stream of events of a person, as a tab does."""
    told = "; ".join(f"{name}={value}" for name, value in cookies.items())
    with socket.create_connection(("127.0.0.1", rig.port), 10) as connection:
        connection.sendall(f"GET /stream HTTP/1.1\r\nHost: 127.0.0.1:{rig.port}\r\nCookie: {told}\r\n\r\n".encode())
        assert b" 200 " in connection.recv(4096).splitlines()[0]
        yield connection


def test_it_ends_with_open_streams(own_site: Rig) -> None:
    """SIGTERM with sixteen open tabs: every stream ends as a whole answer, nothing is printed, and nobody is waited for."""
    with contextlib.ExitStack() as stack:
        streams = [
            stack.enter_context(open_stream(own_site, own_site.cookies(name))) for name in NAMES.values()
            for _ in range(4)
        ]  # fmt: skip
        own_site.stop()
        rest = [b"".join(iter(lambda s=s: s.recv(65_536), b"")) for s in streams]
    assert all(r.endswith(b"0\r\n\r\n") for r in rest)
    assert len(own_site.lines) == 1, own_site.lines


def test_a_locked_store_is_said_and_nothing_is_lost(browser: Browser, own_site: Rig) -> None:
    """While another process writes for long, pages are read as ever; what would write answers 503 and says what to do."""
    store = sqlite3.connect(own_site.root / STATE / "store.db", isolation_level=None)
    with contextlib.closing(store), open_page(browser, own_site.url, cookies=own_site.cookies(EDITOR)) as (page, seen):
        page.goto("/fleet/gateway-1")
        store.execute("BEGIN IMMEDIATE")
        with page.expect_navigation() as sent:
            page.get_by_role("button", name="Roll back gateway-1").click()
        answer = sent.value
        assert answer is not None
        assert answer.status == 503
        check_frame(page)
        check_looks(page)
        assert "locked" in page.locator("main").inner_text()
        assert page.goto("/") is not None
        assert page.locator("h1").count() == 1
        store.execute("ROLLBACK")
        page.goto("/fleet/gateway-1")
        page.get_by_role("button", name="Roll back gateway-1").click()
        page.get_by_role("status").first.wait_for()
        seen.console_errors[:] = [e for e in seen.console_errors if REFUSED not in e]
        seen.check()


def test_a_store_that_is_gone_is_said_and_none_is_made_in_its_place(browser: Browser, own_site: Rig) -> None:
    """The page says where to bring it back to; when it is back everything is as it was."""
    file = own_site.root / STATE / "store.db"
    cookies = own_site.cookies(ADMINISTRATOR)
    with open_page(browser, own_site.url, cookies=cookies) as (page, seen):
        page.goto("/audit")
        shown = page.locator("main").inner_text()
        away = file.with_name("away.db")
        file.rename(away)
        answer = page.goto("/audit")
        assert answer is not None
        assert answer.status == 503
        check_frame(page)
        check_looks(page)
        assert "gone" in page.locator("main").inner_text()
        assert not file.exists()
        away.rename(file)
        page.goto("/audit")
        assert page.locator("main").inner_text() == shown
        seen.console_errors[:] = [e for e in seen.console_errors if REFUSED not in e]
        seen.check()


def test_two_people_approve_at_once(own_site: Rig) -> None:
    """Both press at the same moment: one signature each at most, no stack, and the gate is open."""
    seen = httpx.get(f"{own_site.url}/validation/{MODEL}", cookies=own_site.cookies(APPROVER), timeout=60).text
    token = seen.split('name="seen" value="')[1].split('"')[0]

    def press(name: str) -> httpx.Response:
        cookies = own_site.cookies(name)
        form = {"csrf": csrf_of(cookies[own_site.cookie]), "seen": token, "reason": f"{name} has read it.",
                "password": PASSWORD}  # fmt: skip
        return httpx.post(f"{own_site.url}/validation/{MODEL}/sign", data=form, cookies=cookies, timeout=120)

    before = signed(own_site.root)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(press, (APPROVER, ADMINISTRATOR)))
    statuses = sorted(a.status_code for a in answers)
    assert statuses in ([303, 303], [303, 409])
    assert signed(own_site.root) - before == statuses.count(303)
    assert own_site.lines[1:] == []


def signed(root: Path) -> int:
    """Return how many approvals the store holds."""
    with small_cell.opened(root) as composer:
        return len(composer.session.store.of_kind("approval@1"))


def test_a_server_that_was_killed_loses_nothing(own_site: Rig) -> None:
    """SIGKILL, and a new one serves the same project: sessions go on, records are there."""
    import signal

    cookies = own_site.cookies(EDITOR)
    before = signed(own_site.root)
    own_site.process.send_signal(signal.SIGKILL)
    own_site.process.wait(timeout=10)
    with serving(own_site.root) as again:
        value = next(iter(cookies.values()))
        answer = httpx.get(f"{again.url}/audit", cookies={again.cookie: value}, timeout=30)
        assert answer.status_code == 200
        assert signed(again.root) == before
