"""The gate: may this model go on? Every planned verdict must be fresh and pass, and a named person must have signed."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from ninefold.kernel.plan import Plan, Status
from ninefold.kernel.records import revive
from ninefold.vocabulary.verdict import Judgement, Verdict

Decision = Literal["pass", "fail", "insufficient", "stale", "unapproved"]
EXIT_CODES: dict[Decision, int] = {"pass": 0, "fail": 1, "insufficient": 3, "stale": 4, "unapproved": 5}
# A stale verdict says nothing, so it comes before what it says; a signature is asked for last.
_ORDER: tuple[Decision, ...] = ("stale", "fail", "insufficient", "unapproved")


@dataclass(frozen=True)
class Check:
    """One line of the gate: a verdict or an approval, and what it decides."""

    name: str
    decision: Decision
    reason: str
    command: str = ""
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Gate:
    """The checks, and what they decide together."""

    checks: tuple[Check, ...]

    @property
    def decision(self) -> Decision:
        """The worst decision of all checks; a gate without a verdict is not passed but stale: nothing was shown."""
        found = {c.decision for c in self.checks}
        if not any(c.verdict for c in self.checks):
            return "stale"
        return next((d for d in _ORDER if d in found), "pass")

    @property
    def exit_code(self) -> int:
        """The exit code of `ninefold gate`."""
        return EXIT_CODES[self.decision]


def gate(plan: Plan, patterns: Sequence[str] = ()) -> Gate:
    """Return what the gate says of the verdicts and approvals whose names match (all, when none is given).

    A verdict that no approval rests on, such as that of a monitor's trial, is not asked unless it is named.
    """
    asked = _asked(plan)
    checks = []
    for status in plan.statuses.values():
        kind = status.name.partition(":")[0]
        subject = status.name.partition(":")[2]
        if kind not in {"verdict", "approval"}:
            continue
        if patterns and not any(
            fnmatch.fnmatchcase(status.name, p) or subject == p or subject.startswith(f"{p}/") for p in patterns
        ):
            continue
        if asked and status.name not in asked and status.name not in patterns:
            continue
        checks.append(_verdict(status, _waived(plan, subject)) if kind == "verdict" else _approval(status))
    return Gate(tuple(checks))


def _waived(plan: Plan, subject: str) -> bool:
    """Return whether a live approval of the model rests on waivers: none is signed unless they open all that is
    insufficient, and it ends with the first of them.
    """
    name = f"approval:{subject.partition('/')[0]}"
    record = plan[name].record if name in plan and plan[name].state == "fresh" else None
    return record is not None and record.data is not None and bool(record.plain.get("waivers"))


def _asked(plan: Plan) -> set[str]:
    """Return the approvals and the verdicts that they rest on; nothing where no approval is planned."""
    approvals = [s for s in plan.statuses.values() if s.name.startswith("approval:") and s.task is not None]
    return {n for s in approvals for n in (s.name, *s.planned.results.values())}


def _verdict(status: Status, waived: bool) -> Check:
    record = status.record
    if status.state != "fresh" or record is None or record.data is None:
        reason = status.reason or ("its body was erased" if record is not None else "it was never judged")
        return Check(status.name, "stale", f"{status.state}: {reason}", status.command or "ninefold run")
    verdict = msgspec.convert(record.plain, Verdict, strict=False, dec_hook=revive)
    if verdict.outcome == "insufficient" and waived:
        return Check(status.name, "pass", f"waived by a named person; {worst(verdict).reason}", "", verdict)
    return Check(status.name, verdict.outcome, worst(verdict).reason, "", verdict)


def _approval(status: Status) -> Check:
    if status.state == "fresh":
        return Check(status.name, "pass", "; ".join(status.notes) or "signed")
    if status.waits:
        return Check(status.name, "stale", f"{status.state}: {status.reason}", status.command)
    return Check(status.name, "unapproved", status.reason, status.command)


def worst(verdict: Verdict) -> Judgement:
    """Return the judgement that decides a verdict: the whole, or the required slice that is worse."""
    if verdict.overall.outcome == verdict.outcome:
        return verdict.overall
    return next((s for s in verdict.slices if s.outcome == verdict.outcome), verdict.overall)
