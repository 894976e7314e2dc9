"""The diagram as the workbench draws it: use cases, the requirements that serve them, each with its state and a link.

The drawing for files (`diagram.py`) carries its own style and shows every criterion; a page's policy forbids the first,
and thousands of requirements forbid the second.
"""

import msgspec

from ninefold.design.requirements.listing import indexes
from ninefold.design.requirements.standing import judged, standings, worst
from ninefold.kernel.plan import Plan
from ninefold.kernel.view import View
from ninefold.surface.figure import Figure
from ninefold.surface.graph import Link, Node, graph
from ninefold.surface.words import Say, term, told, worded
from ninefold.vocabulary.use_case import UseCaseIndex


def requirement_graph(view: View, plan: Plan) -> Figure:
    """Return the graph from use cases to the requirements that refine them; what leads nowhere is left out."""
    requirements = indexes(view)
    cases = [f.body for f in view.of_kind("index") if isinstance(f.body, UseCaseIndex)]
    stand = standings(view, plan)
    nodes = [
        Node(u.id, u.title or u.id, worded(term("use-cases.stage-", u.stage)), "", f"/use-cases/{u.id}") for u in cases
    ]
    for r in requirements:
        state = worst(s.state for s in judged(stand.get(r.id, [])))
        nodes.append(Node(r.id, r.title, f"{r.priority}, {len(r.criteria)}", state, f"/requirements/{r.id}"))
    known = {n.id for n in nodes}
    links = [
        Link(link.to, r.id, "" if link.role == "refines" else link.role)
        for r in requirements
        for link in r.links
        if link.to in known and link.to != r.id
    ]
    title, spoken = told("requirements.title-diagram"), told("requirements.drawn-n", n=len(nodes))
    more = told("trace.graph-more", n="{n}")
    found = graph("requirements", title, spoken, nodes, links, more=more, more_href="/requirements/matrix")
    return msgspec.structs.replace(
        found, title=Say("requirements.diagram"), description=Say("requirements.drawn-n", {"n": len(nodes)})
    )
