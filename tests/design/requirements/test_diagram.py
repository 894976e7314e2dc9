"""The drawing of requirements: well-formed, escaped, deterministic, complete, and nothing outside its frame."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.design.requirements.diagram import diagram
from ninefold.surface.svg import fitted
from ninefold.vocabulary.criterion import CriterionSpec, Threshold
from ninefold.vocabulary.requirement import CriterionPlace, Link, RequirementIndex
from ninefold.vocabulary.use_case import UseCaseIndex

SVG = "{http://www.w3.org/2000/svg}"
ROLES = ("refines", "derives", "depends", "conflicts")


def requirement(id: str, *links: Link, title: str = "A title", criteria: tuple[str, ...] = ("c",)) -> RequirementIndex:
    """Return a requirement's index."""
    places = tuple(CriterionPlace(c, ("validation",)) for c in criteria)
    return RequirementIndex(id, "u", title, "quality", "o", "must", links, places)


def parsed(svg: str) -> ET.Element:
    """Return the tree of an SVG that we wrote ourselves."""
    return ET.fromstring(svg)


@pytest.mark.job("requirements/diagram", against="cases", what="generated inputs")
def test_every_box_link_and_criterion_is_drawn():
    """Boxes by id, links with their role, criteria with their threshold."""
    figure = diagram(
        [
            requirement("REQ-a", Link("UC-x"), criteria=("recall",)),
            requirement("REQ-b", Link("REQ-a", "derives"), criteria=()),
        ],
        [UseCaseIndex("UC-x", "candidate", "o", "Warn"), UseCaseIndex("UC-y", "idea", "o", "")],
        [CriterionSpec("REQ-a", "recall", Threshold(">=", 0.7))],
    )
    root = parsed(figure.svg)
    words = [e.text or "" for e in root.iter(f"{SVG}text")]
    assert {"recall >= 0.7", "Warn", "UC-y", "no criterion", "no requirement", "derives"} <= set(words)
    tips = [e.text for e in root.iter(f"{SVG}title")]
    assert "REQ-b derives REQ-a" in tips
    assert "REQ-a refines UC-x" in tips
    assert figure.table is not None
    assert figure.table.rows == (("REQ-a", "refines", "UC-x"), ("REQ-b", "derives", "REQ-a"))


def test_the_drawing_names_and_describes_itself():
    """A person who cannot see it is told what it shows."""
    root = parsed(diagram([requirement("REQ-a")], []).svg)
    assert root.get("role") == "img"
    labels = (root.get("aria-labelledby") or "").split()
    texts = {e.get("id"): e.text for e in root if e.get("id")}
    assert texts[labels[0]] == "Requirements and use cases"
    assert texts[labels[1]] == "Drawn: requirements 1, criteria 1, use cases 0, links 0."


def test_it_brings_both_grounds_and_fetches_nothing():
    """Light and dark in one file; no script, no outside address but the name space."""
    svg = diagram([requirement("REQ-a")], []).svg
    assert "prefers-color-scheme: dark" in svg
    assert "<script" not in svg
    assert svg.count("http") == svg.count("http://www.w3.org/2000/svg") == 1


def test_the_order_of_files_does_not_show():
    """The same content gives the same bytes."""
    items = [requirement("REQ-a", Link("UC-x")), requirement("REQ-b", Link("REQ-a"))]
    cases = [UseCaseIndex("UC-x", "idea", "o", ""), UseCaseIndex("UC-y", "idea", "o", "")]
    assert diagram(items, cases).svg == diagram(items[::-1], cases[::-1]).svg


def test_an_empty_project_is_an_empty_frame():
    """No division by nothing."""
    assert parsed(diagram([], []).svg).get("width")


def test_a_circle_of_links_is_drawn_in_bounded_columns():
    """The reader has reported it; the drawing must not run away."""
    items = [requirement(f"REQ-{i}", Link(f"REQ-{(i + 1) % 9}")) for i in range(9)]
    assert float(parsed(diagram(items, []).svg).get("width") or 0) < 4000


def test_long_text_is_cut_with_an_ellipsis():
    """The whole text stays in the tooltip."""
    assert fitted("short", 100) == "short"
    assert fitted("x" * 100, 100).endswith("\u2026")
    svg = diagram([requirement("REQ-a", title="T" * 200)], []).svg
    assert "T" * 200 in svg
    assert all(len(e.text or "") < 60 for e in parsed(svg).iter(f"{SVG}text"))


@settings(max_examples=40)
@given(
    st.text(max_size=60), st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5), st.sampled_from(ROLES)), max_size=8)
)
def test_any_text_and_any_links_give_well_formed_xml_inside_the_frame(title: str, links: list[tuple[int, int, str]]):
    """Markup, control characters and quotes in a title stay text; no two boxes of a column overlap."""
    items = []
    for number in range(5):
        own = dict.fromkeys(("UC-x" if to == 5 else f"REQ-{to}", role) for at, to, role in links if at == number)
        items.append(requirement(f"REQ-{number}", *(Link(to, role) for to, role in own), title=title))
    root = parsed(diagram(items, [UseCaseIndex("UC-x", "idea", "o", title)]).svg)
    height, width = float(root.get("height") or 0), float(root.get("width") or 0)
    boxes = [
        tuple(float(r.get(k) or 0) for k in ("x", "y", "width", "height"))
        for r in root.iter(f"{SVG}rect")
        if "box" in (r.get("class") or "")
    ]
    assert len(boxes) == 6
    for x, y, w, h in boxes:
        assert x + w <= width
        assert y + h <= height
    for a in boxes:
        for b in boxes:
            assert a is b or a[0] != b[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]
