"""What is wrong between requirements: links that lead nowhere or in a circle, and one uuid for two requirements."""

from collections.abc import Iterator, Mapping

from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import Problem
from ninefold.kernel.view import Facet
from ninefold.vocabulary.requirement import RequirementIndex

_ONE_WAY = {"refines", "derives", "depends"}  # a conflict is mutual, hence never a circle


def link_problems(facets: Mapping[str, Facet]) -> Iterator[Problem]:
    """Yield the problems of all links and uuids, each at its line in the file that has it."""
    indexes = sorted((f for f in facets.values() if f.kind == "index" and _is_requirement(f)), key=lambda f: f.name)
    known = {name.partition("#")[0] for name in facets if name.endswith("#index")}
    owners: dict[str, str] = {}
    edges: dict[str, list[tuple[str, int]]] = {}
    for facet in indexes:
        body: RequirementIndex = facet.body
        first = owners.setdefault(body.uuid, body.id)
        if first != body.id:
            yield _problem(facet, "uuid", f"{first} has the same uuid.", "Give the newer requirement a new one.")
        for number, link in enumerate(body.links):
            if link.to not in known:
                yield _dangling(facet, number, link.to, known)
            elif link.role in _ONE_WAY and link.to.startswith("REQ-"):
                edges.setdefault(body.id, []).append((link.to, number))
    for circle in circles({id: [to for to, _ in links] for id, links in edges.items()}):
        after = circle[1 % len(circle)]
        number = next(n for to, n in edges[circle[0]] if to == after)
        message = f"The links lead in a circle: {' -> '.join([*circle, circle[0]])}."
        yield _problem(facets[f"{circle[0]}#index"], f"links[{number}].to", message, "Remove one of these links.")


def _is_requirement(facet: Facet) -> bool:
    return isinstance(facet.body, RequirementIndex)


def _dangling(facet: Facet, number: int, to: str, known: set[str]) -> Problem:
    kind = to.partition("-")[0] + "-"
    alike = sorted(id for id in known if id.startswith(kind))
    message = f"There is no {to!r}, or its file cannot be read."
    return _problem(facet, f"links[{number}].to", message, nearest(to, alike) if len(alike) < 1000 else "")


def _problem(facet: Facet, field: str, message: str, hint: str) -> Problem:
    return Problem(facet.file, facet.places.get(field, facet.line), field, message, hint)


def circles(edges: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """Yield circles of a directed graph until none is left, each beginning at its smallest node.

    Circles that share a node with one already told are not told again: removing a link comes first.
    """
    targets = {node: {t for t in to if t in edges} for node, to in edges.items()}
    while _strip(targets):
        walked: dict[str, int] = {}
        node = min(targets)
        while node not in walked:
            walked[node] = len(walked)
            node = min(targets[node])
        circle = list(walked)[walked[node] :]
        start = circle.index(min(circle))
        yield circle[start:] + circle[:start]
        for node in circle:
            del targets[node]
        for to in targets.values():
            to.difference_update(circle)


def _strip(targets: dict[str, set[str]]) -> bool:
    """Remove, in place, every node from which no circle can be reached; return whether any node is left."""
    sources: dict[str, list[str]] = {}
    for node, to in targets.items():
        for target in to:
            sources.setdefault(target, []).append(node)
    ends = [node for node, to in targets.items() if not to]
    while ends:
        end = ends.pop()
        del targets[end]
        for node in sources.get(end, ()):
            if node in targets:
                targets[node].discard(end)
                if not targets[node]:
                    ends.append(node)
    return bool(targets)
