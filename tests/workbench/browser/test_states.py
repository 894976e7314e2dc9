"""Pages in a state that nobody plans for: a wrong field, nothing found, a test that fails."""

from typing import NamedTuple

import pytest
from playwright.sync_api import Page
from tests.workbench.browser.addresses import MODEL, REQUIREMENT, USE_CASE
from tests.workbench.browser.checks import TWO_LOOKS, check_frame, check_looks
from tests.workbench.browser.rig import ADMINISTRATOR, Rig
from tests.workbench.browser.tabs import Tab
from tests.workbench.browser.test_every_page import REFUSED

HOSTILE = '<b>"x"</b> \u202eredrum\u202c ' + "l\u00f6ng " * 36


class Case(NamedTuple):
    """A form of a page, what is typed into it, the status of the answer, and what the page then says."""

    address: str
    action: str
    typed: dict[str, str]
    status: int
    said: str


CRITERION = f"/requirements/{REQUIREMENT}/criteria/recall"
CASES = {
    "every field of a criterion": Case(
        CRITERION, CRITERION, {"value": "abc", "level": "95", "min_samples": "1OO"}, 422, "is not a number"
    ),
    "every word of a requirement": Case(
        f"/requirements/{REQUIREMENT}/wording", f"/requirements/{REQUIREMENT}/wording",
        {"statement": " ", "title": " ", "owner": " "}, 422, "",
    ),
    "a requirement that is there": Case(
        "/requirements/new", "/requirements/new", {"name": "tool-failure-warning", "title": HOSTILE, "owner": "x"}, 422, "tool-failure-warning"
    ),
    "a score that is none": Case(f"/use-cases/{USE_CASE}", f"/use-cases/{USE_CASE}", {"score-benefit": "high", "score-risk": "4 - 2"}, 422, "is no score"),
    "a connection's name": Case("/data/connections/new", "/data/connections/new", {"name": HOSTILE, "title": HOSTILE}, 422, ""),
    "a password that signs": Case(
        f"/validation/{MODEL}", f"/validation/{MODEL}/sign", {"reason": HOSTILE, "password": "not the password"}, 403, ""
    ),
    "a password that publishes": Case(
        "/deployments/cell-gateways", "/deployments/cell-gateways/publish", {"password": "not the password"}, 422, "does not open the signing key"
    ),
    "a number of minutes": Case("/fleet", "/fleet/invite", {"device": "gateway-9", "minutes": HOSTILE}, 422, "no number of minutes"),
    "a step of the audit": Case("/audit", "/audit", {"step": HOSTILE}, 200, ""),
    "a start of a trace": Case("/trace", "/trace", {"start": HOSTILE}, 200, "Nothing in this project is called"),
    "nothing found": Case("/find?q=x", "/find", {"q": HOSTILE}, 200, "Nothing is called so"),
    "a threshold": Case(f"/models/{MODEL}", f"/models/{MODEL}", {"threshold": HOSTILE}, 200, ""),
    "no requirement found": Case("/requirements", "/requirements", {"q": HOSTILE}, 200, ""),
    "an old password": Case(
        "/account", "/account/password",
        {"old": "not the password", "new": "another quiet horse", "repeat": "another quiet horse"}, 400, "does not fit",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_was_typed_is_answered_by_a_page(tab: Tab, site: Rig, name: str) -> None:
    """It says what is wrong, keeps what was typed, breaks no rule and draws nothing that somebody wrote as markup."""
    case = CASES[name]
    page, seen = tab(site, ADMINISTRATOR)
    page.goto(case.address)
    form = page.locator(f'main form[action="{case.action}"]').first
    for field, value in case.typed.items():
        form.locator(f'[name="{field}"]').fill(value)
    with page.expect_navigation() as sent:
        form.locator("button").first.click()
    answer = sent.value
    assert answer is not None
    assert answer.status == case.status
    check_frame(page)
    assert case.said in page.locator("main").inner_text()
    assert page.locator("main b", has_text="x").filter(has_text='"x"').count() == 0
    open_all(page)
    check_looks(page, TWO_LOOKS[[*CASES].index(name) % 2 :][:1])
    seen.console_errors[:] = [e for e in seen.console_errors if REFUSED not in e]
    seen.check()


def open_all(page: Page) -> None:
    """Open what is folded."""
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
