"""The diagram of requirements as SVG: use cases left, what refines them to the right, each link from source to target.

Own and deterministic: the same files give the same bytes, so that a diff of the drawing is a diff of the content.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ninefold.design.requirements.coverage import back_links
from ninefold.kernel.view import View
from ninefold.surface.figure import Figure
from ninefold.surface.layers import Arc, layout
from ninefold.surface.marks import curve
from ninefold.surface.svg import Line, box, clean, drawing, label
from ninefold.surface.table import Table
from ninefold.vocabulary.criterion import CriterionSpec
from ninefold.vocabulary.requirement import LinkRole, RequirementIndex
from ninefold.vocabulary.use_case import UseCaseIndex

WIDTH, GUTTER, GAP, MARGIN = 340, 130, 22, 24
DEEPEST = 6  # columns of requirements; deeper ones share the last
NAME = "nf-requirements"
_Stops: TypeAlias = list[tuple[float, float]]


@dataclass
class _Node:
    id: str
    lines: list[Line]
    column: int
    style: str = ""
    y: float = 0.0
    links: list[tuple[str, LinkRole]] = field(default_factory=list)

    @property
    def height(self) -> float:
        return 18 * len(self.lines) + 16

    @property
    def x(self) -> float:
        return MARGIN + self.column * (WIDTH + GUTTER)

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def diagram(
    requirements: Sequence[RequirementIndex],
    use_cases: Sequence[UseCaseIndex],
    criteria: Iterable[CriterionSpec] = (),
) -> Figure:
    """Return the drawing of requirements, use cases, links and criteria (with their thresholds where given)."""
    requirements = sorted(requirements, key=lambda r: r.id)
    limits = {(c.requirement, c.criterion): f"{c.threshold.op} {c.threshold.value:g}" for c in criteria}
    columns = _columns(requirements)
    nodes = {u.id: _use_case(u, u.id in back_links(requirements)) for u in sorted(use_cases, key=lambda u: u.id)}
    nodes |= {r.id: _requirement(r, columns[r.id], limits) for r in requirements}
    ways = _place(nodes)
    title = "Requirements and use cases"
    rows = tuple((n.id, role, to) for n in nodes.values() for to, role in n.links)
    counts = {"requirements": len(requirements), "criteria": sum(len(r.criteria) for r in requirements)}
    counts |= {"use cases": len(use_cases), "links": len(rows)}
    words = f"Drawn: {', '.join(f'{what} {n}' for what, n in counts.items())}."
    table = Table("Links", ("from", "role", "to"), rows, (words,), "No link.")
    return Figure(title, words, _svg(nodes, ways, title, words), table)


def diagram_of(view: View) -> Figure:
    """Return the drawing of what the files of a view say."""
    indexes = [f.body for f in view.of_kind("index")]
    requirements = [b for b in indexes if isinstance(b, RequirementIndex)]
    use_cases = [b for b in indexes if isinstance(b, UseCaseIndex)]
    return diagram(requirements, use_cases, [f.body for f in view.of_kind("criterion")])


def _columns(requirements: Sequence[RequirementIndex]) -> dict[str, int]:
    """Return 1 for a requirement that refines no other, else one more than the deepest that it refines."""
    columns = {r.id: 1 for r in requirements}
    for _ in range(DEEPEST - 1):
        for r in requirements:
            targets = [columns[link.to] for link in r.links if link.role != "conflicts" and link.to in columns]
            columns[r.id] = min(max([1, *(t + 1 for t in targets)]), DEEPEST)
    return columns


def _use_case(of: UseCaseIndex, demanded: bool) -> _Node:
    lines = [Line(of.title or of.id, "strong"), Line(f"{of.id} \u00b7 {of.stage}", "soft")]
    if not demanded:
        lines.append(Line("no requirement", "warn"))
    return _Node(of.id, lines, 0, "accent" if demanded else "gap")


def _requirement(of: RequirementIndex, column: int, limits: Mapping[tuple[str, str], str]) -> _Node:
    lines = [Line(of.title, "strong"), Line(f"{of.id} \u00b7 {of.type} \u00b7 {of.priority}", "soft")]
    for c in of.criteria:
        limit = limits.get((of.id, c.id), "")
        lines += [Line(f"{c.id} {limit}".rstrip()), Line(", ".join(c.where), "soft", 14)]
    if not of.criteria:
        lines.append(Line("no criterion", "warn"))
    links = [(link.to, link.role) for link in of.links]
    return _Node(of.id, lines, column, "" if of.criteria else "gap", links=links)


def _place(nodes: Mapping[str, _Node]) -> dict[tuple[str, str], _Stops]:
    """Give each box its height on the page, near what it is linked to, and return the way of each long link."""
    arcs = [Arc(to, n.id) for n in nodes.values() for to, _ in n.links if to in nodes]
    found = layout({n.id: n.height for n in nodes.values()}, arcs, GAP, {n.id: n.column for n in nodes.values()})
    for n in nodes.values():
        n.y = MARGIN + found.middle[n.id] - n.height / 2
    ways: dict[tuple[str, str], _Stops] = {}
    for place, bends in found.bends.items():
        lefts = [(MARGIN + column * (WIDTH + GUTTER), round(y + MARGIN)) for column, y in reversed(bends)]
        ways[arcs[place].target, arcs[place].source] = [p for x, y in lefts for p in ((x + WIDTH, y), (x, y))]
    return ways


def _svg(nodes: Mapping[str, _Node], ways: Mapping[tuple[str, str], _Stops], title: str, words: str) -> str:
    width = MARGIN * 2 + WIDTH + max((n.x - MARGIN for n in nodes.values()), default=0) + GUTTER / 2
    low = [y for way in ways.values() for _, y in way]
    height = max([*low, *(n.y + n.height for n in nodes.values())], default=40) + MARGIN
    links = [
        _link(n, nodes[to], role, ways.get((n.id, to), []))
        for n in nodes.values()
        for to, role in n.links
        if to in nodes
    ]
    boxes = [box(n.x, round(n.y), WIDTH, n.height, n.lines, n.style) for n in nodes.values()]
    return drawing(NAME, title, words, width, round(height), links + boxes)


def _link(source: _Node, target: _Node, role: LinkRole, way: _Stops) -> str:
    """Return a curve from a box to what it links to: leftwards between columns, around the right side within one."""
    leftwards = target.column < source.column
    x0, y0 = (source.x if leftwards else source.x + WIDTH), round(source.middle)
    x1, y1 = target.x + WIDTH, round(target.middle)
    bend = x0 - GUTTER / 2 if leftwards else max(x0, x1) + GUTTER / 2
    far = x1 + GUTTER / 2 if leftwards else bend
    path = f"M{x0:g} {y0} C{bend:g} {y0} {far:g} {y1} {x1:g} {y1}"
    at = ((x0 + x1) / 2 if leftwards else x0 + 0.75 * (bend - x0), (y0 + y1) / 2)
    if way and leftwards:
        path = curve([(x0, y0), *way, (x1, y1)])
        at = ((x0 + way[0][0]) / 2, (y0 + way[0][1]) / 2)
    tip = f"{source.id} {role} {target.id}"
    word = label(*at, role) if role != "refines" else ""
    line = f'<path class="link {role}" marker-end="url(#{NAME}-tip)" d="{path}"/>'
    return f"<g><title>{clean(tip)}</title>{line}{word}</g>"
