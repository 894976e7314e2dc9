"""A real browser for the tests: Debian's Chromium, never downloaded, and an account of all that a page did in it.

A page's Content-Security-Policy stays on: what the kit injects goes through the browser's debugging protocol.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypedDict
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, sync_playwright

ROOT = Path(__file__).parents[3]
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Size(TypedDict):
    """A viewport in CSS pixels."""

    width: int
    height: int


LAPTOP: Size = {"width": 1366, "height": 768}
TABLET: Size = {"width": 800, "height": 1280}
Scheme = Literal["light", "dark"]
# What passes is not described. Contrast takes three quarters of axe's time, and is the same wherever a text has the same
# colour, size and grounds: it is looked at where such a text stands for the first time in a run, on whatever page.
_VIOLATIONS = """async ([tags, judged]) => {
  const known = new Set(judged), grounds = new Map([[null, ""]]), added = [];
  const ground = e => {
    if (!grounds.has(e)) {
      const s = getComputedStyle(e), flow = s.position === "static" || s.position === "relative";
      grounds.set(e, ground(e.parentElement) + [flow ? "" : s.position + e.className, s.backgroundImage,
        s.backgroundColor, s.opacity, s.filter, s.mixBlendMode].join(" ").replace(" none rgba(0, 0, 0, 0) 1 none normal", ""));
    }
    return grounds.get(e); };
  for (const e of document.querySelectorAll("body *")) {
    if (!e.matches("input, select, textarea") && ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    if (!e.checkVisibility({visibilityProperty: true})) continue;
    const s = getComputedStyle(e);
    const key = [e.localName, s.color, s.fill, s.fontSize, s.fontWeight, s.textShadow, ground(e)].join(";");
    if (known.has(key)) continue;
    known.add(key);
    added.push(key);
    e.setAttribute("data-contrast", "");
  }
  axe.configure({rules: [{id: "color-contrast", selector: "[data-contrast]"}]});
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]});
  for (const e of document.querySelectorAll("[data-contrast]")) e.removeAttribute("data-contrast");
  return [found.violations.map(v => ({rule: v.id, help: v.help, elements: v.nodes.map(n => n.html.replace(' data-contrast=""', ""))})),
    added]; }"""
_judged: list[str] = []  # texts whose contrast this run has looked at and found enough

# The report is only an event of the page; a message on the console is not promised for each violation.
WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", e =>
  console.warn("ninefold-csp " + e.effectiveDirective + " " + (e.blockedURI || "inline")));
"""


@dataclass
class Seen:
    """What a page did: each request, and each thing that went wrong."""

    host: str
    requests: list[str] = field(default_factory=list)
    console_errors: list[str] = field(default_factory=list)
    page_errors: list[str] = field(default_factory=list)
    policy: list[str] = field(default_factory=list)

    @property
    def foreign(self) -> list[str]:
        """The requests to another place than the server under test."""
        return [u for u in self.requests if urlsplit(u).scheme not in {"data", "blob", "about"} and not self._home(u)]

    def _home(self, url: str) -> bool:
        return urlsplit(url).netloc == self.host

    def clear(self) -> None:
        """Forget what was seen: for a test that caused it on purpose."""
        for what in (self.requests, self.console_errors, self.page_errors, self.policy):
            what.clear()

    def check(self) -> None:
        """Assert that nothing went wrong and nothing was asked of another host."""
        assert self.foreign == [], f"requests to another host: {self.foreign}"
        assert self.policy == [], f"violations of the Content-Security-Policy: {self.policy}"
        assert self.page_errors == [], f"errors in scripts: {self.page_errors}"
        assert self.console_errors == [], f"errors on the console: {self.console_errors}"


def installed() -> str | None:
    """Return the program of Debian's Chromium: the one without windows, which takes a third of the time, else the whole."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium; browser and driver are ended with the block."""
    program = installed()
    assert program, "There is no Chromium. Install Debian's: apt-get install chromium-headless-shell fonts-liberation"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_page(
    browser: Browser,
    base_url: str,
    *,
    size: Size = LAPTOP,
    scheme: Scheme = "light",
    scripts: bool = True,
    cookies: dict[str, str] | None = None,
) -> Iterator[tuple[Page, Seen]]:
    """Open a page in a context of its own, with reduced motion, and what it does; the caller checks it."""  # fmt: skip
    context = browser.new_context(
        base_url=base_url, viewport={**size}, color_scheme=scheme, reduced_motion="reduce",
        java_script_enabled=scripts, locale="en-GB", timezone_id="Europe/Berlin",
    )  # fmt: skip
    context.set_default_timeout(15_000)
    context.add_cookies([{"name": n, "value": v, "url": base_url} for n, v in (cookies or {}).items()])
    try:
        yield _watched(context, Seen(urlsplit(base_url).netloc), scripts=scripts)
    finally:
        context.close()


def axe(page: Page) -> list[dict[str, Any]]:
    """Return axe-core's violations of WCAG 2.2 A and AA on the page as it stands: rule, help and the elements.

    A text whose like, in the same colours, was found readable before in this run is not looked at for contrast again.
    """
    if not page.evaluate("Boolean(window.axe || (window.loadAxe && (loadAxe(), window.axe)))"):
        page.evaluate(AXE.read_text(encoding="utf-8") + "\n;undefined")
    found: list[dict[str, Any]]
    found, texts = page.evaluate(_VIOLATIONS, [WCAG, _judged])
    if not any(v["rule"] == "color-contrast" for v in found):
        _judged.extend(texts)
    return found


def _watched(context: BrowserContext, seen: Seen, *, scripts: bool) -> tuple[Page, Seen]:
    def on_console(message: ConsoleMessage) -> None:
        if message.text.startswith("ninefold-csp "):
            seen.policy.append(message.text.removeprefix("ninefold-csp "))
        elif "Content Security Policy" in message.text and not scripts:
            seen.policy.append(message.text)
        elif message.type == "error":
            seen.console_errors.append(message.text)

    def on_request(request: Request) -> None:
        seen.requests.append(request.url)

    def on_error(error: Error) -> None:
        seen.page_errors.append(str(error))

    context.add_init_script(WATCH_POLICY)
    context.on("request", on_request)
    context.on("console", on_console)
    page = context.new_page()
    page.on("pageerror", on_error)
    return page, seen
