"""The page of a piece of long work: how far it is, then what came of it and what is next."""

from collections.abc import Mapping

from ninefold.lifecycle.job import Failure, JobState
from ninefold.lifecycle.known import who
from ninefold.surface.blocks import Act, Block, Facts, Go, Panel, Progress, Why, Words
from ninefold.surface.cells import Cell, Moment, Ref, State, StateName
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text, counted

_STATES: dict[str, StateName] = {"running": "running", "done": "pass", "failed": "failed", "cancelled": "idle"}
_SHOWN = 100
# Where one goes on: the label, the page, and the place in the navigation.
_BACK = {
    "run": ("jobs.next", "", "overview"), "verify": ("jobs.back-audit", "audit", "audit"),
    "gateway": ("jobs.back-fleet", "fleet", "fleet"),
}  # fmt: skip


def job_page(job: JobState, names: Mapping[str, str]) -> Page:
    """Return how a piece of work stands."""
    facts: tuple[tuple[Text, Cell, Text], ...] = (
        (Say("jobs.by"), who(job.actor, names), ""),
        (Say("jobs.began"), Moment(job.started), ""),
        (Say("jobs.asked"), ", ".join(job.asked[:5]) or Say(f"jobs.all-{job.kind}"), ""),
        *(((Say("jobs.took"), Say("jobs.seconds", {"s": _seconds(job)}), ""),) if job.ended else ()),
    )
    going = job.stage == "running"
    sections: list[Block] = [Panel(Say("jobs.progress"), _progress(job), span=8)] if going else []
    sections += [] if going else [Panel(Say("jobs.result"), _result(job), span=8)]
    sections.append(Panel(Say("jobs.about"), (Facts("", facts),), span=4))
    code, path, place = _BACK[job.kind]
    back = Go(Say(code), Ref("page", path), weight="main")
    stop = Act(Say(f"jobs.cancel-{job.kind}"), f"jobs/{job.id}/cancel", weight="danger")
    actions: tuple[Go | Act, ...] = (back,) if not going else (stop, back) if job.kind == "gateway" else (stop,)
    return Page(_title(job), tuple(sections), states=(State(_STATES[job.stage], Say(f"jobs.stage-{job.stage}")),),
                actions=actions, place=place, refresh_s=_pace(job))  # fmt: skip


def _pace(job: JobState) -> int:
    """Return after how many seconds the page is drawn anew: a gateway that is up stays as it is."""
    if job.stage != "running":
        return 0
    return 30 if job.kind == "gateway" and "agent" in job.done and not job.cancelling else 2


def _title(job: JobState) -> Text:
    values: dict[str, str | int | float] = {
        "n": len(job.done), "failed": len(job.failed), "task": job.task, "records": job.records,
        "device": job.asked[0] if job.asked else "",
    }  # fmt: skip
    if job.error is not None and job.stage == "failed":
        return Say("jobs.title-broken")
    if job.kind == "run" and job.stage == "done":
        return counted("jobs.title-run-done", len(job.done))
    if job.kind == "verify" and job.stage == "failed":
        return counted("jobs.title-verify-failed", len(job.failed))
    return Say(f"jobs.title-{job.kind}-{job.stage}", values)


def _progress(job: JobState) -> tuple[Block, ...]:
    if job.kind == "gateway":
        return _gateway(job)
    if job.kind == "verify":
        return (Progress(Say("jobs.verifying")),)
    share = min(max(job.number - 1, 0) / job.of, 1.0) if job.of else None
    text = Say("jobs.step-of", {"number": job.number, "of": max(job.of, job.number), "task": job.task or "…"})
    blocks: list[Block] = [Progress(text, share)]
    if job.said:
        blocks.append(Words(job.said, "note"))
    if job.cancelling:
        blocks.append(Words(Say("jobs.cancelling"), "note"))
    return tuple(blocks)


def _gateway(job: JobState) -> tuple[Block, ...]:
    """Return which of the processes are up."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (Say(f"jobs.process-{n}"), State("pass", Say("jobs.stage-done")) if n == "enrol" else State("running"))
        for n in job.done
    )
    blocks: list[Block] = [Table("", (Say("jobs.process"), Say("jobs.state")), rows, (), Say("jobs.none-up"))]
    if job.said:
        blocks.append(Words(Say(f"jobs.starts-{job.said}"), "note"))
    if job.cancelling:
        blocks.append(Words(Say("jobs.cancelling"), "note"))
    return tuple(blocks)


def _result(job: JobState) -> tuple[Block, ...]:
    blocks: list[Block] = []
    if job.error is not None:
        state = State("idle" if job.stage == "cancelled" else "failed")
        blocks.append(Why(state, job.error.message, job.error.hint))
    if job.kind == "verify":
        found = Why(State("pass"), Say("jobs.verified", {"records": job.records}))
        return (*blocks, _findings(job)) if job.failed else (*blocks, *((found,) if job.stage == "done" else ()))
    if job.kind == "gateway":
        return tuple(blocks)
    blocks += [Why(State("failed"), f"{f.name}: {f.message}", f.hint) for f in job.failed]
    blocks += [_unfinished(f) for f in job.unfinished[:_SHOWN]]
    rows: tuple[tuple[Cell, ...], ...] = tuple((Ref("task", n), State("fresh")) for n in job.done[:_SHOWN])
    notes = (Say("jobs.reused", {"n": job.reused}),) if job.reused else ()
    blocks.append(Table("", (Say("jobs.task"), Say("jobs.state")), rows, notes, Say("jobs.nothing-done")))
    return tuple(blocks)


def _unfinished(found: Failure) -> Why:
    go = Go(Say("overview.open-task"), Ref("task", found.name))
    return Why(State("blocked"), f"{found.name}: {found.message}", "", "", go)


def _findings(job: JobState) -> Table:
    rows: tuple[tuple[Cell, ...], ...] = tuple((f.name[:64], f.message) for f in job.failed[:_SHOWN])
    return Table("", (Say("jobs.about-what"), Say("jobs.finding")), rows)


def _seconds(job: JobState) -> float:
    return round((job.ended - job.started) / 1e6, 1)
