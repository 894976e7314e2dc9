"""The way of docs/guide.md in a real browser: from an empty folder and a CSV to a model that decides and is watched.

No terminal but for `ninefold serve`. On the way it takes the guide's pictures into docs/pictures/.
"""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.workbench.browser.checks import TWO_LOOKS, check_frame, check_keyboard, check_looks
from tests.workbench.browser.kit import ROOT, Seen, axe, open_page
from tests.workbench.browser.rig import PASSWORD, Rig, serving
from tests.workbench.own_table import write_parts

PICTURES = ROOT / "docs" / "pictures"
LONG_MS = 120_000  # so that one that hangs ends; nothing is said of its speed
BAD = {
    "empty.csv": (b"", "is empty"),
    "no-names.csv": (b"1,2\n3,4\n", "holds values, not the names of columns"),
    "one-column.csv": (b"speed\n1\n2\n", "has one column only"),
    "latin.csv": (b"a,b\n1,\xe4\n", "is not UTF-8"),
    "no-rows.csv": (b"a,b\n", "holds no rows"),
}
LONG, HOSTILE = "l" * 200, '<b onmouseover="alert(1)">&'


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Nothing here is said of speed: a busy machine may take its time for any page."""
    expect.set_options(timeout=40_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def rig() -> Iterator[Rig]:
    """`ninefold serve` in an empty folder, whose short name is seen on a picture."""
    with TemporaryDirectory(prefix="plant-") as folder:
        root = Path(folder) / "press"
        root.mkdir()
        with serving(root) as started:
            yield started


def picture(page: Page, name: str) -> None:
    """Keep what a reader of the guide sees, and hold the page to the rules of access."""
    PICTURES.mkdir(exist_ok=True)
    page.evaluate("document.activeElement?.blur?.()")
    page.screenshot(path=PICTURES / f"guide-{name}.png")
    assert axe(page) == [], name


def free_port() -> str:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def main_button(page: Page) -> Locator:
    """Return the one filled button of the page."""
    return page.get_by_role("main").locator(".btn.main").first


def first_steps(page: Page) -> None:
    """Open the line by the sidebar and the list of tables, or by what is shown of it already."""
    page.get_by_role("link", name="First steps").first.click()
    page.get_by_role("main").get_by_role("link", name="parts", exact=True).click()


@pytest.mark.timeout(600)
def test_from_an_empty_folder_to_a_watched_model(browser: Browser, rig: Rig, tmp_path: Path) -> None:
    """Each step by what a person sees, in the order of the guide."""
    table = tmp_path / "parts.csv"
    assert write_parts(table) > 200
    with open_page(browser, rig.url) as (page, seen):
        start_the_project(page, rig)
        bring_the_table(page, seen, table, tmp_path)
        write_the_files(page)
        compute_and_sign(page)
        publish(page)
        start_the_gateway(page)
        watch(page)
        stop_the_gateway(page)
        seen.check()
    assert sorted(p.name for p in (rig.root / "connections").iterdir()) == ["parts-live.yaml", "parts.yaml"]
    assert [x for x in rig.lines if "WARNING" in x or "Traceback" in x] == []


def start_the_project(page: Page, rig: Rig) -> None:
    """The address alone shows nothing; the printed link leads to the form, and the form to the workbench."""
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no project here yet")
    link = next(found[0] for line in rig.lines if (found := re.search(r"http\S+/start/\S+", line)))
    page.goto(link)
    page.get_by_label("Who signs?").select_option("yes")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_label("Your name").fill("Erika Beispiel")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Repeat the password").fill(PASSWORD)
    picture(page, "start")
    page.get_by_label("Repeat the password").fill("another password")
    page.get_by_role("button", name="Start the project").click()
    expect(page.get_by_role("alert")).to_contain_text("The two passwords differ")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Repeat the password").fill(PASSWORD)
    check_looks(page, TWO_LOOKS)
    page.get_by_role("button", name="Start the project").click()
    expect(page).to_have_url(re.compile("/begin$"), timeout=LONG_MS)
    assert 'name = "press"' in (rig.root / "ninefold.toml").read_text(encoding="utf-8")


def bring_the_table(page: Page, seen: Seen, table: Path, folder: Path) -> None:
    """What is no table is refused with what to do, and nothing of it is kept; the table leads on to its columns."""
    picture(page, "bring")
    for name, (data, said) in BAD.items():
        (folder / name).write_bytes(data)
        send(page, folder / name)
        expect(page.get_by_role("alert")).to_contain_text(said)
    seen.console_errors[:] = [e for e in seen.console_errors if not re.search("status of (400|404|422)", e)]
    odd = folder / "odd names.csv"
    odd.write_text(f'{LONG},"{HOSTILE.replace(chr(34), chr(34) * 2)}",ok\n1,2,0\n3,4,1\n', encoding="utf-8")
    send(page, odd)
    expect(page.get_by_role("heading", level=1)).to_have_text("Say what its columns are")
    expect(page.get_by_role("rowheader", name=HOSTILE)).to_have_count(1)
    check_looks(page, TWO_LOOKS)
    page.goto("/begin")
    send(page, table)
    expect(page.get_by_role("status")).to_contain_text("2,400 rows, 9 columns")


def send(page: Page, file: Path) -> None:
    """Choose a file and press the button."""
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Bring table").click()


def write_the_files(page: Page) -> None:
    """Columns, goal and model: what is proposed is taken, the texts are shown before they are written."""
    expect(page.get_by_label("What to foretell")).to_have_value("Failed")
    check_frame(page)
    check_keyboard(page)
    check_looks(page, TWO_LOOKS)
    picture(page, "columns")
    page.get_by_role("button", name="Show what saving would do").click()
    expect(page.get_by_role("main")).to_contain_text("connections/parts.yaml")
    picture(page, "file")
    page.get_by_role("button", name="Write the connection").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Say what must hold")
    check_looks(page, TWO_LOOKS)
    picture(page, "goal")
    page.get_by_role("button", name="Write requirement and use case").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Say how a model is looked for")
    check_looks(page, TWO_LOOKS)
    picture(page, "model")
    page.get_by_label("Computing time").fill("24")
    page.get_by_role("button", name="Write recipe and model").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Next: compute")


def compute_and_sign(page: Page) -> None:
    """The run is watched until its end; then the verdicts are read and signed."""
    picture(page, "compute")
    main_button(page).click()
    expect(page).to_have_url(re.compile("/jobs/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("tasks were run", timeout=LONG_MS)
    first_steps(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Next: read the verdicts and sign")
    main_button(page).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("parts meets its requirement")
    picture(page, "verdicts")
    form = page.locator("form", has=page.get_by_role("button", name="Sign parts"))
    form.get_by_label("Reason").fill("The last quarter shows what the sentence asks for.")
    form.get_by_label("Your password").fill(PASSWORD)
    form.get_by_role("button", name="Sign parts").click()
    expect(page.get_by_role("status").first).to_contain_text("parts is signed")


def publish(page: Page) -> None:
    """The machine is described, and the signed model laid ready for the gateway."""
    first_steps(page)
    main_button(page).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Say where the machine is")
    picture(page, "machine")
    page.get_by_label("Endpoint").fill(f"opc.tcp://127.0.0.1:{free_port()}")
    page.get_by_label("Port of the fleet's service").fill(free_port())
    page.get_by_label("Parts in the shadow").fill("40")
    check_looks(page, TWO_LOOKS)
    page.get_by_role("button", name="Write connection and deployment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Next: publish the model")
    main_button(page).click()
    page.get_by_label("Your password").fill(PASSWORD)
    picture(page, "publish")
    page.get_by_role("button", name="Sign and publish bundle").click()
    expect(page.locator("p.note")).to_contain_text("Published to 1 target")


def start_the_gateway(page: Page) -> None:
    """Its processes start on this computer, as a job that tells which of them are up."""
    first_steps(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Next: start the gateway")
    main_button(page).click()
    check_looks(page, TWO_LOOKS)
    picture(page, "gateway")
    page.get_by_role("button", name="Start gateway-1 and let the table play").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("gateway-1 runs on this computer")
    expect(page.get_by_role("main")).to_contain_text("Agent: it reads the machine", timeout=LONG_MS)
    picture(page, "running")


def watch(page: Page) -> None:
    """The line says by itself when the gateway decides and its first window is there; monitoring shows it."""
    first_steps(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("parts decides and is watched", timeout=LONG_MS)
    picture(page, "complete")
    main_button(page).click()
    drift = page.locator("#drift")
    expect(drift).to_contain_text("press-1")
    expect(drift).to_contain_text("Normal")
    picture(page, "monitoring")
    page.get_by_role("link", name="Live", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("model (active)")
    picture(page, "live")


def stop_the_gateway(page: Page) -> None:
    """One press ends every process of it."""
    first_steps(page)
    page.get_by_role("link", name="Open the running gateway").click()
    page.get_by_role("button", name="Stop the gateway").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("gateway-1 was stopped", timeout=LONG_MS)
