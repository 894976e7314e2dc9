"""Live pages in a browser: what changes is shown, nothing is taken out of a reader's hands, and a pause holds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.workbench.browser.kit import TABLET, open_page
from tests.workbench.furnished import OPEN_DRIFT, one_more
from tests.workbench.stream.listening import listening

from ninefold.fleet.service import FleetService
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.episodes import cleared


@pytest.fixture
def address(lived: Path) -> Iterator[str]:
    """A workbench of the cell in service, on a real socket."""
    with listening(lived) as (_, port, _thread):
        yield f"http://127.0.0.1:{port}"


def test_a_new_decision_is_shown_and_an_open_table_stays_open(lived: Path, browser: Browser, address: str) -> None:
    """The panels come with the stream."""
    with open_page(browser, address) as (page, seen):
        page.goto("/live/m4")
        page.wait_for_selector(".livebar.on")
        page.wait_for_selector("#lanes[data-drawn]")
        page.click("#lanes summary")
        before = page.inner_text("#queue")
        one_more(lived, 1)
        page.wait_for_function("b => document.querySelector('#queue').innerText !== b", arg=before)
        assert page.evaluate("document.querySelector('#lanes details').open")
        seen.check()


def test_a_panel_of_a_page_is_fetched_anew_but_not_while_it_is_paused(
    lived: Path, browser: Browser, address: str
) -> None:
    """Only that panel is asked for."""

    def enrol(name: str) -> None:
        with FleetService(lived / ".ninefold") as service:
            service.registry.enrol(name, service.registry.invite(name))

    with open_page(browser, address) as (page, seen):
        page.goto("/fleet")
        page.wait_for_selector(".livebar.on")
        enrol("gateway-7")
        page.wait_for_selector("#devices >> text=gateway-7")
        page.click(".livebar button")
        assert "Paused" in page.inner_text(".livebar")
        enrol("gateway-8")
        page.click(".livebar button")
        page.wait_for_selector("#devices >> text=gateway-8")
        assert page.inner_text("#nav-alarms .count").startswith("2")
        with SqliteStore(lived / ".ninefold" / "store.db") as store:
            cleared(store, OPEN_DRIFT, "person-1", "changed", 1_795_521_600_000_000)
        page.wait_for_selector("#nav-alarms .count >> text=1")
        seen.check()


def test_the_page_at_the_machine_fits_one_screen_with_large_targets(browser: Browser, address: str) -> None:
    """Also with an answer opened; judged in two taps, and again in German without scripts."""
    with open_page(browser, address, size=TABLET) as (page, seen):
        page.goto("/m/m7")
        page.click(".choice summary >> nth=2")
        assert page.evaluate("document.documentElement.scrollHeight") <= TABLET["height"]
        heights = page.evaluate(
            "[...document.querySelectorAll('.choice summary, .choice[open] button')].map(e => e.offsetHeight)"
        )
        assert min(heights) >= 120
        page.click(".choice[open] button")
        page.wait_for_selector("text=Recorded: averted.")
        seen.check()
    with open_page(browser, address, size=TABLET, scripts=False) as (page, seen):
        page.goto("/m/m4?lang=de")
        page.click(".choice summary >> nth=0")
        page.click(".choice[open] button")
        assert "Gespeichert: bestätigt." in page.content()
        seen.check()
