"""Pictures of the pages: shown when they are there, else a line says how to make them; each is taken by a test."""

import re
from pathlib import Path

from docs.picture import shown
from docutils import nodes

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests" / "workbench" / "browser"


def test_a_picture_that_is_there_is_shown_with_its_words(tmp_path: Path) -> None:
    """As its alternative and below it."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "one.png").write_bytes(b"")
    [figure] = shown(tmp_path, "one", "What is seen.")
    [image] = figure.findall(nodes.image)
    assert (image["uri"], image["alt"]) == ("/pictures/one.png", "What is seen.")
    assert [c.astext() for c in figure.findall(nodes.caption)] == ["What is seen."]


def test_without_it_a_line_says_how_to_make_it(tmp_path: Path) -> None:
    """With the same words."""
    [line] = shown(tmp_path, "one", "What is seen.")
    assert line.astext() == "What is seen. (make pictures takes the picture.)"
    assert not list(line.findall(nodes.image))


def test_each_picture_of_the_pages_is_taken_and_none_for_nothing() -> None:
    """By the walk of the guide, or by the one that takes the six of the workbench."""
    from tests.workbench.browser.test_pictures import LOOK, PAGES

    asked = [
        n for p in (ROOT / "docs").glob("*.md") for n in re.findall(r"^```\{picture\} (\S+)$", p.read_text(), re.M)
    ]
    guide = (TESTS / "test_guide.py").read_text()
    taken = {f"guide-{n}" for n in re.findall(r'picture\(page, "([a-z]+)"\)', guide)}
    taken |= {f"{name}-{'-'.join(LOOK)}" for name in PAGES}
    assert set(asked) == taken
    assert len(asked) == len(taken)
