"""How a model stands before its signature: its criteria, what is open, what keeps it, and what people signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ninefold.development.validation.approval import PREFIX
from ninefold.development.validation.coverage import Open
from ninefold.development.validation.planning import verdict_names
from ninefold.development.validation.signing_off import Desk, open_of, signed_so_far
from ninefold.kernel.errors import NinefoldError, Refused
from ninefold.kernel.people import People
from ninefold.kernel.plan import Status
from ninefold.kernel.records import Record
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.approval import APPROVAL, WAIVER, Approval, Waiver
from ninefold.vocabulary.verdict import Verdict


class Signed(NamedTuple):
    """An approval or a waiver that somebody signed for a model; `live` as long as it is not revoked and not ended."""

    record: Record
    body: Approval | Waiver
    name: str  # of the person, or their key when they were erased
    revoked: bool
    live: bool


@dataclass(frozen=True)
class Standing:
    """One model before its signature."""

    model: str
    approval: Status
    verdicts: Mapping[str, Verdict]  # REQ-x/recall -> what was last judged, of those that the approval rests on
    judged: int  # how many the approval rests on
    points: tuple[tuple[Open, str], ...]  # what does not pass, with the waiver that opens it
    obstacle: NinefoldError | None  # why nothing can be signed now
    blocker: Status | None  # the first task before the approval that is not fresh
    signed: tuple[Signed, ...]  # the newest first
    seen: str  # what `approve` wants to know

    @property
    def closed(self) -> tuple[Open, ...]:
        """What does not pass and no waiver opens."""
        return tuple(p for p, waiver in self.points if not waiver)

    @property
    def current(self) -> Signed | None:
        """The approval that holds."""
        record = self.approval.record if self.approval.state == "fresh" else None
        return next((s for s in self.signed if record is not None and s.record.id == record.id), None)

    def count(self, outcome: str) -> int:
        """Return how many of its verdicts say so."""
        return sum(v.outcome == outcome for v in self.verdicts.values())


def standing_of(desk: Desk, model: str) -> Standing:
    """Return how a model stands.

    Raises:
        NotFound: there is no such model.
    """
    approval = desk.status(model)
    names = verdict_names(desk.view, model)
    found = {
        role: status.last.body(Verdict)
        for role, name in names.items()
        if name in desk.plan and (status := desk.plan[name]).last is not None and status.last.data is not None
    }
    points: list[tuple[Open, str]] = []
    obstacle: NinefoldError | None = None
    try:
        points = open_of(desk, model)
    except Refused as error:
        obstacle = error  # the page tells it
    signed = signed_for(desk.store, model, desk.now)
    seen = signed_so_far(desk.store, model)
    return Standing(model, approval, found, len(names), tuple(points), obstacle, _blocker(desk, approval), signed, seen)


def _blocker(desk: Desk, approval: Status) -> Status | None:
    before = desk.plan.before([approval.name]) - {approval.name}
    behind = [s for s in desk.plan.statuses.values() if s.name in before and s.state != "fresh"]
    return next((s for s in behind if not s.waits), behind[0] if behind else None)


def signed_for(store: SqliteStore, model: str, now: int) -> tuple[Signed, ...]:
    """Return the approvals and waivers of a model, the newest first; those whose body was erased are left out."""
    names = {p.key: p.name for p in People(store).all()}
    found = []
    for kind, type_ in ((APPROVAL, Approval), (WAIVER, Waiver)):
        for record in store.of_kind(kind):
            if record.data is None or record.plain["model"] != model:
                continue
            body: Approval | Waiver = record.body(type_)  # type: ignore[assignment]  # one of the two
            revoked = store.revoked(record.id)
            live = not revoked and (not body.until or now < body.until)
            found.append(Signed(record, body, names.get(body.by, body.by), revoked, live))
    return tuple(sorted(found, key=lambda s: (s.record.time, s.record.sequence), reverse=True))


def is_model(desk: Desk, model: str) -> bool:
    """Return whether the project plans an approval of a model."""
    return f"{PREFIX}{model}" in desk.plan
