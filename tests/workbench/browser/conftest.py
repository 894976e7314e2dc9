"""The browser, and pages in it that fail a test when they ask another host for something or report an error."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from tests.workbench.browser.kit import Seen, chromium, open_page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a file, about a second. Not for a session: while Playwright's driver runs, its event
    loop counts as running in this thread, and a test of another file that calls `asyncio.run` would fail.
    """
    with chromium() as started:
        yield started


@pytest.fixture
def opened(browser: Browser, base_url: str) -> Iterator[tuple[Page, Seen]]:
    """A fresh page with its account, checked at the end. `base_url` is the fixture of the server under test."""
    with open_page(browser, base_url) as (page, seen):
        yield page, seen
        seen.check()


@pytest.fixture
def page(opened: tuple[Page, Seen]) -> Page:
    """The page alone."""
    return opened[0]


@pytest.fixture
def seen(opened: tuple[Page, Seen]) -> Seen:
    """What the page of this test did so far."""
    return opened[1]


@pytest.fixture
def page_without_scripts(browser: Browser, base_url: str) -> Iterator[Page]:
    """A page in a browser that runs no script, checked at the end."""
    with open_page(browser, base_url, scripts=False) as (page, seen):
        yield page
        seen.check()
