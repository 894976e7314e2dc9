"""The runner: does one task and records what it found, from which inputs, by which step, in one transaction."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.clock import Clock
from ninefold.kernel.errors import NinefoldError, Refused
from ninefold.kernel.plan import Status, environment_of, facet_key
from ninefold.kernel.progress import Cancel, Progress
from ninefold.kernel.records import Draft, Input, Record, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.steps import Context, Evidence, Result
from ninefold.kernel.view import View

LEASE_S = 3600.0  # of a process that lives; a dead one's lease is void at once


@dataclass
class Runner:
    """Runs tasks one at a time. `failed` collects what could not be done; the others go on."""

    view: View
    store: SqliteStore
    blobs: Blobs
    clock: Clock
    root: Path
    actor: str
    progress: Progress
    cancel: Cancel
    wanted: Callable[[str], bool]
    again: frozenset[str] = frozenset()
    failed: dict[str, NinefoldError] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    reused: int = 0

    def __call__(self, status: Status, before: Mapping[str, Status]) -> Record | None:
        """Run a task and return its record; None when there is nothing to do, it is not wanted, or it failed."""
        if status.state == "fresh" and status.name not in self.again:
            self.reused += 1
            if status.record is not None:
                self._saw.append((status.name, status.record.id))
            return None
        if not self.wanted(status.name):
            return None
        self.cancel.check()
        try:
            record = self._leased(status, before)
        except NinefoldError as error:
            self.cancel.check()
            self.failed[status.name] = error
            return None
        self.done.append(status.name)
        return record

    def __post_init__(self) -> None:
        self._saw: list[tuple[str, str]] = []

    def finish(self) -> None:
        """Note which records were met again; it tells stale from missing later."""
        if self._saw:
            self.store.saw(self._saw)
            self._saw.clear()

    def _leased(self, status: Status, before: Mapping[str, Status]) -> Record | None:
        lease = self.store.lease(status.key, LEASE_S)
        if lease is None:
            raise Refused(f"Another process is running {status.name}.", hint="Wait for it to end, then repeat.")
        try:
            return self._run(status, before)
        finally:
            self.store.release(lease)

    def _run(self, status: Status, before: Mapping[str, Status]) -> Record | None:
        self.progress.say(status.name)
        inputs = self._inputs(status, before)
        rng = np.random.default_rng(int(status.key[:16], 16))
        with tempfile.TemporaryDirectory(prefix="ninefold-") as scratch:
            context = Context(inputs, self.root, self.blobs, self.clock, rng, self.progress, self.cancel, Path(scratch))
            result = status.step.run(status.planned, context)
        return self._record(status, result, inputs)

    def _inputs(self, status: Status, before: Mapping[str, Status]) -> Mapping[str, Evidence]:
        inputs = {}
        for role, name in status.planned.facets.items():
            facet = self.view.facets[name]
            body = msgspec.json.decode(facet.data)[1]["body"]
            inputs[role] = Evidence(name, "", self.view.content(name), facet.record_kind, body)
        for role, name in status.planned.results.items():
            record = before[name].record
            if record is None or record.data is None:
                message = f"{status.name} cannot be repeated: the body of its input {name} was erased."
                raise Refused(message, hint="Restore the data, or leave the step out.")
            inputs[role] = Evidence(name, record.id, record.content, record.kind, record.plain, record.blobs)
        return inputs

    def _record(self, status: Status, result: Result, inputs: Mapping[str, Evidence]) -> Record | None:
        """Put the result and the facets that it consumed; one record of a facet serves all that consume it."""
        key = "" if status.step.kind == "apply" else status.key
        drafts, ids = self._facets(inputs)
        links = tuple(Input(role, ids.get(role, e.id), e.content) for role, e in inputs.items())
        body = _with_subject(result.body, {role: inputs[role].content for role in status.planned.of})
        data = encode(result.kind, body, result.blobs)
        step = f"{status.step.name}@{status.step.version}"
        environment = environment_of(status.step)
        drafts.append(
            Draft(
                result.kind, data, step, self.actor, self.clock.now(), links, environment, key, status.name,
                result.as_of,
            )
        )  # fmt: skip
        record = self.store.get(self.store.put(drafts)[-1])
        if not key:
            return None  # applied: fresh only once the target reports it
        if status.planned.valid_for_s is not None or status.name in self.again:
            return record
        return self.store.current(key)  # another process may have been first: both stay, theirs is current

    def _facets(self, inputs: Mapping[str, Evidence]) -> tuple[list[Draft], dict[str, str]]:
        """Return drafts of the facets that no record holds yet, and the id of every facet by role."""
        drafts: list[Draft] = []
        ids = {}
        facets = {role: e for role, e in inputs.items() if not e.id}
        known = self.store.by_key([facet_key(e.content) for e in facets.values()])
        for role, evidence in facets.items():
            key = facet_key(evidence.content)
            if key in known:
                ids[role] = known[key][0].id
                continue
            ids[role] = f"draft:{len(drafts)}"
            facet = self.view.facets[evidence.name]
            now = self.clock.now()
            draft = Draft(facet.record_kind, facet.data, "files@1", self.actor, now, key=key, name=evidence.name)
            drafts.append(draft)
        return drafts, ids


def _with_subject(body: Any, of: Mapping[str, str]) -> Any:
    """Return a body with the contents of its subject filled in."""
    if not of:
        return body
    if isinstance(body, msgspec.Struct):
        return msgspec.structs.replace(body, of=dict(of))
    return {**body, "of": dict(of)}
