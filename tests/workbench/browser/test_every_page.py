"""Every page of the workbench in a real browser: both themes, both sizes, both languages, keyboard, weight, rules."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page
from tests.workbench.browser.addresses import NO_PAGES, PUBLIC, pages, routes, sample, who_may_send
from tests.workbench.browser.checks import (
    ONE_LOOK,
    TWO_LOOKS,
    check_frame,
    check_keyboard,
    check_looks,
    check_weight,
    english_left,
    texts_of,
)
from tests.workbench.browser.document import Document
from tests.workbench.browser.kit import open_page
from tests.workbench.browser.rig import ADMINISTRATOR, GERMAN, VIEWER, Rig, empty_project, people, serving
from tests.workbench.browser.tabs import Tab

from ninefold.surface.words import messages
from ninefold.vocabulary.account import allows

FEW = (  # the pages that differ most from an administrator's English ones
    "/", "/requirements/{id:str}", "/use-cases/{id:str}", "/validation/{model:str}", "/fleet/{device:str}", "/people",
    "/m/{asset:str}", "/requirements/new",
)  # fmt: skip
REFUSED = "Failed to load resource: the server responded with a status of"  # the browser's own word on an error page


@pytest.fixture(scope="module")
def viewer(site: Rig) -> dict[str, str]:
    """The cookies of one log-in: who logs in often is logged out where they did so first, which may be a kept tab."""
    return site.cookies(VIEWER)


@pytest.fixture(scope="module")
def german(site: Rig) -> dict[str, str]:
    """The cookies of one log-in, as above."""
    return site.cookies(GERMAN)


def visit(page: Page, address: str, status: int = 200) -> None:
    """Open an address and expect a status."""
    answer = page.goto(address, wait_until="load")
    assert answer is not None
    assert answer.status == status, f"{address}: {answer.status} {page.locator('body').inner_text()[:300]}"


@pytest.mark.parametrize("path", sorted(pages()))
def test_a_page_as_an_administrator_sees_it(tab: Tab, site: Rig, path: str) -> None:
    """With everything that it can hold: within its budget, readable, usable by keyboard, silent to the outside."""
    address = sample(path, site)
    page, seen = tab(site, ADMINISTRATOR)
    visit(page, address)
    check_frame(page)
    check_weight(page, seen)
    check_keyboard(page)
    check_looks(page, TWO_LOOKS[:1])
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    check_looks(page, TWO_LOOKS[1:])
    seen.check()


@pytest.mark.parametrize("path", sorted(pages()))
def test_a_page_as_a_viewer_gets_it(site: Rig, viewer: dict[str, str], path: str) -> None:
    """It is there, or says which role it needs; nothing that could be sent leads to a refusal of a role."""
    with httpx.Client(base_url=site.url, cookies=viewer, timeout=60) as client:
        answer = client.get(sample(path, site))
    assert answer.status_code == (200 if routes()[path] == "viewer" else 403)
    assert [a for a in Document(answer.text).sent_to if not allows("viewer", who_may_send(a))] == []


def test_what_can_be_pressed_is_found(site: Rig) -> None:
    """Else the test above would prove nothing."""
    with httpx.Client(base_url=site.url, cookies=site.cookies(ADMINISTRATOR), timeout=60) as client:
        found = Document(client.get("/fleet").text).sent_to
    assert {"/logout", "/fleet/invite"} <= {*found}
    assert who_may_send("/fleet/invite") != "viewer"


@pytest.mark.parametrize("path", FEW)
def test_a_page_as_a_viewer_sees_it(tab: Tab, site: Rig, path: str) -> None:
    """Without what only others may do, and refused: the pages that differ most from an administrator's."""
    address, need = sample(path, site), routes()[path]
    page, seen = tab(site, VIEWER)
    visit(page, address, 200 if need == "viewer" else 403)
    seen.console_errors[:] = [e for e in seen.console_errors if need == "viewer" or REFUSED not in e]
    check_frame(page)
    check_looks(page, ONE_LOOK)
    seen.check()


@pytest.mark.parametrize("path", sorted(pages()))
def test_a_page_in_german(site: Rig, german: dict[str, str], path: str) -> None:
    """It says that it is German, and no message of ours is left in English."""
    with httpx.Client(base_url=site.url, cookies=german, timeout=60) as client:
        answer = client.get(sample(path, site))
    assert answer.status_code == 200
    document = Document(answer.text)
    assert document.language == "de"
    assert (document.tags["h1"], document.tags["main"]) == (1, 1)
    assert english_left(document.texts) == []


@pytest.mark.parametrize("path", FEW)
def test_a_page_in_german_in_a_browser(tab: Tab, site: Rig, path: str) -> None:
    """The same for what scripts make of it; the texts that the test above reads are those of the page."""
    page, seen = tab(site, GERMAN)
    visit(page, sample(path, site))
    check_frame(page, "de")
    assert english_left(texts_of(page)) == []
    sent = Document(page.request.get(sample(path, site)).text())
    assert {" ".join(t.split()) for t in texts_of(page)} >= {t for t in sent.texts if t in messages("de").values()}
    seen.check()


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_for_everybody(browser: Browser, site: Rig, path: str) -> None:
    """Logging in and coming in by a link keep the same rules."""
    with open_page(browser, site.url) as (page, seen):
        visit(page, sample(path, site))
        check_frame(page)
        check_weight(page, seen)
        check_keyboard(page)
        check_looks(page)
        seen.check()


@pytest.mark.parametrize("path", sorted(NO_PAGES))
def test_what_is_no_page_is_none(site: Rig, path: str) -> None:
    """Who keeps an address out of these tests says that people do not read it; then it is not sent as a page."""
    assert path in routes(), f"{path} is no route any more: take it out of NO_PAGES"


# --- what is not there, and what is refused


@pytest.mark.parametrize("address", ["/nowhere", "/enter/not-a-link", "/people/<script>alert(1)</script>", "/%00"])
@pytest.mark.parametrize("name", [ADMINISTRATOR, GERMAN])
def test_what_does_not_exist_is_a_page(tab: Tab, site: Rig, address: str, name: str) -> None:
    """It says what happened and leads on; it keeps the same rules."""
    page, seen = tab(site, name)
    visit(page, address, 404)
    seen.console_errors[:] = [e for e in seen.console_errors if REFUSED not in e]
    check_frame(page, "de" if name == GERMAN else "en")
    check_keyboard(page)
    check_looks(page, TWO_LOOKS)
    seen.check()


def test_a_wrong_password_is_said_on_the_page(browser: Browser, site: Rig) -> None:
    """The login page with its problem keeps the same rules, and the name is still in its field."""
    with open_page(browser, site.url) as (page, seen):
        visit(page, "/login")
        page.get_by_label("Name").fill("Nobody Here")
        page.get_by_label("Password").fill("not the password")
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("alert").wait_for()
        seen.console_errors[:] = [e for e in seen.console_errors if REFUSED not in e]
        assert page.get_by_label("Name").input_value() == "Nobody Here"
        check_frame(page)
        check_looks(page)
        seen.check()


# --- a project in which nothing is written yet


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The workbench of a project that `ninefold init` began a moment ago."""
    root = empty_project(tmp_path_factory.mktemp("empty") / "new-project")
    people(root)
    with serving(root) as rig:
        yield rig


@pytest.mark.parametrize("path", [p for p in sorted(pages()) if "{" not in p])
def test_a_page_of_an_empty_project(tab: Tab, empty: Rig, path: str) -> None:
    """There is a page, not an error; it keeps the same rules, also in the looks in which nobody saw the full one."""
    page, seen = tab(empty, ADMINISTRATOR)
    visit(page, path)
    check_frame(page)
    check_weight(page, seen)
    check_looks(page, ONE_LOOK)
    seen.check()


def test_nothing_was_printed(site: Rig, empty: Rig) -> None:
    """No page made the server write a warning or a stack: one line each, the address."""
    assert [line for line in site.lines + empty.lines if "The workbench is at" not in line] == []


def test_the_first_person(browser: Browser, tmp_path: Path) -> None:
    """The printed link leads to a form that keeps the rules; it makes the first account, and works once."""
    root = empty_project(tmp_path / "new-project")
    with serving(root) as rig, open_page(browser, rig.url) as (page, seen):
        [link] = [line.split()[-1] for line in rig.lines if "/enter/" in line]
        visit(page, link)
        check_frame(page)
        check_keyboard(page)
        check_looks(page)
        page.get_by_label("Name").fill("Ada Admin")
        page.get_by_label("Password", exact=True).fill("quiet horse battery")
        page.get_by_label("Repeat the password").fill("quiet horse battery")
        page.get_by_role("button").click()
        page.wait_for_url(f"{rig.url}/")
        seen.console_errors[:] = [e for e in seen.console_errors if REFUSED not in e]
        visit(page, link, 404)
        seen.console_errors[:] = [e for e in seen.console_errors if REFUSED not in e]
        seen.check()
