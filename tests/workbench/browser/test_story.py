"""The story of the demo in a real browser, with a real fleet: a changed threshold, a rollout, an alarm, a roll back."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests import small_cell
from tests.once import copied
from tests.workbench.browser import steps
from tests.workbench.browser.addresses import MODEL, REQUIREMENT
from tests.workbench.browser.checks import TWO_LOOKS, check_looks
from tests.workbench.browser.kit import TABLET, open_page
from tests.workbench.browser.plant import DEPLOYMENT, EASY, FAST, FASTEST, GATEWAYS, SLOW, Plant, running
from tests.workbench.browser.rig import ADMINISTRATOR, APPROVER, EDITOR, Rig, people, serving

from ninefold.lifecycle.belonging import belonging

VERDICT = f"verdict:{MODEL}/{REQUIREMENT}/recall"
DECIDED = (f"approval:{MODEL}", *(f"rollout:{DEPLOYMENT}/{g}" for g in GATEWAYS))  # what no run does by itself
GATE = 8  # from this step on the board's cells speak of gates and devices, not of tasks of their own
# Notes how the stages on a page look, each time they look otherwise; a page that is loaded anew has no notes.
NOTE_STAGES = """() => { window.told = [];
  const look = () => { const now = [...document.querySelectorAll("ol.steps li")].map(
      li => li.querySelector("b").innerText + ": " + li.querySelector(".st").innerText.trim()).join(" | ");
    if (told.at(-1) !== now) told.push(now); };
  look(); new MutationObserver(look).observe(document.body, {childList: true, subtree: true}); }"""


@pytest.fixture
def plant(derived_once: Path, tmp_path: Path) -> Iterator[Plant]:
    """A cell, the fleet's service and two gateways that decide by a signed model; and people of every role."""
    root = copied(derived_once, tmp_path / "small-cell")
    people(root)
    with running(root) as plant:
        yield plant


@pytest.fixture
def rig(plant: Plant) -> Iterator[Rig]:
    """The workbench beside it."""
    with serving(plant.root) as rig:
        yield rig


@pytest.mark.timeout(900)
def test_the_story(browser: Browser, plant: Plant, rig: Rig) -> None:
    """Each step is done by what a person sees; what pages tell is compared with the plan and with the devices."""
    before = plant.active()
    with open_page(browser, rig.url) as (page, seen):
        steps.log_in(page, rig, ADMINISTRATOR)
        change_the_threshold(page, rig)
        steps.run_all(page)
        left = {task for task, state in states(rig.root).items() if state != "fresh"}
        assert left == {*DECIDED}
        page.goto(f"/validation/{MODEL}")
        expect(page.locator("#sign")).to_contain_text("somebody else signs it")  # four eyes: who changed it may not
        expect(page.get_by_role("button", name=re.compile(f"Sign {MODEL}"))).to_have_count(0)
        steps.log_out(page)
        seen.check()
    with open_page(browser, rig.url) as (page, seen):
        steps.log_in(page, rig, APPROVER)
        approve(page, rig)
        roll_out(page, plant, rig)
        watch_the_cell(page, plant)
        seen.console_errors[:] = [e for e in seen.console_errors if "403" not in e]  # the wrong password
        seen.check()
    after = plant.active()
    assert not {*before.values()} & {*after.values()}
    with open_page(browser, rig.url, size=TABLET, cookies=rig.cookies(EDITOR)) as (page, seen):
        judge_the_alarm(page, plant)
        roll_back(page, plant, before["gateway-1"])
        assert plant.active() == {"gateway-1": before["gateway-1"], "gateway-2": after["gateway-2"]}
        follow_the_trace(page, plant, before["gateway-1"])
        seen.check()
    slow = "Executing <"  # what Python's developer mode says of a busy machine
    assert [line for line in rig.lines[1:] if not line.startswith(slow)] == []


def states(root: Path) -> dict[str, str]:
    """Return the state of every task, as the plan has it."""
    with small_cell.opened(root) as composer:
        return small_cell.states(composer.session.status())


def board(page: Page) -> set[tuple[str, int]]:
    """Return the cells of the board that are stale, missing or blocked, as (use case, step)."""
    page.goto("/")
    found = set()
    for row in page.locator("table.board tbody tr").all():
        use_case = (row.locator("th a").get_attribute("href") or "").rpartition("/")[2]
        for number, cell in enumerate(row.locator("td .st").all_inner_texts(), 1):
            if cell.strip() in {"Stale", "Missing", "Blocked"}:
                found.add((use_case, number))
    return found


def cells_of(root: Path, tasks: set[str]) -> set[tuple[str, int]]:
    """Return the cells of the board to which tasks belong."""
    with small_cell.opened(root) as composer:
        found = belonging(composer.session.status(), composer.session.view())
    return {(use_case, found.steps[task]) for task in tasks for use_case in found.uses[task]}


def change_the_threshold(page: Page, rig: Rig) -> None:
    """Exactly those tasks are stale after saving that the page named before: by name, in the plan and on the board."""
    before, fine = states(rig.root), board(page)
    assert set(before.values()) == {"fresh"}
    steps.fill_threshold(page, "0.65", "The operators ask for earlier warnings.")
    page.get_by_role("button", name="Show what saving would do").click()
    named = page.get_by_role("region", name="Every task that it touches").locator("tbody th").all_inner_texts()
    foretold = {name.strip() for name in named}
    check_looks(page, TWO_LOOKS)
    assert states(rig.root) == before, "a preview changed something"
    page.get_by_role("button", name="Save change").click()
    expect(page.get_by_role("status").first).to_contain_text(f"{REQUIREMENT} was saved")
    after = states(rig.root)
    assert {task for task in after if after[task] != "fresh"} == foretold
    assert {VERDICT, *DECIDED} < foretold
    turned, belong = board(page) - fine, cells_of(rig.root, foretold)
    assert {c for c in turned if c[1] < GATE} == belong - fine
    assert {use_case for use_case, _ in turned} == {use_case for use_case, _ in belong}
    expect(page.locator("p.sub")).to_contain_text(f"{len(after)} tasks: {len(after) - len(foretold)} fresh")


def approve(page: Page, rig: Rig) -> None:
    """A wrong password signs nothing; the right one does."""
    steps.sign(page, password="not the password")
    expect(page.get_by_label("Your password").first).to_be_visible()
    assert states(rig.root)[f"approval:{MODEL}"] == "blocked"
    steps.sign(page)
    expect(page.get_by_role("status").first).to_contain_text(f"{MODEL} is signed")


def roll_out(page: Page, plant: Plant, rig: Rig) -> None:
    """The page of a gateway shows stage after stage by itself; a named person answers for what labels cannot show yet."""
    watching = page.context.new_page()
    watching.goto("/fleet/gateway-1")
    live(watching)
    watching.evaluate(NOTE_STAGES)
    plant.tell(do="factor", factor=FAST)
    page.goto(f"/deployments/{DEPLOYMENT}")
    page.get_by_label("Your password").fill(steps.PASSWORD)
    page.get_by_role("button", name="Sign and publish bundle").click()
    expect(page.get_by_role("status").first).to_be_visible()
    expect(watching.locator("#lead")).to_contain_text("A named person answers", timeout=steps.LONG_MS)
    plant.until("the evidence of both gateways", lambda: plant.stages() == {"waits"})
    plant.tell(do="factor", factor=SLOW)
    page.goto("/fleet/gateway-1")
    for criterion in page.locator("#accept select option").evaluate_all("all => all.map(o => o.value)"):
        answer_for(page, criterion)
        form = {"criterion": criterion, "reason": "As there.", "until": "2027-03-31", "password": steps.PASSWORD}
        rig.press(APPROVER, "/fleet/gateway-2/accept", **form)
    plant.tell(do="factor", factor=FAST)
    expect(watching.locator("#lead")).to_contain_text("as wanted", timeout=steps.LONG_MS)
    expect(watching.locator("ol.steps li").last).to_contain_text("Passed", timeout=steps.LONG_MS)
    assert_stages(watching.evaluate("told"))
    plant.until("both gateways active", lambda: plant.stages() == {"active"})
    watching.close()
    page.goto("/fleet")
    expect(page.get_by_role("heading", level=1)).to_contain_text("2 of 2")
    found = states(rig.root)
    assert {found[task] for task in DECIDED} == {"fresh"}


def answer_for(page: Page, criterion: str) -> None:
    """Sign for one criterion that is insufficient on gateway-1."""
    page.goto("/fleet/gateway-1")
    form = page.locator("#accept form")
    form.get_by_label("Criterion").select_option(criterion)
    form.locator("textarea").fill("Labels come with time.")
    form.locator("input[type=date]").fill("2027-03-31")
    form.get_by_label("password").fill(steps.PASSWORD)
    form.get_by_role("button").click()
    expect(said(page)).to_contain_text(criterion.rpartition("/")[2])


def assert_stages(told: list[str]) -> None:
    """Assert that a page showed each stage while the one before had passed, in their order, without being loaded anew."""
    wanted = (r"Self-test: Passed \| Shadow: \d+ of 50 parts", r"Shadow: Passed \| Canary: \d+ of 40 parts",
              r"Canary: Passed \| Active: Waits for a person", r"Canary: Passed \| Active: Passed")  # fmt: skip
    rest = iter(told)  # each is looked for behind the one before
    assert [w for w in wanted if not any(re.search(w, text) for text in rest)] == [], told


def said(page: Page) -> Locator:
    """Return the line that says what was just done; it is not the one that says whether the page is live."""
    return page.locator("p.note[role=status]")


def live(page: Page) -> None:
    """Wait until the stream of a page is open."""
    expect(page.locator("#livebar")).to_have_class(re.compile(r"\bon\b"))


def watch_the_cell(page: Page, plant: Plant) -> None:
    """Values move on the page, and it is the same page."""
    plant.tell(do="factor", factor=EASY)
    page.goto("/live/m5")
    live(page)
    page.evaluate("window.mark = 1")
    for panel in ("#queue", "#decisions tbody tr:first-child th"):
        moves(page.locator(panel))
    assert page.evaluate("window.mark") == 1


def moves(shown: Locator) -> None:
    """Wait until a text is another one."""
    was = shown.inner_text()
    expect(shown).not_to_have_text(was, timeout=steps.LONG_MS)


def judge_the_alarm(page: Page, plant: Plant) -> None:
    """A cabinet warms up, the alarm comes to the page by itself, and is judged at the machine in two taps."""
    page.goto("/alarms")
    live(page)
    plant.tell(do="inject", kind="heat_dissipation", asset="m3")
    plant.tell(do="factor", factor=FASTEST)
    row = page.get_by_role("main").get_by_role("row").filter(has_text="m3").filter(has_text="drift").first
    alarm = row.get_by_role("link", name=re.compile("drift")).first
    expect(alarm).to_be_visible(timeout=steps.LONG_MS)
    address = alarm.get_attribute("href") or ""
    page.goto("/m/m3")
    answer = page.locator(f'form[action="{address}/judge"]:has(input[value="confirmed"])')
    expect(answer).to_be_attached(timeout=steps.LONG_MS)  # a younger warning of the tool is asked about first
    plant.tell(do="factor", factor=SLOW)
    page.locator("summary", has_text="Confirm").click()
    answer.get_by_role("button").click()
    expect(said(page)).to_contain_text("confirmed")
    page.goto(address)
    expect(page.get_by_role("main")).to_contain_text(re.compile("confirmed", re.IGNORECASE))


def roll_back(page: Page, plant: Plant, before: str) -> None:
    """One press, never blocked; the gateway goes back to the bundle before, and says so to the open page."""
    page.goto("/fleet/gateway-1")
    page.get_by_role("button", name="Roll back gateway-1").click()
    expect(said(page)).to_contain_text("told to go back")
    expect(page.locator("#lead")).to_contain_text("went back to what it ran before", timeout=steps.LONG_MS)
    expect(page.locator("#facts")).to_contain_text(before[:12], timeout=steps.LONG_MS)
    plant.tell(do="factor", factor=EASY)


def follow_the_trace(page: Page, plant: Plant, before: str) -> None:
    """From a decision that the gateway makes now, with the bundle that it went back to, to the sentence."""
    page.goto("/live/m1")
    live(page)
    moves(page.locator("#decisions tbody tr:first-child th"))
    plant.tell(do="factor", factor=SLOW)
    page.locator("#decisions").get_by_role("link", name=re.compile("^Trace")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("of m1")
    way = page.locator("#way")
    way.get_by_role("link", name=re.compile(before[:12])).click()
    page.get_by_role("link", name="Trace it back").click()
    page.get_by_role("main").get_by_role("link", name=re.compile(rf"{REQUIREMENT}\s*statement")).first.click()
    expect(page).to_have_url(re.compile("/records/"))
    expect(page.get_by_role("main")).to_contain_text("the system shall warn of a tool failure")
