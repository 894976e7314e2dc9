"""What people do in the workbench, by what they see: labels, buttons, links. It works with scripts and without."""

import re

from playwright.sync_api import Page, expect
from tests.workbench.browser.addresses import MODEL, REQUIREMENT
from tests.workbench.browser.rig import PASSWORD, Rig

LONG_MS = 240_000  # for work that trains nothing but judges everything; so that one that hangs ends
STALE, FRESH = "Stale", "Fresh"


def log_in(page: Page, rig: Rig, name: str) -> None:
    """Log in by name and password, from wherever one is led to the login."""
    page.goto(f"{rig.url}/")
    expect(page).to_have_url(re.compile("/login"))
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(f"{rig.url}/")


def log_out(page: Page) -> None:
    """Log out by the button of the sidebar."""
    page.goto("/account")
    page.get_by_role("button", name="Log out").last.click()
    expect(page).to_have_url(re.compile("/login$"))


def fill_threshold(page: Page, value: str, reason: str) -> None:
    """Open the form of a criterion and fill in another threshold."""
    page.goto(f"/requirements/{REQUIREMENT}")
    page.get_by_label("At least", exact=True).fill(value)
    page.get_by_label("Reason", exact=True).fill(reason)


def save_threshold(page: Page, value: str, reason: str) -> None:
    """Change the threshold of the recall that is asked for."""
    fill_threshold(page, value, reason)
    page.get_by_role("button", name="Save change").click()
    expect(page.get_by_role("status").first).to_contain_text(f"{REQUIREMENT} was saved")


def run_all(page: Page) -> None:
    """Press the board's button and wait until everything that can be run was."""
    page.goto("/")
    page.get_by_role("button", name=re.compile(r"Run \d+ (stale )?tasks")).first.click()
    expect(page).to_have_url(re.compile("/jobs/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("tasks were run", timeout=LONG_MS)


def sign(page: Page, password: str = PASSWORD, reason: str = "It is shown again.") -> None:
    """Fill in the form that signs the model, and send it."""
    page.goto(f"/validation/{MODEL}")
    form = page.locator("form", has=page.get_by_role("button", name=re.compile(f"Sign {MODEL}")))
    form.get_by_label("Reason").fill(reason)
    form.get_by_label("Your password").fill(password)
    form.get_by_role("button", name=re.compile(f"Sign {MODEL}")).click()


def state_of(page: Page, task: str) -> str:
    """Return the state that the page of a task shows."""
    page.goto(f"/tasks/{task}")
    return page.locator(".chip, .st").first.inner_text().strip()
