"""The workbench in a browser that runs no script: plain forms and links do everything."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.workbench.browser import steps
from tests.workbench.browser.addresses import MODEL, REQUIREMENT
from tests.workbench.browser.kit import open_page
from tests.workbench.browser.rig import ADMINISTRATOR, APPROVER, EDITOR, PASSWORD, Rig


@pytest.fixture
def base_url(own_site: Rig) -> str:
    """The address of this test's own workbench."""
    return own_site.url


@pytest.mark.timeout(600)
def test_a_threshold_is_changed_and_a_second_person_approves(page_without_scripts: Page, own_site: Rig) -> None:
    """The file holds the new value, what depends on it is run again, and the signature of another person opens the gate."""
    page, file = page_without_scripts, own_site.root / "requirements" / f"{REQUIREMENT}.md"
    before = file.read_text(encoding="utf-8").splitlines()
    steps.log_in(page, own_site, EDITOR)
    steps.save_threshold(page, "0.65", "The operators ask for earlier warnings.")
    after = file.read_text(encoding="utf-8").splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [(old.strip(), new.strip()) for old, new in changed] == [
        ('threshold: {op: ">=", value: 0.70}', 'threshold: {op: ">=", value: 0.65}')
    ]
    steps.run_all(page)
    assert steps.state_of(page, f"approval:{MODEL}") == "Blocked"
    page.goto(f"/validation/{MODEL}")
    assert page.get_by_role("button", name=re.compile(f"Sign {MODEL}")).count() == 0
    expect(page.get_by_role("main")).to_contain_text("This needs the role approver.")
    steps.log_out(page)
    steps.log_in(page, own_site, APPROVER)
    steps.sign(page)
    expect(page.get_by_role("status").first).to_contain_text(f"{MODEL} is signed")
    assert steps.state_of(page, f"approval:{MODEL}") == steps.FRESH


def test_a_second_person_is_invited_and_comes_in(page_without_scripts: Page, browser: Browser, own_site: Rig) -> None:
    """An administrator makes the link, shown once; who opens it chooses a password and is in."""
    page = page_without_scripts
    steps.log_in(page, own_site, ADMINISTRATOR)
    page.goto("/people")
    page.locator("#invite-name").fill("Nora <b>Neu</b>")
    page.locator("#invite-role").select_option("editor")
    page.get_by_role("button", name="Make an invitation link").click()
    link = page.get_by_role("status").locator("code").inner_text()
    page.goto("/people")
    assert link not in page.content()
    with open_page(browser, own_site.url, scripts=False) as (other, seen):
        other.goto(link)
        other.get_by_label("Password", exact=True).fill(PASSWORD)
        other.get_by_label("Repeat the password").fill(PASSWORD)
        other.get_by_role("button").click()
        expect(other).to_have_url(f"{own_site.url}/")
        other.goto("/account")
        expect(other.get_by_role("main")).to_contain_text("Nora <b>Neu</b>")
        seen.check()
    steps.log_out(page)
    page.goto("/people")
    expect(page).to_have_url(re.compile("/login"))
