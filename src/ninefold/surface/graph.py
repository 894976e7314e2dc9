"""A graph as a drawing, left to right: lineage, requirements, pipelines. Nodes are links, in reading order."""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from ninefold.kernel.errors import InvalidInput
from ninefold.surface.figure import Figure
from ninefold.surface.layers import Arc, Layout, backward, layers, layout
from ninefold.surface.marks import address, curve, icon, identifier, sheet, tone, words
from ninefold.surface.svg import clean
from ninefold.surface.table import Table
from ninefold.surface.words import Say, term, worded

WIDTH, HEIGHT, GUTTER, GAP, MARGIN = 184.0, 48.0, 56.0, 16.0, 12.0
MOST = 150  # nodes that a person can still follow
DEEPEST = 24
_FOLD = "\0fold"


class Node(msgspec.Struct, frozen=True):
    """A box: its title, a line below it, its state (a word that `marks.sign` knows, or none) and where it leads."""

    id: str
    title: str
    caption: str = ""
    state: str = ""
    href: str = ""


class Link(msgspec.Struct, frozen=True):
    """A link from what is first to what follows from it; a strong one is drawn in the accent."""

    source: str
    target: str
    label: str = ""
    strong: bool = False


class _Shown(msgspec.Struct, frozen=True):
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    layer: dict[str, int] | None
    folded: frozenset[str]


def graph(
    name: str, title: str, description: str, nodes: Sequence[Node], links: Sequence[Link], *,
    focus: str = "", scale: float = 1.0, most: int = MOST, more: str = "and {n} more", more_href: str = "",
) -> Figure:  # fmt: skip
    """Return the drawing of a graph, and its links as a table.

    Beyond `most` nodes each layer keeps its first ones (and the one in focus); the rest is one box with the words
    `more` that leads to `more_href`, and only links to the next layer are drawn to it. The table holds 500 links at
    most and says so. Links that close a cycle are dashed and go from right to left.

    Raises:
        InvalidInput: two nodes have one id, a link has an end that is no node, or an address is unsafe.
    """
    _check(nodes, links)
    shown = _fold(nodes, links, focus, most, more, more_href)
    found = layout(
        {n.id: HEIGHT for n in shown.nodes}, [Arc(x.source, x.target) for x in shown.links], GAP, shown.layer
    )
    left = {n.id: MARGIN + found.layer[n.id] * (WIDTH + GUTTER) for n in shown.nodes}
    width = max(left.values(), default=0.0) + WIDTH + MARGIN
    low = [y for chain in found.bends.values() for _, y in chain]
    height = max([*found.middle.values(), *low], default=0.0) + HEIGHT / 2 + 2 * MARGIN
    parts = [_tip(name), *(_link(name, place, x, found, left) for place, x in enumerate(shown.links))]
    ordered = sorted(shown.nodes, key=lambda n: (found.layer[n.id], found.middle[n.id]))
    parts += [_node(n, left[n.id], found.middle[n.id] + MARGIN, focus, n.id in shown.folded) for n in ordered]
    linked = any(n.href for n in shown.nodes)
    svg = sheet(name, title, description, parts, width=round(width), height=round(height), scale=scale, links=linked)
    return Figure(title, description, svg, _table(title, nodes, links))


def _check(nodes: Sequence[Node], links: Sequence[Link]) -> None:
    counted = Counter(n.id for n in nodes)
    if twice := next((i for i, n in counted.items() if n > 1), None):
        raise InvalidInput(f"Two nodes of a graph are named {twice!r}.", hint="Give each node its own id.")
    if lost := next((x for x in links if x.source not in counted or x.target not in counted), None):
        message = f"The link from {lost.source!r} to {lost.target!r} has an end that is no node."
        raise InvalidInput(message, hint="Add the node, or leave the link out.")


def _fold(nodes: Sequence[Node], links: Sequence[Link], focus: str, most: int, more: str, href: str) -> _Shown:
    """Return what is drawn: all of a small graph, of a large one what is first in each layer and a box for the rest."""
    if len(nodes) <= most and len(links) <= 4 * most:
        return _Shown(tuple(nodes), tuple(links), None, frozenset())
    arcs = [Arc(x.source, x.target) for x in links]
    ids = [n.id for n in nodes]
    layer = layers(ids, arcs, backward(ids, arcs))
    first = min(layer.values())
    rows: dict[int, list[Node]] = {}
    for node in sorted(nodes, key=lambda n: n.id != focus):
        rows.setdefault(min(layer[node.id] - first, DEEPEST), []).append(node)
    kept: list[Node] = []
    place: dict[str, int] = {}
    goes: dict[str, str] = {}
    room = _room([len(r) for r in rows.values()], most)
    for column, row in sorted(rows.items()):
        count = 1 if column == DEEPEST and row[0].id == focus else 0 if column == DEEPEST else room
        rest = row[count:] if len(row) > count + 1 else []
        fold = Node(f"{_FOLD}{column}", more.format(n=f"{len(rest):,}"), "", "", href)
        here = [*(row[:count] if rest else row), *([fold] if rest else [])]
        kept += here
        place |= {n.id: column for n in here}
        goes |= {n.id: n.id for n in here} | {n.id: fold.id for n in rest}
    return _Shown(
        tuple(kept), _bundled(links, goes, place, 4 * most), place, frozenset(n.id for n in kept if n.id[:1] == "\0")
    )


def _room(sizes: Sequence[int], most: int) -> int:
    """Return how many nodes of a layer are kept, so that all layers together hold about `most`."""
    low, high = 1, max(sizes)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if sum(min(s, middle) for s in sizes) <= most else (low, middle - 1)
    return low


def _bundled(links: Sequence[Link], goes: Mapping[str, str], place: Mapping[str, int], most: int) -> tuple[Link, ...]:
    """Return the links between what is drawn; those of a folded box only to its neighbours, else they hide the rest."""
    found: dict[tuple[str, str], Link] = {}
    for x in links:
        ends = (goes[x.source], goes[x.target])
        whole = ends == (x.source, x.target)
        if ends[0] == ends[1] or not (whole or place[ends[1]] - place[ends[0]] == 1):
            continue
        found.setdefault(ends, Link(*ends, x.label if whole else "", x.strong))
    return tuple(sorted(found.values(), key=lambda x: not x.strong)[:most])


def _tip(name: str) -> str:
    return (
        f'<defs><marker id="{identifier(name)}-m" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
        'markerUnits="userSpaceOnUse" orient="auto"><path class="n-tip" d="M0 .8 8 4 0 7.2z"/></marker></defs>'
    )


def _node(node: Node, x: float, middle: float, focus: str, folded: bool) -> str:
    y = middle - HEIGHT / 2
    state = worded(term("states.", node.state)) if node.state else ""
    tip = " · ".join(part for part in (node.title, node.caption, state) if part)
    kind = f" n-{tone(node.state)}" if node.state else ""
    room = WIDTH - (40 if node.state else 20)
    inside = f"<title>{clean(tip)}</title>"
    inside += f'<rect class="n-box{kind}" x="{x:g}" y="{y:.1f}" width="{WIDTH:g}" height="{HEIGHT:g}" rx="5"/>'
    inside += words(
        f"{x + 10:g}", round(y + (20 if node.caption else 28), 1), node.title, style="n-h", width=room, size=12.5
    )
    if node.caption:
        inside += words(f"{x + 10:g}", round(y + 37, 1), node.caption, width=WIDTH - 20, size=11.5)
    if node.state:
        inside += icon(node.state, f"{x + WIDTH - 24:g}", round(y + 8, 1), state)
    kind = f"n-node{' n-focus' if node.id == focus else ''}{' n-fold' if folded else ''}"
    if not node.href:
        return f'<g class="{kind}">{inside}</g>'
    here = ' aria-current="true"' if node.id == focus else ""
    return f'<a class="{kind}" href="{address(node.href)}"{here}>{inside}</a>'


def _link(name: str, place: int, link: Link, found: Layout, left: dict[str, float]) -> str:
    back = place in found.backward
    start, end = (link.target, link.source) if back else (link.source, link.target)
    a = (left[start] + WIDTH, found.middle[start] + MARGIN)
    b = (left[end], found.middle[end] + MARGIN)
    if start == end or found.layer[start] == found.layer[end]:
        a = (left[start], a[1])
        out, into, aside = a[1] - 8, b[1] + 8, b[0] - 30
        way = f"M{b[0]:g} {out:.1f}C{aside:g} {out:.1f} {aside:g} {into:.1f} {b[0]:g} {into:.1f}"
    else:
        stops = [a]
        for layer, y in found.bends.get(place, ()):
            x = MARGIN + layer * (WIDTH + GUTTER)
            stops += [(x, y + MARGIN), (x + WIDTH, y + MARGIN)]
        way = curve([*stops, b][::-1] if back else [*stops, b])
    tip = " ".join(part for part in (link.source, link.label, link.target) if part).replace("\0", "")
    kind = f"n-link{' n-back' if back else ''}{' n-strong' if link.strong else ''}"
    path = f'<path class="{kind}" marker-end="url(#{identifier(name)}-m)" d="{way}"/>'
    x, y = (b[0] + a[0]) / 2 if not found.bends.get(place) else a[0] + GUTTER / 2, (a[1] + b[1]) / 2
    if found.bends.get(place):
        y = (a[1] + found.bends[place][0][1] + MARGIN) / 2
    said = (
        words(f"{x:g}", round(y - 3, 1), link.label, anchor="middle", style="n-halo", width=GUTTER + 10)
        if link.label
        else ""
    )
    return f"<g><title>{clean(tip)}</title>{path}{said}</g>"


def _table(title: str, nodes: Sequence[Node], links: Sequence[Link]) -> Table:
    called = {n.id: n.title for n in nodes}
    rows = tuple((called[x.source], x.label, called[x.target]) for x in links[:500])
    notes = (Say("charts.first-links", {"n": len(links)}),) if len(links) > 500 else ()
    columns = (Say("charts.from"), Say("charts.link"), Say("charts.to"))
    return Table(title, columns, rows, notes, Say("charts.no-link"))
