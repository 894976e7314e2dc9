"""The layered layout: it keeps its promises for every graph, and finds the obvious picture of small ones."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.surface.layers import Arc, backward, layers, layout, settled

graphs = st.integers(1, 14).flatmap(
    lambda n: st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=40).map(
        lambda pairs: ([f"n{i}" for i in range(n)], [Arc(f"n{a}", f"n{b}") for a, b in pairs])
    )
)


@given(graphs, st.floats(1, 50))
def test_no_two_nodes_overlap(graph: tuple[list[str], list[Arc]], height: float) -> None:
    """In each layer the nodes are a gap apart, and nothing stands above the top."""
    names, arcs = graph
    found = layout(dict.fromkeys(names, height), arcs, 10)
    for layer in set(found.layer.values()):
        middles = sorted(found.middle[n] for n in names if found.layer[n] == layer)
        assert all(b - a >= height + 10 - 1e-6 for a, b in pairwise(middles))
    assert min(found.middle.values()) >= height / 2 - 1e-6


@given(graphs)
def test_links_go_right_unless_marked(graph: tuple[list[str], list[Arc]]) -> None:
    """Each link leads to a later layer, or is marked as backward and leads to an earlier one or to itself."""
    names, arcs = graph
    found = layout(dict.fromkeys(names, 20.0), arcs, 10)
    for place, arc in enumerate(arcs):
        steps = found.layer[arc.target] - found.layer[arc.source]
        assert steps <= 0 if place in found.backward else steps > 0
        assert [layer for layer, _ in found.bends.get(place, ())] == list(
            range(
                min(found.layer[arc.source], found.layer[arc.target]) + 1,
                max(found.layer[arc.source], found.layer[arc.target]),
            )
        )
    assert min(found.layer.values()) >= 0


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0, 50), st.floats(0.1, 9)), min_size=1, max_size=20))
def test_settled_keeps_distances(items: list[tuple[float, float, float]]) -> None:
    """Pooling keeps order and distances, and moves nothing that already keeps them."""
    wanted, apart, weights = [i[0] for i in items], [i[1] for i in items[1:]], [i[2] for i in items]
    found = settled(wanted, apart, weights)
    assert all(b - a >= d - 1e-6 for (a, b), d in zip(pairwise(found), apart, strict=True))
    assert settled(found, apart, weights) == pytest.approx(found, abs=1e-6)


def test_an_acyclic_graph_has_nothing_backward() -> None:
    """A diamond keeps all its links."""
    arcs = [Arc("a", "b"), Arc("a", "c"), Arc("b", "d"), Arc("c", "d")]
    assert backward(list("abcd"), arcs) == frozenset()
    assert layers(list("abcd"), arcs, frozenset()) == {"a": 0, "b": 1, "c": 1, "d": 2}


def test_a_source_stands_close_to_what_it_feeds() -> None:
    """A node that only feeds the end of a chain stands beside the end, not at the far left."""
    arcs = [Arc("a", "b"), Arc("b", "c"), Arc("c", "d"), Arc("x", "d")]
    assert layers(list("abcdx"), arcs, frozenset())["x"] == 2


def test_crossings_are_undone() -> None:
    """Two links that cross in the given order do not cross in the layout."""
    found = layout(dict.fromkeys(["a", "b", "y", "z"], 20.0), [Arc("a", "z"), Arc("b", "y")], 10)
    assert (found.middle["a"] < found.middle["b"]) == (found.middle["z"] < found.middle["y"])


def test_an_empty_graph_has_an_empty_layout() -> None:
    """Nothing to lay out is no error."""
    assert layout({}, [], 10).middle == {}
