"""Why a task is not fresh, in words of the reader's language where the plan says it by its parts."""

from ninefold.kernel.plan import Plan, Status
from ninefold.surface.words import Say, Text, quote

_APPROVAL = "approval:"


def reason(status: Status, plan: Plan) -> Text:
    """Return why a task stands as it does, in a few words; "" when it is fresh."""
    if status.state == "fresh":
        return ""
    if status.state == "blocked":
        return _blocked(status)
    if status.waits:
        waits = not_fresh(status, plan)
        return _listed("reasons.waits", "reasons.waits-more", waits) if waits else quote(status.reason)
    if changed := changes(status):
        return _listed("reasons.changed", "reasons.changed-more", changed)
    if status.state == "missing" and not status.reason:
        return Say("reasons.never-run")
    return quote(status.reason)


def changes(status: Status) -> list[str]:
    """Return which facets and tasks are not those of the record that a task last had; nothing while it waits."""
    if status.contents is None or status.older is None or status.task is None or status.step.kind == "apply":
        return []
    before = {i.role: i.content for i in status.older.inputs}
    names = {**status.task.facets, **status.task.results}
    return [names[r] for r, content in status.contents.items() if before.get(r) != content]


def not_fresh(status: Status, plan: Plan) -> list[str]:
    """Return the inputs and gates that a task waits for."""
    if status.task is None:
        return []
    names = [*status.task.results.values(), *status.task.gates]
    return [n for n in names if n in plan and plan[n].state != "fresh"]


def cause(status: Status, plan: Plan) -> Status:
    """Return the task at which the waiting of a task begins: its own, or the first before it that does not wait."""
    met: set[str] = set()
    while status.waits and status.name not in met:
        met.add(status.name)
        before = not_fresh(status, plan)
        if not before:
            break
        status = plan[before[0]]
    return status


def _blocked(status: Status) -> Text:
    root = status.roots[0] if status.roots else status.name
    if root.startswith(_APPROVAL):
        return Say("reasons.unsigned", {"model": root.removeprefix(_APPROVAL)})
    return quote(status.reason)


def _listed(one: str, more: str, names: list[str]) -> Say:
    if len(names) == 1:
        return Say(one, {"name": names[0]})
    return Say(more, {"name": names[0], "n": len(names) - 1})
