"""The drawing of a graph: links and reading order, hostile names, folding of large graphs, refusals."""

import pytest
from tests.surface.drawn import HOSTILE, SVG, drawn, told

from ninefold.kernel.errors import InvalidInput
from ninefold.surface.graph import Link, Node, graph


def test_nodes_are_links_in_reading_order() -> None:
    """Tab walks from left to right and within a layer from top to bottom; the focus says that it is here."""
    nodes = [Node("c", "Model", href="/c"), Node("a", "Rows", "77e3", "fresh", "/a"), Node("b", "Recipe", href="/b")]
    found = graph("t", "Lineage", "words", nodes, [Link("a", "c"), Link("b", "c")], focus="c")
    root = drawn(found)
    anchors = root.findall(f"{SVG}a")
    assert [a.get("href") for a in anchors][-1] == "/c"
    assert {a.get("href") for a in anchors} == {"/a", "/b", "/c"}
    assert anchors[-1].get("aria-current") == "true"
    assert any(a[0].tag == f"{SVG}title" and a[0].text == "Rows · 77e3 · Fresh" for a in anchors)  # its name for all


def test_hostile_names_stay_words() -> None:
    """Markup, quotes, control characters and long names are shown, cut, and never become markup or attributes."""
    nodes = [Node(name, name, name, name, f"/r?x={name}") for name in HOSTILE]
    links = [Link(HOSTILE[0], name, name) for name in HOSTILE]
    root = drawn(graph(HOSTILE[1], HOSTILE[0], HOSTILE[3], nodes, links))
    assert max(len(line) for line in told(root).splitlines()) < 300
    titles = ["".join(t.itertext()) for t in root.iter(f"{SVG}title")]
    assert any("L" * 200 in t for t in titles)


def test_an_address_that_runs_something_is_refused() -> None:
    """A scheme other than http(s) is an error, however it is written."""
    for href in ("javascript:alert(1)", " java\tscript:alert(1)", "data:text/html,x"):
        with pytest.raises(InvalidInput, match="cannot link"):
            graph("t", "t", "d", [Node("a", "a", href=href)], [])


def test_a_cycle_is_drawn_and_marked() -> None:
    """The link that closes a cycle, and a link to itself, are dashed."""
    nodes = [Node("a", "a"), Node("b", "b")]
    found = graph("t", "t", "d", nodes, [Link("a", "b"), Link("b", "a"), Link("a", "a")])
    drawn(found)
    assert found.svg.count("n-back") == 2


def test_ten_thousand_nodes_are_folded() -> None:
    """A large graph is drawn with few nodes and a box for the rest that leads to the list; the focus is kept."""
    nodes = [Node(f"n{i}", f"Record {i}", href=f"/r/{i}") for i in range(10_000)]
    links = [Link(f"n{i // 3}", f"n{i}") for i in range(1, 10_000)]
    found = graph("t", "t", "d", nodes, links, focus="n9876", more="und {n} weitere", more_href="/list")
    root = drawn(found)
    assert len(root.findall(f"{SVG}a")) < 200
    assert "weitere" in told(root)
    assert "/r/9876" in found.svg
    assert 'href="/list"' in found.svg
    assert len(found.svg) < 400_000
    assert found.table is not None
    assert len(found.table.rows) == 500


def test_a_long_chain_is_folded_in_depth() -> None:
    """A chain of thousands ends in one box."""
    nodes = [Node(f"n{i}", f"{i}") for i in range(5_000)]
    found = graph("t", "t", "d", nodes, [Link(f"n{i}", f"n{i + 1}") for i in range(4_999)])
    assert "and 4,976 more" in told(drawn(found))


def test_scale_zooms_without_a_script() -> None:
    """The picture grows, the coordinates do not."""
    one, two = (drawn(graph("t", "t", "d", [Node("a", "a")], [], scale=s)) for s in (1.0, 2.0))
    assert one.get("viewBox") == two.get("viewBox")
    assert float(two.attrib["width"]) == 2 * float(one.attrib["width"])


def test_what_cannot_be_drawn_is_named() -> None:
    """Two nodes of one name and a link into nowhere are errors, nothing at all is not."""
    with pytest.raises(InvalidInput, match="'a'"):
        graph("t", "t", "d", [Node("a", "a"), Node("a", "b")], [])
    with pytest.raises(InvalidInput, match="'gone'"):
        graph("t", "t", "d", [Node("a", "a")], [Link("a", "gone")])
    drawn(graph("t", "t", "d", [], []))
