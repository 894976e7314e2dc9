"""Which table of evidence a name means, and its columns, read from the blob and checked against its digest."""

from collections.abc import Sequence
from typing import Any

from ninefold.api.frames import to_frame
from ninefold.bundle.tables import read_parquet
from ninefold.kernel.blobs import digest_of
from ninefold.kernel.errors import InvalidInput, NotFound, Refused, VerificationError
from ninefold.kernel.plan import Plan
from ninefold.kernel.records import Record
from ninefold.surface.session import Session
from ninefold.vocabulary.columns import Array

KINDS = ("dataset", "features", "labels")
TIMES = frozenset({"t", "t_start"})  # of features and labels
RECIPE = "recipe:"


def read_data(session: Session, name: str, columns: Sequence[str] | None, library: str | None) -> Any:
    """Return the table that a name means as a DataFrame; see `Project.data`."""
    plan = session.status()
    chosen = _task(session, plan, name)
    if chosen.startswith(RECIPE):
        recipe = chosen.removeprefix(RECIPE)
        found, times = _columns(session, plan, f"features:{recipe}")
        if f"labels:{recipe}" in plan:  # row for row in the same order
            labels, _ = _columns(session, plan, f"labels:{recipe}")
            found = found | {n: a for n, a in labels.items() if n not in found}
    else:
        found, times = _columns(session, plan, chosen)
    if columns is not None:
        if unknown := [c for c in columns if c not in found]:
            hint = f"It has: {', '.join(list(found)[:20])}."
            raise NotFound(f"{name} has no column {unknown[0]!r}.", hint=hint)
        found = {c: found[c] for c in columns}
    return to_frame(found, times, library)


def _task(session: Session, plan: Plan, name: str) -> str:
    """Return the task, or recipe:NAME, that a name means."""
    if name.startswith(RECIPE) and f"features:{name.removeprefix(RECIPE)}" in plan:
        return name
    kind, _, rest = name.partition(":")
    if rest and kind in KINDS and (name in plan or session.store.latest(name) is not None):
        return name
    known = [n for n in plan.statuses if n.partition(":")[0] in KINDS]
    matches = [n for n in known if n.partition(":")[2] == name]
    if session.store.latest(f"dataset:{name}") is not None and f"dataset:{name}" not in matches:
        matches.insert(0, f"dataset:{name}")
    if len(matches) == 1:
        return matches[0]
    if matches:
        hint = f"Use one of: {', '.join(matches)}, {RECIPE}{name}."
        raise InvalidInput(f"{name} is the name of {len(matches)} tables.", hint=hint)
    listed = f"Use one of: {', '.join(known[:8])}." if known else "Write a recipe, or add data: add_data(...)."
    raise NotFound(f"No table is called {name}.", hint=listed)


def _columns(session: Session, plan: Plan, task: str) -> tuple[dict[str, Array], frozenset[str]]:
    record = _fresh(session, plan, task)
    if record.data is None:
        raise Refused(f"The content of {task} was erased.", hint="Add the data again, or leave it out.")
    body = record.plain
    path = session.blobs.get(body["parquet"])
    if digest_of(path) != body["parquet"]:
        raise VerificationError(f"The table of {task} was altered on disk.", hint=f"Run it again: {task}.")
    moments = {c["name"] for c in body["columns"] if c["type"] == "time"} if task.startswith("dataset:") else TIMES
    return read_parquet(path), frozenset(moments)


def _fresh(session: Session, plan: Plan, task: str) -> Record:
    """Return the current record of a task; of a dataset that no recipe reads, the one observed last."""
    if task not in plan:
        latest = session.store.latest(task)
        assert latest is not None  # noqa: S101 - the name was resolved through this record
        return latest
    found = plan[task]
    if found.state == "fresh" and found.record is not None:
        return found.record
    if found.last is None:
        session.ask(task)  # tells why there is none, and what to do
    hint = f'Bring it up to date: update("{task}").'
    raise Refused(f"{task} is {found.state}: {found.reason}.", hint=hint)
