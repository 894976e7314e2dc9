"""The site is built without a warning, loads nothing from outside, and can be searched without a server."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOADED = re.compile(r"""<(?:script|img|iframe|source|video)[^>]*\ssrc="([^"]+)"|<link[^>]*\shref="([^"]+)"[^>]*>""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it, where every warning is an error."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"]
    done = subprocess.run(
        [*command, "-d", str(out / "trees"), str(ROOT / "docs"), str(out / "html")],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr
    return out / "html"


def test_every_page_is_there(site: Path) -> None:
    """One for each page of docs/; one that nothing leads to would have been a warning."""
    wanted = {p.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for p in (ROOT / "docs").rglob("*.md")}
    assert len(wanted) > 40
    assert wanted <= {p.relative_to(site).as_posix() for p in site.rglob("*.html")}


def test_the_navigation_has_four_parts(site: Path) -> None:
    """In the order of a reader who is new."""
    text = (site / "index.html").read_text()
    assert re.findall(r'class="caption-text">([^<]+)<', text)[:4] == ["Tutorial", "How-to", "Reference", "Explanation"]


def test_nothing_is_loaded_from_outside(site: Path) -> None:
    """No script, style, font or picture of another host: the site works in a cell without a network."""
    outside = []
    for page in sorted(site.rglob("*.html")):
        for found in LOADED.finditer(page.read_text()):
            target = found[1] or found[2]
            if re.match(r"(https?:)?//", target):
                outside.append((page.name, target))
    for style in sorted(site.rglob("*.css")):
        outside += [
            (style.name, t)
            for t in re.findall(r"(?:@import\s+|url\()[\"']?((?:https?:)?//[^\"')]+)", style.read_text())
        ]
    assert outside == []


def test_the_search_needs_no_server(site: Path) -> None:
    """The index is a script that the page itself loads; a word of the reference is in it."""
    assert (site / "searchindex.js").read_text().startswith("Search.setIndex(")
    assert '"searchindex.js"' in (site / "search.html").read_text()
    assert "insufficient" in (site / "searchindex.js").read_text()


def test_the_picture_says_what_it_shows(site: Path) -> None:
    """To somebody who hears the page: a text on the page, a title and a description in the drawing; no outside address."""
    assert re.search(r'<img[^>]*alt="[^"]{100,}"[^>]*chain\.svg', (site / "index.html").read_text())
    drawing = (ROOT / "docs" / "explanation" / "chain.svg").read_text()
    assert "<title" in drawing
    assert "<desc" in drawing
    assert len(drawing) < 10_000
    assert re.findall(r"https?://[^\"]+", drawing) == ["http://www.w3.org/2000/svg"]
