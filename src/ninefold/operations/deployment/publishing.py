"""From a rollout that is recorded to what a device fetches: a signed bundle file, and the reference that names it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from ninefold.bundle.evidence import excerpt
from ninefold.bundle.file import write_file
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.clock import Clock, SystemClock
from ninefold.kernel.decisions import record_use, sign_body
from ninefold.kernel.errors import InvalidInput, NotFound, Refused
from ninefold.kernel.people import People
from ninefold.kernel.plan import Plan, Status
from ninefold.kernel.records import Draft, Record, encode
from ninefold.kernel.signing import SigningKey
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.deployment.release import counter_of, roots_of
from ninefold.vocabulary.desired import DESIRED, Acceptance, Desired, Published, reference_of
from ninefold.vocabulary.takeover import TAKEOVER, TakeOver

STEP = "publish@1"


class Deployed(NamedTuple):
    """What one target gets from now on."""

    target: str
    bundle: str  # digest of the payload
    version: int
    record: str


def publish(
    plan: Plan, store: SqliteStore, blobs: Blobs, deployment: str, key: SigningKey, clock: Clock | None = None
) -> list[Deployed]:
    """Sign the bundle of a deployment and let its targets fetch it; what they have already is left as it is.

    The rollout's tasks must have run, and their gate, the approval, must be open.

    Raises:
        NotFound: there is no such deployment.
        Refused: a task is blocked or has not run for what is wanted now, or the uses of its approval are used up.
    """
    done = []
    for status in tasks_of(plan, deployment):
        record = _current(status, store)
        desired = record.body(Desired)
        approval = _approval(plan, desired.model)
        record_use(
            store, approval.id, desired.bundle.content, f"key-{key.public.id[:16]}", (clock or SystemClock()).now()
        )
        roots = {"bundle": desired.bundle.record, **roots_of(plan, store, desired.model, approval)}
        file, size, version = _file(store, blobs, desired, approval.id, roots, key)
        _point(store, desired.target, Published(record.id, status.key, file, size))
        done.append(Deployed(desired.target, desired.bundle.digest, version, record.id))
    return done


def tasks_of(plan: Plan, deployment: str) -> list[Status]:
    """Return the rollout tasks of a deployment, by target.

    Raises:
        NotFound: there is no such deployment.
    """
    names = sorted(n for n in plan.statuses if n.startswith(f"rollout:{deployment}/"))
    if not names:
        known = sorted({n.partition(":")[2].rpartition("/")[0] for n in plan.statuses if n.startswith("rollout:")})
        hint = f"Use one of: {', '.join(known)}." if known else "Write deployments/NAME.yaml."
        raise NotFound(f"No deployment is called {deployment}.", hint=hint)
    return [plan[name] for name in names]


def _current(status: Status, store: SqliteStore) -> Record:
    """Return the record of a task that was made from what is wanted now."""
    if status.state == "blocked":
        raise Refused(f"{status.name} is blocked: {status.reason}", hint=f"Run: {status.command or 'ninefold status'}.")
    # a run that meets the task fresh notes the device's report under its name, so the newest record is not always ours
    record = next((r for r in store.records_of(status.name) if r.kind == DESIRED), None)
    contents = status.contents or {}
    if status.waits or record is None or {i.role: i.content for i in record.inputs} != dict(contents):
        raise Refused(f"{status.name} has not run for what is wanted now.", hint=f"Run: ninefold run {status.name}.")
    return record


def _approval(plan: Plan, model: str) -> Record:
    found = plan[f"approval:{model}"].record
    if found is None:
        raise Refused(f"The model {model} is not approved.", hint=f"Run: ninefold sign approval:{model}.")
    return found


def _file(
    store: SqliteStore, blobs: Blobs, desired: Desired, approval: str, roots: Mapping[str, str], key: SigningKey
) -> tuple[str, int, int]:
    """Return digest, size and version of a bundle's signed file; the same bundle and approval give the same one."""
    name = f"bundle-file/{desired.bundle.digest}/{approval}/{key.public.id}"
    known = store.reference(name)
    if known is not None:
        file, size, version = msgspec.json.decode(known, type=tuple[str, int, int])
        return file, size, version
    counter = counter_of(desired.model)
    last = store.reference(counter)
    version = int(last or 0) + 1
    payload = blobs.read(desired.bundle.digest)
    evidence = excerpt(store, roots)
    data = write_file(payload, evidence, version, [key])
    store.set_reference(counter, str(version), last)
    file = blobs.put(data)
    store.set_reference(name, msgspec.json.encode((file, len(data), version)).decode(), None)
    return file, len(data), version


def _point(store: SqliteStore, target: str, published: Published) -> None:
    name = reference_of(target)
    store.set_reference(name, msgspec.json.encode(published).decode(), store.reference(name))


def order(store: SqliteStore, target: str, command: str, actor: str, clock: Clock) -> str:
    """Tell a target to go back or to stop, and return the id of the record. No gate can block this.

    Raises:
        NotFound: the target was never told to run anything.
        Refused: the command is neither rollback nor stop.
    """
    if command not in {"rollback", "stop"}:
        raise Refused(f"{command!r} is no order.", hint="Use rollback or stop.")
    published = _published(store, target)
    desired = store.get(published.record).body(Desired)
    body = msgspec.structs.replace(desired, command=command, accepted=())
    return _republish(store, published, body, actor, clock)


def accept(
    store: SqliteStore, target: str, criteria: Sequence[str], key: SigningKey, reason: str, until: int, clock: Clock
) -> str:
    """Let a target become active although criteria (REQ/ID) are insufficient there: a named person answers for them.

    Each is signed as a record of its own; returns the id of the new desired document.

    Raises:
        NotFound: the target was never told to run anything.
        Refused: nobody with the role approver has this key, or the rollout requires no such criterion.
        InvalidInput: there is no reason, or the end (µs UTC) has passed.
    """
    published, now = _published(store, target), clock.now()
    desired = store.get(published.record).body(Desired)
    person = People(store).by_public_key(key.public)
    if person is None or "approver" not in person.roles:
        message = f"Nobody with the role approver is entered with the key {key.public.id[:12]}."
        raise Refused(message, hint="Enter yourself with: ninefold people add NAME --role approver --key PATH.")
    if not reason.strip() or until <= now:
        raise InvalidInput("A take-over needs a reason, and an end that is to come.", hint="Give both.")
    known = sorted(c.name for c in desired.criteria)
    if unknown := sorted(set(criteria) - set(known)):
        hint = f"Use one of: {', '.join(known) or 'none'}."
        raise Refused(f"The rollout to {target} requires no {unknown[0]}.", hint=hint)
    inputs = store.get(published.record).inputs
    drafts = []
    for name in criteria:
        body = sign_body(TakeOver(target, desired.bundle.digest, name, until, person.key, reason), key, "takeover")
        data = encode(TAKEOVER, body)
        link = tuple(i for i in inputs if i.role in {"bundle", f"criterion:{name}"})
        drafts.append(Draft(TAKEOVER, data, STEP, person.key, now, link, until=until, name=f"takeover:{target}/{name}"))
    taken = tuple(Acceptance(n, id, until) for n, id in zip(criteria, store.put(drafts), strict=True))
    wanted = msgspec.structs.replace(desired, accepted=(*desired.accepted, *taken))
    return _republish(store, published, wanted, person.key, clock)


def retry(store: SqliteStore, target: str, actor: str, clock: Clock) -> str:
    """Let a target try again what it gave up, and return the id of the record.

    Raises:
        NotFound: the target was never told to run anything.
    """
    published = _published(store, target)
    desired = store.get(published.record).body(Desired)
    body = msgspec.structs.replace(desired, again=desired.again + 1, command="")
    return _republish(store, published, body, actor, clock)


def _published(store: SqliteStore, target: str) -> Published:
    value = store.reference(reference_of(target))
    if value is None:
        raise NotFound(f"{target} was never told to run anything.", hint="Deploy to it: ninefold deploy NAME.")
    return msgspec.json.decode(value, type=Published)


def _republish(store: SqliteStore, published: Published, body: Desired, actor: str, clock: Clock) -> str:
    before = store.get(published.record)
    draft = Draft(DESIRED, encode(DESIRED, body), STEP, actor, clock.now(), before.inputs)
    [id] = store.put([draft])
    _point(store, body.target, msgspec.structs.replace(published, record=id))
    return id
