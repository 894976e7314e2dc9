"""What must hold of every page, as it stands in the browser."""

from collections.abc import Iterable
from typing import Any

from playwright.sync_api import Page
from tests.workbench.browser.kit import LAPTOP, TABLET, Scheme, Seen, Size, axe

from ninefold.surface.words import messages

HEAVIEST, MOST_REQUESTS = 300_000, 6  # bytes; see docs on the budgets of a page
Looks = tuple[tuple[Size, Scheme], ...]
ALL_LOOKS: Looks = ((LAPTOP, "light"), (TABLET, "light"), (TABLET, "dark"), (LAPTOP, "dark"))
TWO_LOOKS: Looks = ((TABLET, "light"), (LAPTOP, "dark"))  # each size and each theme once
ONE_LOOK: Looks = ((TABLET, "dark"),)  # where another test sees the same page, with more on it, in others

_WEIGHT = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .reduce((sum, e) => sum + e.transferSize, 0)"""
_FRAME = """() => ({language: document.documentElement.lang, title: document.title,
  heads: [...document.querySelectorAll("h1")].map(e => e.innerText), mains: document.querySelectorAll("main").length,
  moving: document.getAnimations().length})"""
_OVERFLOWING = """() => { const w = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth <= w ? [] : [...document.querySelectorAll("body *")]
    .filter(e => e.getBoundingClientRect().right > w + 1).slice(0, 8).map(e => e.outerHTML.slice(0, 160)); }"""
_TABBABLE = """() => {
  const seen = new Set();
  window.tabbable = [...document.querySelectorAll(
      "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")].filter(e => {
    if (e.disabled || e.tabIndex < 0 || !e.checkVisibility({visibilityProperty: true})) return false;
    if (e.closest("[inert]")) return false;
    if (e.type !== "radio") return true;
    if (seen.has(e.name)) return false;
    seen.add(e.name);
    return true; });
  window.strokes = e => [...e.querySelectorAll("*")].map(s => getComputedStyle(s)).map(s => s.stroke + s.strokeWidth).join();
  window.unfocused = window.tabbable.map(e => e instanceof SVGElement ? window.strokes(e) : "");
  window.reached = [];
  document.addEventListener("focusin", e => window.reached.push(e.target));
  return window.tabbable.length; }"""
_TO_THE_START = """() => { const b = document.body;
  b.tabIndex = -1; b.focus({preventScroll: true}); b.removeAttribute("tabindex"); scrollTo(0, 0); }"""
_AROUND = "window.reached.indexOf(window.reached[0], 1)"  # -1 while the first has not come again
# Each again, one by one: the browser shows the ring to who came by keyboard, and scrolls as it does for Tab.
_REACHED = """() => window.reached.slice(0, window.reached.indexOf(window.reached[0], 1)).map(e => {
  e.focus();
  const style = getComputedStyle(e), box = e.getClientRects()[0] || e.getBoundingClientRect();
  const at = e.type === "radio" ? window.tabbable.findIndex(t => t.name === e.name) : window.tabbable.indexOf(e);
  const ring = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
    || (e instanceof SVGElement && window.strokes(e) !== window.unfocused[at]);
  const spots = [[.5, .5], [.05, .1], [.95, .1], [.05, .9], [.95, .9]].map(([x, y]) =>
    document.elementFromPoint(box.left + x * box.width, box.top + y * box.height));
  return {at, what: e.outerHTML.slice(0, 160), ring,
    hidden: !spots.some(s => s && (e.contains(s) || s.contains(e)) && s !== document.documentElement)}; })"""
_TEXTS = """() => { const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walk.nextNode()) if (!walk.currentNode.parentElement.closest("[lang=en], pre, textarea, code"))
    found.push(walk.currentNode.data);
  return found; }"""
# English words that a German page shows because they are data: names of parts of files, operations, metrics, roles.
DATA = frozenset({
    "calendar", "drift", "label", "production", "recall", "window",  # a facet, metrics, an input, an owner, an operation
})  # fmt: skip
_NEVER_REACHED = "reached => tabbable.filter((_, n) => !reached.includes(n)).map(e => e.outerHTML.slice(0, 160))"


def check_frame(page: Page, language: str = "en") -> None:
    """Assert what every document has: a language, a title, one h1, one main, nothing that moves."""
    found = page.evaluate(_FRAME)
    assert found["language"] == language
    assert len(found["heads"]) == 1
    assert found["heads"][0].strip()
    assert found["mains"] == 1
    assert "ninefold" in found["title"]
    assert found["moving"] == 0, "something moves although the reader wants it still"


def check_weight(page: Page, seen: Seen) -> None:
    """Assert that a first visit stays within the budget."""
    assert len(seen.requests) <= MOST_REQUESTS, seen.requests
    weight = page.evaluate(_WEIGHT)
    assert 0 < weight <= HEAVIEST, f"{weight} bytes"


def check_looks(page: Page, looks: Looks = ALL_LOOKS) -> None:
    """Assert that no rule of WCAG is broken and nothing scrolls sideways, at these sizes and in these themes."""
    for size, scheme in looks:
        page.set_viewport_size({**size})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        which = f"{size['width']}x{size['height']} {scheme}"
        page.evaluate("scrollTo(0, 0)")  # what lies under the head would count as too small to tap
        wide = page.evaluate(_OVERFLOWING)
        assert wide == [], f"{which}: the page scrolls sideways, because of {wide}"
        broken = axe(page)
        assert broken == [], f"{which}: {broken}"
    page.set_viewport_size({**LAPTOP})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")


def check_keyboard(page: Page) -> None:
    """Assert that Tab reaches everything that can be used, and shows where it is."""
    pause = page.locator("#livebar button")
    if pause.count():
        pause.click()  # else panels are drawn anew under the walk
    expected = page.evaluate(_TABBABLE)
    if not expected:
        return
    page.evaluate(_TO_THE_START)
    page.evaluate("window.reached.length = 0")
    for press in range(expected + 30):
        page.keyboard.press("Tab")
        if press >= expected and page.evaluate(_AROUND) > 0:
            break
    else:
        raise AssertionError(f"{expected + 30} times Tab did not lead back to the first of {expected} places")
    reached: list[dict[str, Any]] = page.evaluate(_REACHED)
    missed = page.evaluate(_NEVER_REACHED, [f["at"] for f in reached])
    assert missed == [], f"Tab does not reach these: {missed}"
    bare = [f["what"] for f in reached if not f["ring"]]
    assert bare == [], f"no ring shows the focus on these: {bare}"
    hidden = [f["what"] for f in reached if f["hidden"]]
    assert hidden == [], f"these are hidden while they have the focus: {hidden}"


def english_left(texts: Iterable[str]) -> list[str]:
    """Return the English messages among the texts of a German page that German says otherwise.

    Drawings and single words are looked at too; words that are data stand in `DATA`, and what a record says is marked
    as English on the page.
    """
    shown = {" ".join(t.split()) for t in texts}
    english, german = messages("en"), messages("de")
    both = {*german.values()}
    pairs = [(english[code], german[code]) for code in english]
    found = {en for en, de in pairs if en != de and en in shown and en not in both}
    return sorted(found - DATA)


def texts_of(page: Page) -> list[str]:
    """Return what a page says in its own language, as it stands in the browser."""
    found: list[str] = page.evaluate(_TEXTS)
    return found
