"""The kit sees what it is there to see: each of its alarms has a page that sets it off."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.workbench.browser.checks import check_keyboard
from tests.workbench.browser.kit import LAPTOP, ROOT, TABLET, Seen, Size, axe, installed, open_page

FRAME = """<!doctype html><html lang="en"><head><title>Kit</title><link rel="icon" href="data:,">
<script src="/mark.js"></script></head><body><main>{body}</main></body></html>"""
BODIES = {
    "/good": "<h1>Good</h1><p>Nothing to see.</p>",
    "/foreign": '<h1>Foreign</h1><img src="http://other.invalid/a.png" alt="elsewhere">',
    "/inline": "<h1>Inline</h1><script>document.title = 'ran'</script>",
    "/style": '<h1>Style</h1><p style="color: red">Red</p>',
    "/unnamed": "<h1>Unnamed</h1><input>",
    "/noisy": '<h1>Noisy</h1><script src="/noisy.js"></script>',
    **{
        f"/keys{n}": f'<h1>Keys</h1><button>One</button><button id="two">Two</button><button>Three</button>'
        f'<script src="/keys{n}.js"></script>'
        for n in ("", "-bare", "-hidden", "-missed", "-trap")
    },
}
SCRIPTS = {
    "/mark.js": "document.documentElement.dataset.script = 'ran';",
    "/noisy.js": "console.error('it broke'); throw new Error('thrown');",
    "/keys.js": "",
    "/keys-bare.js": "two.style.outline = 'none';",
    "/keys-hidden.js": """const over = document.createElement("p");
        over.style.cssText = "position: fixed; inset: 0; margin: 0; background: white";
        two.onfocus = () => document.body.append(over); two.onblur = () => over.remove();""",
    "/keys-missed.js": """document.onkeydown = e => { if (document.activeElement.textContent === "One") {
        e.preventDefault(); two.nextElementSibling.focus(); } };""",
    "/keys-trap.js": "two.onkeydown = e => e.preventDefault();",
}


class Pages(BaseHTTPRequestHandler):
    """A site of a few pages under the workbench's kind of policy."""

    def do_GET(self) -> None:
        """Answer a page or a script."""
        script = self.path in SCRIPTS
        body = SCRIPTS[self.path] if script else FRAME.format(body=BODIES[self.path])
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if script else "text/html; charset=utf-8")
        policy = "default-src 'self'; img-src * data:; script-src 'self'; style-src 'self'"
        self.send_header("Content-Security-Policy", policy)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """The site's address on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_good_page_passes_every_check(page: Page, seen: Seen) -> None:
    """Its own script ran, and there is nothing to report."""
    page.goto("/good")
    assert page.locator("html").get_attribute("data-script") == "ran"
    assert axe(page) == []
    assert len(seen.requests) == 2


def test_a_request_to_another_host_is_seen(page: Page, seen: Seen) -> None:
    """Also when the policy allows it; nothing leaves, the name does not exist."""
    page.goto("/foreign")
    assert seen.foreign == ["http://other.invalid/a.png"]
    with pytest.raises(AssertionError, match="another host"):
        seen.check()
    seen.clear()


@pytest.mark.parametrize(("path", "directive"), [("/inline", "script-src-elem"), ("/style", "style-src-attr")])
def test_a_violation_of_the_policy_is_seen(page: Page, seen: Seen, path: str, directive: str) -> None:
    """An inline script and a style attribute; the browser did not obey them."""
    page.goto(path)
    assert page.title() == "Kit"
    assert seen.policy == [f"{directive} inline"]
    with pytest.raises(AssertionError, match="Content-Security-Policy"):
        seen.check()
    seen.clear()


def test_a_field_without_a_name_is_seen(page: Page) -> None:
    """Axe runs under the page's policy and names rule and element."""
    page.goto("/unnamed")
    (found,) = axe(page)
    assert (found["rule"], found["elements"]) == ("label", ["<input>"])


@pytest.mark.parametrize(
    "faint", ["p.style.color = '#ccc'", "document.body.style.background = '#333'", "p.style.opacity = .2"]
)
def test_a_text_that_turns_faint_is_seen(page: Page, faint: str) -> None:
    """Also when its like was found readable a moment ago; and again, as long as it is faint."""
    page.goto("/good")
    assert axe(page) == []
    page.evaluate(f"p = document.querySelector('p'); {faint}; 0")
    for _ in range(2):
        (found,) = axe(page)
        assert found["rule"] == "color-contrast"
        assert any(e.startswith("<p") for e in found["elements"])
    page.reload()
    assert axe(page) == []


def test_errors_of_scripts_are_seen(page: Page, seen: Seen) -> None:
    """What a script writes as an error, and what it throws."""
    page.goto("/noisy")
    assert "it broke" in seen.console_errors
    assert [e for e in seen.page_errors if "thrown" in e]
    seen.clear()


@pytest.mark.parametrize(
    ("way", "said"),
    [("-bare", "no ring"), ("-hidden", "hidden while"), ("-missed", "does not reach"), ("-trap", "did not lead back")],
)
def test_a_page_that_the_keyboard_cannot_use_is_seen(page: Page, way: str, said: str) -> None:
    """The same three buttons: without a ring, below something, passed over, and one that keeps the focus."""
    page.goto("/keys")
    check_keyboard(page)
    page.goto(f"/keys{way}")
    with pytest.raises(AssertionError, match=said):
        check_keyboard(page)


def test_a_page_without_scripts_runs_none(page_without_scripts: Page) -> None:
    """The page is there, its script is not."""
    page_without_scripts.goto("/good")
    assert page_without_scripts.locator("h1").inner_text() == "Good"
    assert page_without_scripts.locator("html").get_attribute("data-script") is None


@pytest.mark.parametrize("size", [LAPTOP, TABLET], ids=["laptop", "tablet"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_size_scheme_and_motion_are_those_asked_for(browser: Browser, base_url: str, size: Size, scheme: str) -> None:
    """As the page's media queries see them."""
    with open_page(browser, base_url, size=size, scheme=scheme) as (page, _):
        page.goto("/good")
        assert page.evaluate("[innerWidth, innerHeight]") == [size["width"], size["height"]]
        assert page.evaluate("q => matchMedia(q).matches", f"(prefers-color-scheme: {scheme})")
        assert page.evaluate("matchMedia('(prefers-reduced-motion: reduce)').matches")


def test_the_browser_is_the_systems(browser: Browser) -> None:
    """Nothing was downloaded."""
    assert Path(installed() or "").is_file()
    assert browser.browser_type.name == "chromium"
    assert browser.is_connected()


LEFT_BEHIND = """
import asyncio, os, subprocess
from tests.workbench.browser.checks import check_keyboard
from tests.workbench.browser.kit import chromium

def running():
    told = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    return {int(pid): int(parent) for pid, parent, state in map(str.split, told.splitlines()) if state[0] != "Z"}

def below(parent, all_):
    return {p for child, above in all_.items() if above == parent for p in {child} | below(child, all_)}

with chromium() as browser:
    browser.new_page().close()
    started = {p for p in below(os.getpid(), running()) if os.path.exists(f"/proc/{p}")}
asyncio.run(asyncio.sleep(0))
print(len(started) > 3, sorted(started & set(running())))
"""


def test_nothing_of_the_browser_is_left() -> None:
    """After the block neither driver nor Chromium is a process, and the thread has no running event loop."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LEFT_BEHIND], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True []\n"
