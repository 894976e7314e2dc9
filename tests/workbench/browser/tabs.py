"""Tabs that are kept for test after test: a renderer of its own, and axe sent to it anew, take longer than a page."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from playwright.sync_api import Browser, Page
from tests.workbench.browser.kit import AXE, Seen, open_page
from tests.workbench.browser.rig import Rig

Tab = Callable[[Rig, str], tuple[Page, Seen]]


@contextmanager
def kept_tabs(browser: Browser) -> Iterator[Tab]:
    """Yield a way to get the tab of a person at a workbench: empty, with nothing seen yet, and with nothing in its cache,
    so that each page is a first visit.
    """
    tabs: dict[tuple[str, str], tuple[Page, Seen]] = {}
    with ExitStack() as stack:

        def tab(rig: Rig, name: str) -> tuple[Page, Seen]:
            if (rig.url, name) not in tabs:
                page, seen = stack.enter_context(open_page(browser, rig.url, cookies=rig.cookies(name)))
                page.add_init_script(f"window.loadAxe = () => {{ {AXE.read_text(encoding='utf-8')} }};")
                page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
                tabs[rig.url, name] = page, seen
            page, seen = tabs[rig.url, name]
            page.goto("about:blank")
            seen.clear()
            return page, seen

        yield tab
