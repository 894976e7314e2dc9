"""A layered layout of a graph, left to right: layers, order within them, and heights (Sugiyama's three steps).

Deterministic and near linear, so that the same evidence gives the same picture and a large graph does not hang.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

import msgspec

SWEEPS = 8
HELD = 8.0  # how much harder a bend of a long link is to move than a node: long links become straight


class Arc(NamedTuple):
    """A link between two nodes by their names."""

    source: str
    target: str


class Layout(msgspec.Struct, frozen=True):
    """The layer of each node, its middle in the unit of the heights, and the bends of each link (by its place)."""

    layer: dict[str, int]
    middle: dict[str, float]
    bends: dict[int, tuple[tuple[int, float], ...]]  # (layer, middle) from left to right
    backward: frozenset[int]  # places of links that close a cycle: they are drawn from right to left


def backward(nodes: Sequence[str], arcs: Sequence[Arc]) -> frozenset[int]:
    """Return the places of the links that must be turned for no cycle to be left; a link to itself is one."""
    out: dict[str, list[int]] = defaultdict(list)
    for place, arc in enumerate(arcs):
        out[arc.source].append(place)
    state: dict[str, int] = {}  # 1 while on the path, 2 when done
    found: set[int] = set()
    for root in nodes:
        path = [] if root in state else [(root, iter(out[root]))]
        state.setdefault(root, 1)
        while path:
            node, rest = path[-1]
            place = next(rest, -1)
            if place < 0:
                state[node] = 2
                path.pop()
                continue
            target = arcs[place].target
            if state.get(target) == 1:
                found.add(place)
            elif target not in state:
                state[target] = 1
                path.append((target, iter(out[target])))
    return frozenset(found)


def layers(nodes: Sequence[str], arcs: Sequence[Arc], turned: frozenset[int]) -> dict[str, int]:
    """Return the layer of each node: right of all it comes from, and sources close to what they lead to."""
    after: dict[str, list[str]] = defaultdict(list)
    before: dict[str, list[str]] = defaultdict(list)
    for place, arc in enumerate(arcs):
        if arc.source == arc.target:
            continue
        left, right = (arc.target, arc.source) if place in turned else arc
        after[left].append(right)
        before[right].append(left)
    order = [n for n in nodes if not before[n]]
    waits = {n: len(before[n]) for n in nodes}
    for node in order:  # grows while it is walked
        for right in after[node]:
            waits[right] -= 1
            if not waits[right]:
                order.append(right)
    layer: dict[str, int] = {}
    for node in order:
        layer[node] = max((layer[left] + 1 for left in before[node]), default=0)
    for node in reversed(order):
        if len(after[node]) > len(before[node]):
            layer[node] = min(layer[right] for right in after[node]) - 1
    return layer


def layout(
    heights: Mapping[str, float], arcs: Sequence[Arc], gap: float, layer: Mapping[str, int] | None = None
) -> Layout:
    """Return where nodes of these heights stand; none touches another of its layer, they are `gap` apart.

    Layers that were found before may be given; a link within a layer or to the left then counts as backward.
    """
    names = list(heights)
    if layer is None:
        turned = backward(names, arcs)
        layer = layers(names, arcs, turned)
    else:
        turned = frozenset(i for i, a in enumerate(arcs) if layer[a.source] >= layer[a.target])
    drawn = _Drawn(heights, arcs, layer, turned)
    rows = drawn.ordered()
    at = drawn.heights_of(rows, gap)
    bends = {place: tuple((drawn.layer[b], at[b]) for b in chain) for place, chain in drawn.chains.items() if chain}
    return Layout(dict(layer), {n: at[n] for n in names}, bends, turned)


class _Drawn:
    """The graph with a bend in each layer that a long link crosses."""

    def __init__(
        self, heights: Mapping[str, float], arcs: Sequence[Arc], layer: Mapping[str, int], turned: frozenset[int]
    ) -> None:
        self.heights = dict(heights)
        self.layer = dict(layer)
        self.bent: set[str] = set()
        self.chains: dict[int, list[str]] = {}
        self.left: dict[str, list[str]] = defaultdict(list)
        self.right: dict[str, list[str]] = defaultdict(list)
        for place, arc in enumerate(arcs):
            if layer[arc.source] != layer[arc.target]:
                self._add(place, *((arc.target, arc.source) if place in turned else arc))

    def _add(self, place: int, start: str, end: str) -> None:
        chain = [f"\0{place}\0{k}" for k in range(self.layer[start] + 1, self.layer[end])]
        for step, bend in enumerate(chain):
            self.layer[bend] = self.layer[start] + 1 + step
            self.heights[bend] = 8.0
        self.bent.update(chain)
        self.chains[place] = chain
        for a, b in zip([start, *chain], [*chain, end], strict=True):
            self.right[a].append(b)
            self.left[b].append(a)

    def ordered(self) -> list[list[str]]:
        """Return each layer from top to bottom, the best of some sweeps by barycentre."""
        rows: list[list[str]] = [[] for _ in range(max(self.layer.values(), default=-1) + 1)]
        for name, layer in self.layer.items():
            rows[layer].append(name)
        best, least = [list(r) for r in rows], self._crossings(rows)
        place = {n: at for row in rows for n, at in _places(row).items()}
        for sweep in range(SWEEPS):
            if not least:
                break
            rightwards = sweep % 2 == 0
            for row in rows[1:] if rightwards else rows[-2::-1]:
                beside = self.left if rightwards else self.right
                wanted = {n: _mean([place[b] for b in beside[n]], place[n]) for n in row}
                row.sort(key=wanted.__getitem__)  # stable: what is equal stays in order
                place.update(_places(row))
            crossed = self._crossings(rows)
            if crossed < least:
                best, least = [list(r) for r in rows], crossed
        return best

    def _crossings(self, rows: Sequence[Sequence[str]]) -> int:
        """Count the pairs of links that cross (inversions, by a Fenwick tree)."""
        total = 0
        for row, following in pairwise(rows):
            place = {n: i for i, n in enumerate(following)}
            tree = [0] * (len(following) + 1)
            seen = 0
            for node in row:
                ends = sorted(place[b] for b in self.right[node])
                total += sum(seen - _below(tree, end + 1) for end in ends)
                for end in ends:
                    _raise(tree, end + 1)
                seen += len(ends)
        return total

    def heights_of(self, rows: Sequence[Sequence[str]], gap: float) -> dict[str, float]:
        """Return the middle of everything: near what it is linked to, in order, `gap` apart; the top is at 0."""
        at: dict[str, float] = {}
        for row in rows:
            y = 0.0
            for name in row:
                at[name] = y + self.heights[name] / 2
                y += self.heights[name] + gap
        for sweep in range(SWEEPS):
            for row in rows if sweep % 2 == 0 else rows[::-1]:
                wanted = [self._wanted(n, at, sweep) for n in row]
                apart = [self._apart(a, b, gap) for a, b in pairwise(row)]
                weights = [HELD if n in self.bent else 1.0 for n in row]
                at.update(zip(row, settled(wanted, apart, weights), strict=True))
        top = min((at[n] - self.heights[n] / 2 for n in at), default=0.0)
        return {n: y - top for n, y in at.items()}

    def _apart(self, above: str, below: str, gap: float) -> float:
        room = gap / 4 if above in self.bent and below in self.bent else gap
        return (self.heights[above] + self.heights[below]) / 2 + room

    def _wanted(self, name: str, at: Mapping[str, float], sweep: int) -> float:
        beside = self.left[name] if sweep % 2 == 0 else self.right[name]
        if sweep >= SWEEPS - 2:
            beside = self.left[name] + self.right[name]
        return median(at[b] for b in beside) if beside else at[name]


def settled(wanted: Sequence[float], apart: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return places as near as possible to the wanted ones (least squares) that keep their order and distances.

    Source: Barlow, Bartholomew, Bremner and Brunk, Statistical Inference under Order Restrictions, 1972 (pooling of
    adjacent violators).
    """
    shifts = [0.0]
    for distance in apart:
        shifts.append(shifts[-1] + distance)
    blocks: list[tuple[float, float, int]] = []  # mean, weight, length
    for want, shift, weight in zip(wanted, shifts, weights, strict=False):
        block = (want - shift, weight, 1)
        while blocks and blocks[-1][0] >= block[0]:
            mean, heavy, length = blocks.pop()
            both = heavy + block[1]
            block = ((mean * heavy + block[0] * block[1]) / both, both, length + block[2])
        blocks.append(block)
    means = [mean for mean, _, length in blocks for _ in range(length)]
    return [mean + shift for mean, shift in zip(means, shifts, strict=False)]


def _places(row: Sequence[str]) -> dict[str, float]:
    return {n: (i + 0.5) / len(row) for i, n in enumerate(row)}


def _mean(numbers: Sequence[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise


def _below(tree: Sequence[int], place: int) -> int:
    total = 0
    while place > 0:
        total += tree[place]
        place -= place & -place
    return total


def _raise(tree: list[int], place: int) -> None:
    while place < len(tree):
        tree[place] += 1
        place += place & -place
