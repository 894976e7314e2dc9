"""The figures of the overview: machines, alarms and their outcomes, what the verdicts say; nothing is invented."""

from collections.abc import Iterator

from ninefold.kernel.steps import Task
from ninefold.lifecycle.board.standing import Standing
from ninefold.lifecycle.gate import gate
from ninefold.operations.monitoring.episodes import is_open
from ninefold.surface.cells import Cell
from ninefold.surface.session import Session
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.asset import Assets

_DAYS = 28
_DAY_US = 86_400_000_000
_VERDICTS = 2  # of the gate, in the strip

Figure = tuple[Text, Cell, Text]


def figures(session: Session, standing: Standing) -> Iterator[Figure]:
    """Yield (what, number, what stands beside it) of all that is known."""
    yield from _machines(session, standing)
    yield from _alarms(session, standing)
    yield from _verdicts(standing)
    yield (
        Say("overview.fig-records"),
        session.store.count(),
        Say("overview.fig-chains", {"n": len(session.store.tails())}),
    )


def _machines(session: Session, standing: Standing) -> Iterator[Figure]:
    facet = standing.view.facets.get("assets")
    if facet is None or not isinstance(facet.body, Assets):
        return
    rollouts = [s.task for n, s in standing.plan.statuses.items() if n.startswith("rollout:") and s.task is not None]
    watched = sum(_decides(session, task) for task in rollouts)
    beside = Say("overview.fig-gateways", {"n": watched}) if watched else Say("overview.fig-no-model")
    yield Say("overview.fig-machines"), len(facet.body.paths()), beside


def _decides(session: Session, task: Task) -> bool:
    """Return whether a device reported last that it runs something, be it what is wanted or not."""
    record = session.store.reported(str((task.params or {}).get("target", task.name)))
    return record is not None and record.data is not None and record.plain.get("stage") == "active"


def _alarms(session: Session, standing: Standing) -> Iterator[Figure]:
    since = session.clock.now() - _DAYS * _DAY_US
    open_ = [h.episode for h in standing.alarms if is_open(h.episode)]
    assets = ", ".join(sorted({e.asset for e in open_})[:3])
    yield Say("overview.fig-open"), len(open_), assets or Say("overview.fig-none")
    recent = [h.episode for h in standing.alarms if h.episode.raised >= since]
    judged = [e for e in recent if e.outcome in {"confirmed", "averted", "false"}]
    if judged:
        false = sum(e.outcome == "false" for e in judged)
        yield Say("overview.fig-false", {"days": _DAYS}), false, Say("overview.fig-of-judged", {"n": len(judged)})
        good = len(judged) - false
        yield Say("overview.fig-caught", {"days": _DAYS}), good, Say("overview.fig-of-judged", {"n": len(judged)})


def _verdicts(standing: Standing) -> Iterator[Figure]:
    """Yield what the evidence says of the criteria that a signature rests on: bound, threshold and n."""
    found = [c.verdict for c in gate(standing.plan).checks if c.verdict is not None]
    for verdict in found[:_VERDICTS]:
        estimate = verdict.overall.estimate
        if estimate.value is None:
            continue
        values: dict[str, str | int | float] = {
            "op": "≥" if verdict.threshold.op == ">=" else "≤", "limit": float(verdict.threshold.value),
            "n": round(estimate.samples), "bound": "–" if estimate.bound is None else float(f"{estimate.bound:.3g}"),
        }  # fmt: skip
        yield Say("overview.fig-criterion", {"name": verdict.criterion}), float(f"{estimate.value:.3g}"), Say(
            "overview.fig-bound", values)  # fmt: skip
