"""The browser, and pages in it that fail a test when they ask another host for something or report an error."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.once import copied
from tests.small_cell import opened as opened_project
from tests.workbench.browser.kit import Seen, chromium, open_page
from tests.workbench.browser.rig import Rig, people, serving
from tests.workbench.browser.tabs import Tab, kept_tabs
from tests.workbench.furnished import HOUR, furnish

from ninefold.kernel.records import Draft, encode
from ninefold.vocabulary.proposal import PROPOSAL, Proposal


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a file, about a second. Not for a session: while Playwright's driver runs, its event
    loop counts as running in this thread, and a test of another file that calls `asyncio.run` would fail.
    """
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Tab]:
    """The tabs of the people of a file's tests."""
    with kept_tabs(browser) as found:
        yield found


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


@pytest.fixture(scope="session")
def site(small_cell_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The workbench of the small milling cell with people of every role, for tests that change nothing in it."""
    root = copied(small_cell_once, tmp_path_factory.mktemp("site") / "small-cell")
    furnish(root)
    propose(root)
    people(root)
    with serving(root) as rig:
        yield rig


def propose(root: Path) -> None:
    """Let one model be proposed for another training, because of an alarm of long ago."""
    with opened_project(root) as composer:
        now = composer.clock.now()
        body = Proposal("tool-failure", "new normal", now - HOUR, "0ld0", "m1", 12, 60, 1.5, now + 32 * 24 * HOUR, now)
        composer.session.store.put(
            [Draft(PROPOSAL, encode(PROPOSAL, body), "propose@1", composer.actor, now, key="proposal:0ld0")]
        )


@pytest.fixture
def own_site(cell_root: Path) -> Iterator[Rig]:
    """The same for one test alone, which may change it."""
    people(cell_root)
    with serving(cell_root) as rig:
        yield rig


@pytest.fixture
def furnished_site(cell_root: Path) -> Iterator[Rig]:
    """The same, with devices that have been in service for some hours."""
    furnish(cell_root)
    people(cell_root)
    with serving(cell_root) as rig:
        yield rig
