"""The story of the demo in a real browser: from the board to a changed threshold, a rollout, an alarm, a roll back."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests import small_cell
from tests.workbench.browser import steps
from tests.workbench.browser.addresses import MODEL, REQUIREMENT
from tests.workbench.browser.checks import check_looks
from tests.workbench.browser.kit import TABLET, open_page
from tests.workbench.browser.rig import APPROVER, EDITOR, Rig
from tests.workbench.furnished import OPEN_WARNING

VERDICT = f"verdict:{MODEL}/{REQUIREMENT}/recall"


def states(root: Path) -> dict[str, str]:
    """Return the state of every task, as the command line tells it."""
    with small_cell.opened(root) as composer:
        return small_cell.states(composer.session.status())


def release(root: Path) -> None:
    """Let both gateways say that they run what they are to run. There is no gateway here: their reports are made up."""
    with small_cell.opened(root) as composer:
        for name in ("gateway-1", "gateway-2"):
            small_cell.report_active(composer, small_cell.Device(name, "c1"))


@pytest.mark.timeout(900)
def test_the_story(browser: Browser, furnished_site: Rig) -> None:
    """Each step is done by what a person sees; what the pages tell is compared with what the command line tells."""
    rig = furnished_site
    with open_page(browser, rig.url) as (page, seen):
        steps.log_in(page, rig, EDITOR)
        expect(page.get_by_role("table")).to_contain_text(["Use case"])
        change_the_threshold(page, rig)
        steps.run_all(page)
        left = {task for task, state in states(rig.root).items() if state != "fresh"}
        assert left == {f"approval:{MODEL}", "rollout:cell-gateways/gateway-1", "rollout:cell-gateways/gateway-2"}
        steps.log_out(page)
        seen.check()
    with open_page(browser, rig.url) as (page, seen):
        steps.log_in(page, rig, APPROVER)
        approve_and_roll_out(page, rig)
        watch_the_cell(page, rig)
        seen.console_errors[:] = [e for e in seen.console_errors if "403" not in e]  # the wrong password
        seen.check()
    with open_page(browser, rig.url, size=TABLET, cookies=rig.cookies(EDITOR)) as (page, seen):
        judge_the_alarm(page)
        roll_back(page)
        follow_the_trace(page)
        seen.check()


def change_the_threshold(page: Page, rig: Rig) -> None:
    """The impact is shown before saving; after it exactly those tasks are stale that it named."""
    before = states(rig.root)
    steps.fill_threshold(page, "0.65", "The operators ask for earlier warnings.")
    page.get_by_role("button", name="Show what saving would do").click()
    expect(page.get_by_role("main")).to_contain_text("If this is saved")
    check_looks(page)
    assert states(rig.root) == before, "a preview changed something"
    page.get_by_role("button", name="Save change").click()
    expect(page.get_by_role("status").first).to_contain_text(f"{REQUIREMENT} was saved")
    touched = small_cell.touched(before, states(rig.root))
    assert VERDICT in touched
    assert steps.state_of(page, VERDICT) == steps.STALE
    assert steps.state_of(page, "features:part-features") == steps.FRESH
    page.goto("/")
    runnable = [t for t, s in states(rig.root).items() if s == "stale" and not t.startswith(("approval:", "rollout:"))]
    expect(page.get_by_role("button", name=re.compile(rf"Run {len(runnable)} (stale )?tasks"))).to_have_count(1)


def approve_and_roll_out(page: Page, rig: Rig) -> None:
    """A wrong password signs nothing; the right one does. Then the bundle is published and the gateways report it."""
    steps.sign(page, password="not the password")
    expect(page.get_by_label("Your password").first).to_be_visible()
    assert states(rig.root)[f"approval:{MODEL}"] == "blocked"
    steps.sign(page)
    expect(page.get_by_role("status").first).to_contain_text(f"{MODEL} is signed")
    page.goto("/deployments/cell-gateways")
    page.get_by_label("Your password").fill(steps.PASSWORD)
    page.get_by_role("button", name="Sign and publish bundle").click()
    expect(page.get_by_role("status").first).to_be_visible()
    release(rig.root)
    assert set(states(rig.root).values()) == {"fresh"}
    page.goto("/fleet")
    expect(page.get_by_role("heading", level=1)).to_contain_text("2 of 2")


def watch_the_cell(page: Page, rig: Rig) -> None:
    """The page of the cell is told of what devices send: an alarm of another machine appears by itself."""
    page.goto("/live")
    expect(page.get_by_role("main")).to_contain_text("m7")
    page.goto("/alarms")
    expect(page.locator("#livebar")).to_have_class(re.compile(r"\bon\b"))
    raise_alarm(rig.root)
    expect(page.get_by_role("main")).to_contain_text("m2", timeout=steps.LONG_MS)


def raise_alarm(root: Path) -> None:
    """Let a gateway send an alarm of machine m2."""
    from ninefold.vocabulary.alarm import EPISODE, AlarmEpisode

    with small_cell.opened(root) as composer:
        now = composer.clock.now()
        device = small_cell.Device("gateway-1", "d1")
        alarm = AlarmEpisode("a1a2m0m2", "m2", MODEL, "raised", now, parts=1)
        assert not device.send(composer, device.note(EPISODE, alarm, now))


def judge_the_alarm(page: Page) -> None:
    """At the machine, in two taps."""
    page.goto("/m/m7")
    check_looks(page)
    page.locator("summary", has_text="Confirm").click()
    page.get_by_role("button", name="Yes: Confirm").click()
    page.goto(f"/alarms/{OPEN_WARNING}")
    expect(page.get_by_role("main")).to_contain_text(re.compile("confirmed", re.IGNORECASE))


def roll_back(page: Page) -> None:
    """One press, never blocked."""
    page.goto("/fleet/gateway-1")
    page.get_by_role("button", name="Roll back gateway-1").click()
    expect(page.get_by_role("status").first).to_be_visible()


def follow_the_trace(page: Page) -> None:
    """From the signed model back to the sentence."""
    page.goto(f"/trace/approval:{MODEL}")
    page.get_by_role("main").get_by_role("link", name=re.compile(REQUIREMENT)).first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
