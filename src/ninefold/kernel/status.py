"""Status: a function of (view, store, now). It plans the steps in order and looks each task's key up; it asks no clock.

The same walk brings a project up to date: with `execute`, a task that could run is run where it is met, so that what
comes after it sees the new result. Without, nothing is written.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from ninefold.kernel.errors import NinefoldError
from ninefold.kernel.plan import Plan, Status, in_order, key_of
from ninefold.kernel.records import Record
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.steps import Answer, Blocked, Step, Task
from ninefold.kernel.view import View

Execute = Callable[[Status, Mapping[str, Status]], Record | None]


def status(steps: Sequence[Step], view: View, store: SqliteStore, execute: Execute | None = None) -> Plan:
    """Return the status of every task of a view.

    `execute` is given each task that could be run, with the statuses before it, and returns its record, or None to
    leave it as it is. It decides; a fresh one needs no run.
    """
    walk = _Walk(view, store, execute)
    for step in in_order(steps):
        walk.plan(step)
    return Plan(walk.done.values())


class _Walk:
    """One pass over the steps; `done` holds the statuses so far, inputs first."""

    def __init__(self, view: View, store: SqliteStore, execute: Execute | None) -> None:
        self.view = view
        self.store = store
        self.execute = execute
        self.done: dict[str, Status] = {}

    def plan(self, step: Step) -> None:
        waiting: dict[str, Task] = {}
        for item in step.plan(self.view, self.ask):
            if isinstance(item, Blocked):
                self._settle(Status(item.name, step, "blocked", None, item.reason, item.command, roots=(item.name,)))
            elif item.name in waiting or item.name in self.done:
                raise NinefoldError(f"Two tasks are called {item.name}.", hint="Rename one of their files.")
            else:
                waiting[item.name] = item
        while waiting:
            ready = [t for t in waiting.values() if not waiting.keys() & {*t.results.values(), *t.gates, t.provisional}]
            if not ready:
                raise NinefoldError(f"The tasks {', '.join(sorted(waiting))} need one another in a circle.")
            self._wave(step, ready)
            for task in ready:
                del waiting[task.name]

    def ask(self, name: str) -> Answer:
        """Tell a plan how a task stands that is already planned."""
        found = self.done.get(name)
        if found is None or found.last is None:
            return Answer(fresh=False, body=None)
        return Answer(fresh=found.state == "fresh", body=found.last.plain)

    def _wave(self, step: Step, tasks: Sequence[Task]) -> None:
        """Settle tasks whose inputs are all settled; their keys are looked up together."""
        prepared = [self._prepare(step, task) for task in tasks]
        keys = [s.key for s in prepared if s.key]
        found = self.store.by_key(keys) if keys else {}
        for before in prepared:
            after = self._look(before, found.get(before.key, [])) if before.key else before
            after = self._gate(self._explain(after))
            if self.execute and after.ready:
                record = self.execute(after, self.done)
                if record is not None:
                    after = after.but("fresh", "", record=record, older=None, command="")
            self._settle(after)

    def _settle(self, found: Status) -> None:
        self.done[found.name] = found

    def _prepare(self, step: Step, task: Task) -> Status:
        """Return the task with its key, or blocked, or waiting."""
        start = Status(task.name, step, "missing", task)
        absent = [f for f in task.facets.values() if f not in self.view.facets]
        if absent:
            return start.but("blocked", self._absent(absent[0]), roots=(task.name,), command="ninefold check")
        upstream = [self.done.get(n) for n in (*task.results.values(), *filter(None, [task.provisional]))]
        unplanned = [n for n, s in zip(task.results.values(), upstream, strict=False) if s is None]
        if unplanned:
            reason = f"{unplanned[0]} is not planned: no file describes it."
            return start.but("blocked", reason, roots=(task.name,), command="ninefold check")
        blocked = [s for s in upstream if s is not None and s.state == "blocked"]
        if blocked:
            first = blocked[0]
            roots = tuple(dict.fromkeys(r for s in blocked for r in s.roots))
            return start.but("blocked", _rooted(first), roots=roots, command=first.command)
        waits = [s.name for s in upstream if s is not None and s.state != "fresh"]
        if waits:
            return start.but("missing", f"waits for {_listed(waits)}", waits=True, command="ninefold run")
        contents = {role: self.view.content(name) for role, name in task.facets.items()}
        for role, name in task.results.items():
            record = self.done[name].record
            if record is None:
                raise NinefoldError(f"{name} is fresh without a record.")
            contents[role] = record.content
        return start.but("missing", "", key=key_of(step, task, contents), contents=contents)

    def _absent(self, facet: str) -> str:
        name = facet.partition("#")[0]
        for problem in self.view.problems:
            if name.partition(":")[2] in problem.file or name in problem.file:
                return str(problem)
        return f"{facet} is in no file of this project."

    def _look(self, found: Status, records: Sequence[Record]) -> Status:
        """Return the status of a task whose inputs are there, from the records under its key."""
        kind = found.step.kind
        if kind == "apply":
            return self._reported(found)
        if kind == "decide":
            return self._decided(found, records)
        pin = self.view.pins.get(found.key)
        if pin is not None:
            chosen = next((r for r in records if r.id == pin), None)
            if chosen is None:
                reason = (
                    f"ninefold.lock chooses the record {pin[:12]}, which is not in this store: bring the store that"
                )
                reason += " has it, or delete the line"
                return found.but("blocked", reason, roots=(found.name,))
        elif found.task is not None and found.task.valid_for_s is not None:
            chosen = records[-1] if records else None
        else:
            chosen = records[0] if records else None
        if chosen is None:
            return found.but("missing", "", command=f"ninefold run {found.name}")
        if found.task is not None and found.task.valid_for_s is not None:
            age_s = (self.view.now - chosen.as_of) / 1e6
            if age_s >= found.task.valid_for_s:
                reason = f"observed {_ago(age_s)} ago, valid for {_ago(found.task.valid_for_s)}"
                return found.but("stale", reason, older=chosen, command=f"ninefold run {found.name}")
        notes = ("its body was erased",) if chosen.data is None else ()
        return found.but("fresh", "", record=chosen, notes=notes)

    def _decided(self, found: Status, records: Sequence[Record]) -> Status:
        accepts = getattr(found.step, "accepts", None)  # whether it is signed, when the step asks for that
        live = [r for r in records if not (r.until and r.until <= self.view.now) and not self.store.revoked(r.id)]
        live = [r for r in live if accepts is None or accepts(r)]
        if live:
            return found.but("fresh", "", record=live[0])
        standing = getattr(found.step, "standing", None)
        if standing is not None and (record := standing(found, self.view, self.store, self.done)) is not None:
            return found.but("fresh", "", record=record, notes=("covered by a standing approval",))
        reason = "needs the signature of a named person"
        if records:
            reason += "; the one that was given has expired or was revoked"
        command = getattr(found.step, "command", "ninefold sign {name}").format(name=found.name)
        return found.but("blocked", reason, roots=(found.name,), command=command)

    def _reported(self, found: Status) -> Status:
        """Compare what a target reported last with what is wanted: the key."""
        target = str((found.task.params or {}).get("target", found.name)) if found.task else found.name
        record = self.store.reported(target)
        body = record.plain if record is not None and record.data is not None else {}
        if record is not None and body.get("desired") == found.key and body.get("stage") == "active":
            return found.but("fresh", "", record=record)
        if record is None:
            return found.but("missing", f"{target} has reported nothing yet", command=f"ninefold run {found.name}")
        stage = body.get("stage", "unknown")
        wanted = "what is wanted" if body.get("desired") == found.key else "another bundle"
        reason = f"{target} reports {wanted} in stage {stage}"
        return found.but("stale", reason, older=record, command=f"ninefold run {found.name}")

    def _explain(self, found: Status) -> Status:
        """Tell stale from missing, and say what changed."""
        if found.state == "fresh" or (found.state == "stale" and found.older is not None):
            return found
        older = self.store.latest(found.name)
        if older is None or found.state == "blocked":
            return found if older is None else found.but(found.state, found.reason, older=older)
        reason = found.reason if found.waits else self._difference(found, older)
        return found.but("stale", reason, older=older)

    def _difference(self, found: Status, older: Record) -> str:
        """Return which inputs are not those of the record that the task last had."""
        contents = found.contents or {}
        before = {i.role: i.content for i in older.inputs}
        names = {**found.planned.facets, **found.planned.results}
        changed = [names[r] for r, content in contents.items() if before.get(r) != content]
        gone = [r for r in before if r not in contents]
        if changed:
            return f"{_listed(changed)} changed"
        if gone:
            return f"the input {_listed(gone)} is gone"
        now = f"{found.step.name}@{found.step.version}"
        return f"made by {older.step}, now {now}" if older.step != now else "its parameters or engines changed"

    def _gate(self, found: Status) -> Status:
        """Close a task whose gates are not open, even when its record is there."""
        if found.task is None or found.state == "blocked":
            return found
        for name in found.task.gates:
            gate = self.done.get(name)
            if gate is None:
                reason = f"the gate {name} is not planned"
                return found.but("blocked", reason, roots=(found.name,), command="ninefold check")
            if gate.state == "blocked":
                return found.but("blocked", _rooted(gate), roots=gate.roots, command=gate.command)
            if gate.state != "fresh":
                return found.but("stale" if found.last else "missing", f"waits for {name}", waits=True)
            closed = getattr(gate.step, "closed", None)
            reason = closed(gate.record) if closed is not None else ""
            if reason:
                return found.but("blocked", reason, roots=(name,), command=f"ninefold show {name}")
        return found


def _rooted(first: Status) -> str:
    root = first.roots[0] if first.roots else first.name
    return first.reason if root in first.reason else f"{root}: {first.reason}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _ago(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def counts(plan: Plan) -> Iterator[tuple[str, int]]:
    """Yield how many tasks stand in each state."""
    for state in ("fresh", "stale", "missing", "blocked"):
        yield state, len([s for s in plan.statuses.values() if s.state == state])
