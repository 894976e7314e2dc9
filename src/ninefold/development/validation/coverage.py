"""Whether an approval covers what stands before it, and a waiver what is insufficient: pure functions over records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ninefold.kernel.clock import iso
from ninefold.vocabulary.approval import Approval, Waiver
from ninefold.vocabulary.criterion import Outcome
from ninefold.vocabulary.verdict import Verdict


@dataclass(frozen=True)
class Candidate:
    """An approval that might cover: its record's id, and the bundles that went into service under it before."""

    id: str
    approval: Approval
    used: frozenset[str] = frozenset()  # contents


@dataclass(frozen=True)
class Subject:
    """What is to be covered, at a moment (µs UTC).

    `contents` are what an approval names: `bundle`, and REQ/ID of each planned verdict. `facets` (name -> content) are
    all the text that bundle and verdicts come from, `outcomes` those of every planned verdict by REQ/ID.
    """

    model: str
    contents: Mapping[str, str]
    facets: Mapping[str, str]
    outcomes: Mapping[str, Outcome]
    now: int


@dataclass(frozen=True)
class Coverage:
    """The id of the approval that covers; without one "", and why each of them does not, in one sentence."""

    approval: str
    reason: str = ""

    @property
    def covered(self) -> bool:
        """Whether there is one."""
        return self.approval != ""


@dataclass(frozen=True)
class Open:
    """One point of a verdict that does not pass: the whole, or a required slice."""

    requirement: str
    criterion: str
    where: dict[str, str]
    outcome: Outcome
    reason: str

    @property
    def name(self) -> str:
        """How people write it: REQ-x/recall, or REQ-x/recall [variant=H]."""
        place = ", ".join(f"{k}={v}" for k, v in sorted(self.where.items()))
        return f"{self.requirement}/{self.criterion}{f' [{place}]' if place else ''}"


def covers(candidates: Iterable[Candidate], subject: Subject) -> Coverage:
    """Return the first approval that covers a subject; those for exactly these contents come before standing ones."""
    reasons = []
    for candidate in sorted(candidates, key=lambda c: c.approval.decision):
        reason = _uncovered(candidate, subject)
        if not reason:
            return Coverage(candidate.id)
        reasons.append(f"approval {candidate.id[:12]}: {reason}")
    return Coverage("", "; ".join(reasons) or "nobody has approved it")


def _uncovered(candidate: Candidate, subject: Subject) -> str:
    """Return why an approval does not cover a subject; "" when it does."""
    approval = candidate.approval
    if approval.model != subject.model:
        return f"it is for {approval.model}"
    if approval.until and approval.until <= subject.now:
        return f"it ended at {iso(approval.until)}"
    if approval.decision == "exactly":
        roles = sorted(subject.contents.keys() | approval.contents.keys())
        changed = [r for r in roles if subject.contents.get(r) != approval.contents.get(r)]
        return f"{changed[0]} is not what was approved" if changed else ""
    return _not_standing(approval, subject, candidate.used)


def _not_standing(approval: Approval, subject: Subject, used: frozenset[str]) -> str:
    if difference := _difference(approval.facets, subject.facets):
        return difference
    if not subject.outcomes or not approval.until:
        return "there is no verdict" if approval.until else "a standing approval without an end covers nothing"
    if closed := sorted(f"{name} is {outcome}" for name, outcome in subject.outcomes.items() if outcome != "pass"):
        return closed[0]
    if subject.contents.get("bundle", "") not in used and len(used) >= approval.uses:
        return f"its {approval.uses} promotion(s) are used up"
    return ""


def _difference(approved: Mapping[str, str], found: Mapping[str, str]) -> str:
    """Return how the text differs from the one that was approved; an added criterion is a difference."""
    for name in sorted(approved.keys() | found.keys()):
        if name not in approved:
            return f"{name} was added"
        if name not in found:
            return f"{name} is gone"
        if approved[name] != found[name]:
            return f"{name} was changed"
    return ""


def open_points(verdict: Verdict, *, required: bool) -> list[Open]:
    """Return what does not pass in a verdict: the whole, and with `required` slices each of those as well."""
    points = [verdict.overall, *(verdict.slices if required else ())]
    return [
        Open(verdict.requirement, verdict.criterion, dict(p.where), p.outcome, p.reason)
        for p in points
        if p.outcome != "pass"
    ]


def waived(point: Open, bundle: str, facet: str, waivers: Iterable[tuple[str, Waiver]], now: int) -> str:
    """Return the id of a live waiver (id, body) that opens a point; "" when there is none. A failure is never opened.

    It must name this bundle (its content), this criterion as it is written now (the content of its facet), and the
    slice.
    """
    if point.outcome != "insufficient":
        return ""
    for id, waiver in waivers:
        same = (waiver.requirement, waiver.criterion, waiver.where) == (point.requirement, point.criterion, point.where)
        if same and waiver.bundle == bundle and waiver.facet == facet and now < waiver.until:
            return id
    return ""
