"""Who else a requirement binds, and the way from its sentence to the machines; both read off a plan."""

from collections.abc import Sequence

from ninefold.kernel.plan import Plan
from ninefold.kernel.view import View
from ninefold.surface.blocks import Facts, Panel, Trail, Words
from ninefold.surface.cells import Ref, RefKind
from ninefold.surface.words import Say, Text


def bound_panel(plan: Plan, id: str) -> Panel:
    """Return which tasks enforce a requirement, by place."""
    found: dict[str, dict[str, list[str]]] = {}
    for status in plan.statuses.values():
        place = _BINDS.get(status.name.partition(":")[0])
        facets = status.task.facets.values() if status.task is not None else ()
        mine = sorted({f.partition("/")[2] for f in facets if f.startswith(f"{id}#criterion/")})
        if place and mine:
            found.setdefault(place, {})[status.name] = mine
    items = tuple(
        (
            Say(f"requirements.binds-{place}"),
            Ref("task", name, name.partition(":")[2].partition("/REQ-")[0]),
            ", ".join(names),
        )
        for place in dict.fromkeys(_BINDS.values())
        for name, names in list(found.get(place, {}).items())[:12]
    )
    block = Facts("", items) if items else Words(Say("requirements.binds-nobody"), "note")
    return Panel(Say("requirements.binds"), (block,))


_BINDS = {
    "label-need": "data", "operating-point": "model", "verdict": "gate", "approval": "gate", "monitor": "monitor",
    "bundle": "device", "rollout": "device",
}  # fmt: skip
_WAY: tuple[tuple[str, str, RefKind], ...] = (
    ("availability", "data-check", "need"), ("features", "rows", "recipe"), ("model", "model", "model"),
    ("verdict", "verdicts", "validation"), ("approval", "approval", "task"), ("rollout", "device", "device"),
)  # fmt: skip


def trail_panel(view: View, plan: Plan, id: str) -> Panel:
    """Return the way from the sentence to the machines, a box for each kind of task on it."""
    verdicts = [n for n in plan.statuses if n.startswith("verdict:") and f"/{id}/" in n]
    near = plan.before(verdicts) | plan.after(verdicts) | _served(view, plan, id)
    boxes: list[tuple[Ref, Text, Text]] = [
        (Ref("requirement", id, part="criteria"), Say("requirements.sentence"), id.removeprefix("REQ-"))
    ]
    for step, word, kind in _WAY:
        names = [n for n in plan.statuses if n in near and n.partition(":")[0] == step]
        shown = names[: 3 if step == "rollout" else 1]
        boxes += [(_leads(kind, n), Say(f"requirements.way-{word}"), _line(plan, names, n)) for n in shown]
    return Panel(Say("requirements.trail"), (Trail(Say("requirements.trail"), tuple(boxes), 0),))


def _served(view: View, plan: Plan, id: str) -> set[str]:
    index = view.facets.get(f"{id}#index")
    links = getattr(index.body, "links", ()) if index is not None else ()
    return {n for link in links if (n := f"availability:{link.to}") in plan}


def _leads(kind: RefKind, name: str) -> Ref:
    subject = name.partition(":")[2]
    if kind == "validation":
        return Ref(kind, subject.partition("/")[0])
    if kind == "device":
        return Ref(kind, subject.rpartition("/")[2])
    return Ref("task", name) if kind == "task" else Ref(kind, subject)


def _line(plan: Plan, names: Sequence[str], name: str) -> Text:
    subject = name.partition(":")[2]
    if name.startswith("verdict:"):
        fresh = sum(plan[n].state == "fresh" for n in names)
        return Say("requirements.way-fresh", {"n": fresh, "all": len(names)})
    short = subject.rpartition("/")[2]
    return short if plan[name].state == "fresh" else Say(f"requirements.way-is-{plan[name].state}", {"name": short})
