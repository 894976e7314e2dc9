"""What blocks, and why: each cause once, the one that keeps most from going on first, with its owner and what helps."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ninefold.kernel.plan import Status
from ninefold.kernel.sqlite import SqliteStore
from ninefold.lifecycle.board.design import ranking_of
from ninefold.lifecycle.board.standing import Standing, body_of
from ninefold.lifecycle.gate import Check, gate, worst
from ninefold.surface.blocks import Act, Go, Why
from ninefold.surface.cells import Ref, State
from ninefold.surface.reasons import changes
from ninefold.surface.words import Quote, Say, Text, counted
from ninefold.vocabulary.availability import Availability, NeedVerdict
from ninefold.vocabulary.edit import EDIT, Edit
from ninefold.vocabulary.use_case import UseCaseIndex

INFORMS = 7  # from this weight on nothing is blocked, but somebody should know
USE_CASE = "the use case"  # how a verdict on a need names the owner of its use case
_FILES = 8  # changed ones that are told one by one
_EDITS = 500  # the latest ones, among which the change of a file is looked for


class Blocker(NamedTuple):
    """One cause: how heavy it weighs (smaller comes first), how many tasks it holds up, and the sentence."""

    weight: int
    holds: int
    why: Why


class Runnable(NamedTuple):
    """The tasks that running would redo, and how many of them are stale rather than new."""

    names: tuple[str, ...]
    stale: int


def runnable(standing: Standing) -> Runnable:
    """Return what is stale or missing and not blocked; signing and rolling out are no running."""
    plan = standing.plan
    hopeless = plan.after(plan.in_state("blocked"))  # they only wait for what cannot be run
    found = [
        s for s in plan.statuses.values()
        if s.state in {"stale", "missing"} and s.step.kind not in {"apply", "decide"} and s.name not in hopeless
    ]  # fmt: skip
    return Runnable(tuple(s.name for s in found), sum(s.state == "stale" for s in found))


def blockers(standing: Standing, store: SqliteStore, names: Mapping[str, str]) -> list[Blocker]:
    """Return the causes, the heaviest first; `names` are those of people by their key."""
    found = [
        *_files(standing), *_roots(standing), *_changed(standing, store, names), *_new(standing), *_verdicts(standing),
        *_needs(standing), *_unknown(standing),
    ]  # fmt: skip
    return sorted(found, key=lambda b: (b.weight, -b.holds))


def _files(standing: Standing) -> Iterator[Blocker]:
    by_file: dict[str, list[str]] = {}
    for problem in standing.view.problems:
        by_file.setdefault(problem.file, []).append(str(problem).removeprefix(f"{problem.file}:"))
    for file, said in by_file.items():
        code = "overview.file-problem" if len(said) == 1 else "overview.file-problems"
        text = Say(code, {"file": file, "n": len(said)})
        yield Blocker(
            0, len(said), Why(State("blocked"), text, said[0], "", Go(Say("overview.open-file"), Ref("file", file)))
        )


def _roots(standing: Standing) -> Iterator[Blocker]:
    """Yield the tasks at which a blocking begins, with how much they hold up."""
    held: dict[str, list[Status]] = {}
    for status in standing.plan.statuses.values():
        for root in status.roots if status.state == "blocked" else ():
            held.setdefault(root, []).append(status)
    for root, blocked in held.items():
        kind, _, subject = root.partition(":")
        others = [s.name for s in blocked if s.name != root]
        note: Text = counted("overview.holds", len(others), name=others[0]) if others else ""
        if kind == "approval" and root in standing.plan and standing.plan[root].task is not None:
            go = Go(Say("overview.sign", {"model": subject}), Ref("validation", subject))
            text = Say("overview.unsigned", {"model": subject})
            yield Blocker(5, len(others), Why(State("blocked"), text, note, Say("overview.an-approver"), go))
            continue
        first = standing.plan[root].reason if root in standing.plan else blocked[0].reason
        go = Go(Say("overview.open-task"), Ref("task", root))
        yield Blocker(
            1,
            len(others),
            Why(State("blocked"), Say("overview.root", {"name": root, "why": Quote(first)}), note, "", go),
        )


def _changed(standing: Standing, store: SqliteStore, names: Mapping[str, str]) -> Iterator[Blocker]:
    """Yield the files whose change made something stale, with who changed them where that is recorded."""
    plan, by_file = standing.plan, dict[str, set[str]]()
    for status in plan.statuses.values():
        for name in changes(status) if status.state == "stale" else ():
            facet = standing.view.facets.get(name)
            by_file.setdefault(facet.file if facet is not None else "", set()).add(status.name)
    if not by_file:
        return
    edits = [r.body(Edit) for r in store.of_kind(EDIT, _EDITS) if r.data is not None]
    for file, tasks in sorted(by_file.items(), key=lambda pair: -len(pair[1]))[:_FILES]:
        after = plan.after(tasks)
        stale = {n for n in tasks | after if plan[n].state == "stale"}
        rollouts = [n for n in after if n.startswith("rollout:")]
        edit = next((e for e in edits if e.file == file), None)
        first = Ref("file", file) if file else Ref("task", min(tasks))
        text = counted("overview.changed" if file else "overview.moved", len(stale), file=file, name=min(tasks))
        note: Text = counted("overview.changed-rollouts", len(rollouts)) if rollouts else Say("overview.changed-none")
        owner: Text = names.get(edit.person, edit.person) if edit is not None else ""
        yield Blocker(2, len(stale), Why(State("stale"), text, note, owner, Go(Say("overview.show-change"), first)))


def _new(standing: Standing) -> Iterator[Blocker]:
    new = [n for n in runnable(standing).names if standing.plan[n].state == "missing"]
    if new:
        text = counted("overview.never-run", len(new), name=new[0])
        yield Blocker(
            4, len(new), Why(State("missing"), text, "", "", Go(Say("overview.open-task"), Ref("task", new[0])))
        )


def _verdicts(standing: Standing) -> Iterator[Blocker]:
    for check in gate(standing.plan).checks:
        if check.decision not in {"fail", "insufficient"} or check.verdict is None:
            continue
        model = check.name.partition(":")[2].partition("/")[0]
        judged = worst(check.verdict)
        values: dict[str, str | int | float | Quote] = {
            "model": model, "criterion": check.verdict.criterion, "why": Quote(check.reason),
        }  # fmt: skip
        failed = check.decision == "fail"
        text = Say("overview.verdict-fails" if failed else "overview.verdict-insufficient", values)
        note: Text = Say("overview.samples-missing", {"n": judged.needed}) if judged.needed else ""
        go = Go(Say("overview.open-validation"), Ref("validation", model, part=check.verdict.criterion))
        state = State("failed" if failed else "insufficient")
        yield Blocker(1 if failed else 3, 1, Why(state, text, note, _owner_of(check, standing), go))


def _owner_of(check: Check, standing: Standing) -> str:
    facet = standing.view.facets.get(f"{check.verdict.requirement}#index") if check.verdict is not None else None
    return "" if facet is None else str(getattr(facet.body, "owner", ""))


def _needs(standing: Standing) -> Iterator[Blocker]:
    titles = {f.body.id: f.body for f in standing.view.of_kind("index") if isinstance(f.body, UseCaseIndex)}
    for status in standing.plan.statuses.values():
        body = body_of(status, Availability) if status.name.startswith("availability:") else None
        if body is None or status.state != "fresh":
            continue
        alike: dict[tuple[str, str, str], list[NeedVerdict]] = {}
        for need in body.needs:
            if need.verdict != "available":
                alike.setdefault((need.verdict, need.owner, need.reason), []).append(need)
        for needs in alike.values():
            yield _need(body.use_case, needs, titles.get(body.use_case))


def _need(use_case: str, needs: Sequence[NeedVerdict], index: UseCaseIndex | None) -> Blocker:
    """Return the cause that some needs share."""
    need, title = needs[0], (index.title or index.id) if index is not None else use_case
    values: dict[str, str | int | float | Quote] = {
        "use_case": title, "signal": ", ".join(n.signal for n in needs), "why": Quote(need.reason),
    }  # fmt: skip
    missing = need.verdict == "missing"
    text = Say("overview.need-missing" if missing else "overview.need-partial", values)
    owner = index.owner if index is not None and need.owner in {"", USE_CASE} else need.owner
    go = Go(Say("overview.open-need"), Ref("page", "data", part=use_case))
    return Blocker(
        6 if missing else INFORMS,
        len(needs),
        Why(State("failed" if missing else "partial"), text, need.action, owner, go),
    )


def _unknown(standing: Standing) -> Iterator[Blocker]:
    """Yield the one answer that would change the order of the use cases most often, where it is not known at all."""
    ranking = ranking_of(standing)
    first = next((u for u in ranking.unknowns if not u.known), None) if ranking is not None else None
    if first is not None:
        values: dict[str, str | int | float] = {
            "use_case": first.use_case, "criterion": first.criterion, "share": round(100 * first.changes_order),
        }  # fmt: skip
        go = Go(Say("overview.open-use-case"), Ref("use-case", first.use_case))
        yield Blocker(8, 1, Why(State("insufficient"), Say("overview.unknown", values), "", "", go))


def run_act(found: Runnable, *, main: bool) -> Act:
    """Return the button that runs what is to be run."""
    code = "overview.run-stale" if found.stale == len(found.names) else "overview.run-tasks"
    return Act(counted(code, len(found.names)), "run", weight="main" if main else "plain")
