"""What waits for whom: alarms to judge, models to sign, proposals to decide, tasks to run, data to bring."""

from collections.abc import Iterator
from typing import NamedTuple

from ninefold.kernel.sqlite import SqliteStore
from ninefold.lifecycle.attention import USE_CASE, runnable
from ninefold.lifecycle.board.standing import Standing, body_of
from ninefold.operations.monitoring.episodes import is_open
from ninefold.operations.monitoring.models import DRIFT
from ninefold.operations.monitoring.proposals import proposals
from ninefold.surface.cells import Ref
from ninefold.surface.words import Say, Text, counted
from ninefold.vocabulary.account import AccountRole
from ninefold.vocabulary.availability import Availability
from ninefold.vocabulary.use_case import UseCaseIndex


class Waiting(NamedTuple):
    """One thing that waits: the least role that may do it, or the owner that a file names; since when (µs UTC)."""

    role: AccountRole
    owner: str  # "" when whoever has the role may do it
    what: Text
    to: Ref
    note: Text = ""
    since: int = 0


def waiting(standing: Standing, store: SqliteStore) -> list[Waiting]:
    """Return all that waits for a person."""
    return [*_alarms(standing), *_signatures(standing), *_proposals(store), *_runs(standing), *_data(standing)]


def _alarms(standing: Standing) -> Iterator[Waiting]:
    for held in sorted(standing.alarms, key=lambda h: h.episode.raised):
        episode = held.episode
        if is_open(episode) and episode.outcome is None:
            cause = episode.cause.removeprefix(DRIFT)
            values: dict[str, str | int | float] = {"cause": cause, "asset": episode.asset}
            code = "overview.judge-drift" if episode.cause.startswith(DRIFT) else "overview.judge"
            note = Say(f"overview.alarm-{episode.state}")
            yield Waiting("editor", "", Say(code, values), Ref("alarm", episode.id), note, episode.raised)


def _signatures(standing: Standing) -> Iterator[Waiting]:
    for status in standing.plan.statuses.values():
        if status.name.startswith("approval:") and status.state == "blocked" and status.roots == (status.name,):
            model = status.name.removeprefix("approval:")
            bundle = standing.plan[status.planned.results["bundle"]].record if status.task is not None else None
            since = bundle.time if bundle is not None else 0
            yield Waiting("approver", "", Say("overview.sign", {"model": model}), Ref("validation", model), "", since)


def _proposals(store: SqliteStore) -> Iterator[Waiting]:
    for found in proposals(store):
        if found.decision is None:
            what = Say("overview.decide-proposal", {"model": found.proposal.model})
            to = Ref("proposal", found.record.id)
            yield Waiting("approver", "", what, to, found.proposal.why, found.record.time)


def _runs(standing: Standing) -> Iterator[Waiting]:
    found = runnable(standing)
    if found.names:
        code = "overview.run-stale" if found.stale == len(found.names) else "overview.run-tasks"
        what = counted(code, len(found.names))
        yield Waiting("editor", "", what, Ref("task", found.names[0]), found.names[0])


def _data(standing: Standing) -> Iterator[Waiting]:
    owners = {f.body.id: f.body.owner for f in standing.view.of_kind("index") if isinstance(f.body, UseCaseIndex)}
    for status in standing.plan.statuses.values():
        body = body_of(status, Availability) if status.name.startswith("availability:") else None
        record = status.record
        if body is None or record is None:
            continue
        for need in body.needs:
            if need.verdict == "missing":
                what = Say("overview.bring", {"signal": need.signal})
                to = Ref("page", "data", part=body.use_case)
                owner = owners.get(body.use_case, "") if need.owner in {"", USE_CASE} else need.owner
                yield Waiting("editor", owner, what, to, need.action or need.reason, record.as_of or record.time)
