"""The slider of the threshold in a real browser: progressive, by keyboard, and nothing is asked of another host."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Page, expect
from tests.workbench.desk import APPROVER, LetIn

from ninefold.workbench.app import application

PATH = "/models/tool-failure"


@pytest.fixture(scope="module")
def base_url(small_cell_once: Path) -> Iterator[str]:
    """The workbench of the released cell on a port of its own; the pages of this file only read."""
    config = uvicorn.Config(application(small_cell_once, LetIn(APPROVER)), port=0, log_level="warning")
    server = uvicorn.Server(config)
    with config.bind_socket() as socket:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def test_the_slider_moves_the_figures_and_keeps_the_focus(page: Page) -> None:
    """By keyboard; the address then names the threshold, so that it can be sent to somebody."""
    page.goto(PATH)
    slider = page.locator("#operating input[type=range]")
    slider.focus()
    page.keyboard.press("End")
    expect(page.locator("#operating .figs")).to_contain_text("0 / 97")
    expect(page.locator("#operating input[type=range]")).to_be_focused()
    assert "?threshold=" in page.url
    expect(page.locator("#operating header")).to_contain_text("a trial")


def test_without_scripts_the_form_does_the_same(page_without_scripts: Page) -> None:
    """A number and a button."""
    page = page_without_scripts
    page.goto(PATH)
    page.get_by_role("textbox", name="Threshold").fill("0.9")
    page.get_by_role("button", name="Try").click()
    expect(page.locator("#operating header")).to_contain_text("a trial")
    assert page.locator("#operating input[type=range]").count() == 0
