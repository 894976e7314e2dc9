"""The overview, runs, trace, audit and finder in a real browser: with scripts and without, by keyboard, at both sizes."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from litestar.config.app import AppConfig
from litestar.types import Message, Scope
from playwright.sync_api import Page, expect
from tests.once import copied
from tests.small_cell import edit
from tests.workbench.browser import steps
from tests.workbench.browser.addresses import REQUIREMENT
from tests.workbench.browser.checks import TWO_LOOKS, check_frame, check_keyboard, check_looks
from tests.workbench.browser.kit import Seen
from tests.workbench.browser.test_every_page import REFUSED
from tests.workbench.desk import APPROVER, LetIn

from ninefold.workbench.access.headers import secured
from ninefold.workbench.app import application

PAGES = ("/", "/trace/rollout:cell-gateways/gateway-1", "/tasks/verdict:tool-failure/REQ-tool-failure-warning/recall")


class Door(LetIn):
    """Lets everybody in, with the headers that the gatekeeper puts on every answer."""

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Add the headers."""

        async def with_headers(message: Message, _scope: Scope) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = secured([(bytes(k), bytes(v)) for k, v in message["headers"]], tls=False)

        app_config.before_send.append(with_headers)
        return super().on_app_init(app_config)


@pytest.fixture(scope="module")
def changed_root(small_cell_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cell in service whose threshold was changed: the verdict and what rests on it are stale."""
    root = copied(small_cell_once, tmp_path_factory.mktemp("whole") / "cell")
    edit(root, "requirements/REQ-tool-failure-warning.md", 'op: "<=", value: 6}', 'op: "<=", value: 5}')
    return root


@pytest.fixture(scope="module")
def base_url(changed_root: Path) -> Iterator[str]:
    """The workbench on loopback, ended with the file's tests."""
    server = uvicorn.Server(uvicorn.Config(application(changed_root, Door(APPROVER)), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.05)
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def test_the_palette_is_used_by_keyboard(page: Page) -> None:
    """Ctrl-K opens it, letters find, arrows choose, Enter opens, Esc closes; the focus goes back."""
    page.goto("/audit")
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.type("gateway-2")
    chosen = dialog.get_by_role("option", selected=True)
    expect(chosen).to_contain_text("Roll back gateway-2")
    page.keyboard.press("ArrowDown")
    expect(chosen).not_to_contain_text("Roll back")
    page.keyboard.press("ArrowUp")
    expect(chosen).to_contain_text("Roll back gateway-2")
    page.keyboard.press("Tab")
    assert not page.evaluate("document.querySelector('.app').contains(document.activeElement)"), "behind the dialog"
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.press("Control+a")
    page.keyboard.type("model:tool-failure")
    expect(chosen).to_contain_text("model:tool-failure")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/model:tool-failure")


def test_the_open_palette_keeps_the_rules(page: Page) -> None:
    """With what it found, and with nothing, at both sizes and in both themes; closed, it leaves the focus where it was."""
    page.goto("/audit")
    before = page.locator("main a").first
    before.focus()
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog")
    for typed, said in (("gateway", "Roll back gateway-2"), ("nothing is called so", "")):
        page.keyboard.press("Control+a")
        page.keyboard.type(typed)
        expect(dialog.get_by_role("option")).to_have_count(0) if not said else expect(dialog).to_contain_text(said)
        check_looks(page)
    page.keyboard.press("Escape")
    expect(before).to_be_focused()


def test_two_saves_meet_on_a_page_that_keeps_the_rules(page: Page, seen: Seen) -> None:
    """Whoever saves later sees both changes, reaches every button by keyboard, and can apply their own on top."""
    page.goto(f"/requirements/{REQUIREMENT}")
    other = page.context.new_page()
    steps.save_threshold(other, "0.66", "The operators ask for earlier warnings.")
    other.close()
    page.get_by_label("Reason", exact=True).fill("A smaller sample will do.")
    page.get_by_label("Samples", exact=False).first.fill("21")
    page.get_by_role("button", name="Save change").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("changed while you were writing")
    seen.console_errors[:] = [e for e in seen.console_errors if REFUSED not in e]
    expect(page.locator("#conflict")).to_contain_text("0.66")
    expect(page.locator("#conflict")).to_contain_text("min_samples: 21")
    check_frame(page)
    check_keyboard(page)
    check_looks(page)
    page.get_by_role("button", name="Apply my change").click()
    expect(page.get_by_role("status").first).to_contain_text(f"{REQUIREMENT} was saved")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_and_can_be_read_by_everybody(page: Page, path: str) -> None:
    """With what is stale on it: axe finds nothing, in both sizes and themes; it does not scroll sideways."""
    page.goto(path)
    check_looks(page, TWO_LOOKS)


def test_the_lineage_begins_where_one_looks_from(page: Page) -> None:
    """It scrolls in its own panel to the box in focus."""
    page.goto("/trace/rollout:cell-gateways/gateway-1")
    expect(page.locator(".figure .n-focus")).to_be_in_viewport()


def test_stale_tasks_are_run_without_scripts(page_without_scripts: Page) -> None:
    """The last test of this file: a form begins the run, its page renews itself until it is done."""
    page = page_without_scripts
    page.goto("/")
    expect(page.get_by_text("REQ-tool-failure-warning.md changed", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Run ").click()
    page.wait_for_url("**/jobs/*")
    expect(page.get_by_role("heading", level=1)).to_contain_text("run", timeout=60_000)
    expect(page.get_by_role("link", name="Look at the overview")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Look at the overview").click()
    expect(page.get_by_text("is stale", exact=False)).to_have_count(0)


def test_an_unknown_run_leads_on(seen: Seen, page: Page) -> None:
    """It is a page with a way back to the overview."""
    page.goto("/jobs/nothing")
    expect(page.get_by_role("link", name="Open the overview")).to_be_visible()
    seen.clear()
