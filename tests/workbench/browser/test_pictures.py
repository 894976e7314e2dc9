"""The six pictures of docs/workbench.md, taken by the tool that takes pictures of any running workbench."""

from tests.workbench.browser.addresses import MODEL, REQUIREMENT
from tests.workbench.browser.kit import ROOT
from tests.workbench.browser.rig import ADMINISTRATOR, Rig
from tools.screenshots import take

PAGES = {
    "workbench-overview": "/", "workbench-requirement": f"/requirements/{REQUIREMENT}", "workbench-live": "/live",
    "workbench-validation": f"/validation/{MODEL}", "workbench-fleet": "/fleet", "workbench-monitoring": "/monitoring",
}  # fmt: skip
LOOK = ("laptop", "light")


def test_six_pictures_of_the_workbench_are_taken(site: Rig) -> None:
    """Each page answers, and its picture lies where the page of the docs looks for it."""
    folder = ROOT / "docs" / "pictures"
    folder.mkdir(exist_ok=True)
    cookie = next(iter(site.cookies(ADMINISTRATOR).items()))
    assert take(site.url, PAGES, folder, cookie=cookie, looks=(LOOK,)) == []
    taken = [folder / f"{name}-{'-'.join(LOOK)}.png" for name in PAGES]
    assert all(p.stat().st_size > 10_000 for p in taken)
