"""The approval of a model as a step: a decision of a named person on its bundle and on every planned verdict."""

from collections.abc import Iterable, Mapping

from ninefold.development.validation.coverage import Candidate, Subject, covers
from ninefold.development.validation.planning import models, verdict_names
from ninefold.kernel.decisions import signed_approval, uses_of
from ninefold.kernel.errors import Refused, VerificationError
from ninefold.kernel.plan import Status
from ninefold.kernel.records import Record
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.steps import Ask, Blocked, Context, Kind, Result, Task
from ninefold.kernel.view import View
from ninefold.vocabulary.approval import APPROVAL
from ninefold.vocabulary.criterion import Outcome

PREFIX = "approval:"


class ApprovalStep:
    """Plans `approval:MODEL`; only a signature, or a standing approval, makes it fresh."""

    name = "approval"
    version = "1"
    kind: Kind = "decide"
    consumes = frozenset({"bundle", "verdict"})
    produces = frozenset({"approval"})
    environment: tuple[str, ...] = ()
    command = "ninefold sign {name}"

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:  # noqa: ARG002 - the contract of a step
        """Return one task a model: its bundle, and the verdict on each criterion that is judged before it ships."""
        for model in models(view):
            verdicts = verdict_names(view, model)
            if not verdicts:
                yield Blocked(f"{PREFIX}{model}", f"no requirement sets a criterion for {model}", "ninefold check")
                continue
            results = {"bundle": f"bundle:{model}", **verdicts}
            yield Task(f"{PREFIX}{model}", results=results)

    def run(self, task: Task, ctx: Context) -> Result:  # noqa: ARG002 - the contract of a step
        """Refuse: no machine signs.

        Raises:
            Refused: always.
        """
        raise Refused(f"{task.name} needs a named person.", hint=f"Run: {self.command.format(name=task.name)}.")

    def accepts(self, record: Record) -> bool:
        """Return whether the record under the key is a signed approval of exactly what its key names."""
        if record.kind != APPROVAL or record.data is None:
            return False
        try:
            approval = signed_approval(record)
        except VerificationError:
            return False
        return approval.contents == {i.role: i.content for i in record.inputs}

    def standing(self, found: Status, view: View, store: SqliteStore, done: Mapping[str, Status]) -> Record | None:
        """Return the standing approval that covers a task, the oldest first; None when none does."""
        if found.contents is None:
            return None
        standing = [c for c in candidates(store) if c.approval.decision == "standing"]
        coverage = covers(standing, subject_of(found, view, done))
        return store.get(coverage.approval) if coverage.covered else None


def subject_of(found: Status, view: View, done: Mapping[str, Status]) -> Subject:
    """Return what an approval of a task has to cover; `done` holds the tasks before it."""
    model = found.name.removeprefix(PREFIX)
    return Subject(model, found.contents or {}, facets_before(found, view, done), outcomes_of(found, done), view.now)


def candidates(store: SqliteStore) -> list[Candidate]:
    """Return the approvals of a store that are signed and not revoked, the oldest first."""
    found = []
    for record in reversed(store.of_kind(APPROVAL)):
        if record.data is None or store.revoked(record.id):
            continue
        try:
            approval = signed_approval(record)
        except VerificationError:
            continue  # `ninefold verify-store` names it; here it opens nothing
        found.append(Candidate(record.id, approval, uses_of(store, record.id)))
    return found


def facets_before(found: Status, view: View, done: Mapping[str, Status]) -> dict[str, str]:
    """Return every facet (name -> content) that a task comes from: recipe, model file, criteria, contract."""
    names: set[str] = set()
    todo = list(found.planned.results.values())
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        status = done.get(name)
        if name in seen or status is None or status.task is None:
            continue
        seen.add(name)
        names |= set(status.task.facets.values())
        todo += status.task.results.values()
    return {name: view.content(name) for name in sorted(names) if name in view.facets}


def outcomes_of(found: Status, done: Mapping[str, Status]) -> dict[str, Outcome]:
    """Return the outcome of each verdict of a task; one that is not there counts as insufficient."""
    result: dict[str, Outcome] = {}
    for role, name in found.planned.results.items():
        if role != "bundle":
            status = done.get(name)
            record = None if status is None else status.record
            result[role] = "insufficient" if record is None or record.data is None else record.plain["outcome"]
    return result
