"""Verdicts at run time, kept small: false alarms by machine and week, and recall as "k of n events", with a date."""

import numpy as np

from ninefold.kernel.records import Draft, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.episodes import episodes
from ninefold.operations.monitoring.models import Log, Watched
from ninefold.stats.intervals import poisson_bound
from ninefold.vocabulary.runtime import RUNTIME, Runtime
from ninefold.vocabulary.window import WINDOW, Window

WEEK_US = 7 * 86_400_000_000
_MOST = 100_000


def runtime_of(store: SqliteStore, watched: Watched, log: Log, needed: int, now: int) -> Runtime:
    """Return how a model did in service so far."""
    spans: dict[str, tuple[int, int]] = {}
    for record in store.of_kind(WINDOW, _MOST):
        if record.data is not None:
            window = record.body(Window)
            first, last = spans.get(window.asset, (window.first, window.last))
            spans[window.asset] = (min(first, window.first), max(last, window.last))
    since, as_of = min((f for f, _ in spans.values()), default=0), max((t for _, t in spans.values()), default=0)
    weeks = sum(last - first for first, last in spans.values()) / WEEK_US
    mine = [h.episode for h in episodes(store, now) if h.episode.cause == watched.model]
    outcomes: dict[str, int] = {}
    for episode in mine:
        if episode.outcome is not None:
            outcomes[episode.outcome] = outcomes.get(episode.outcome, 0) + 1
    pending, wrong = len(mine) - sum(outcomes.values()), outcomes.get("false", 0)
    upper = poisson_bound(wrong + pending, weeks, 0.95, "upper") if weeks > 0 else None
    events = _events(watched, log, since)
    rate = events / (log.as_of - since) if events and log.as_of > since else 0.0
    enough = round(log.as_of + (needed - events) / rate) if rate and events < needed else None
    return Runtime(
        watched.model, since, as_of, weeks, len(mine), outcomes, pending, wrong / weeks if weeks > 0 else None, upper,
        events, needed, enough,
    )  # fmt: skip


def record_runtime(store: SqliteStore, runtime: Runtime, actor: str, now: int) -> str:
    """Record how a model did in service and return the record's id; the same finding again is not recorded twice."""
    name, data = f"runtime:{runtime.model}", encode(RUNTIME, runtime)
    draft = Draft(RUNTIME, data, "runtime@1", actor, now, name=name, as_of=runtime.as_of)
    before = store.latest(name)
    return before.id if before is not None and before.content == draft.content else store.put([draft])[0]


def _events(watched: Watched, log: Log, since: int) -> int:
    """Return the events since the first window whose labels are mature."""
    if watched.label is None or not since:
        return 0
    delay = round((float(watched.label.ahead[1]) + float(watched.label.mature_after)) * 1e6)
    mine = np.asarray(log.events["event"] == watched.label.event, bool)
    occurred = np.asarray(log.events["occurred"], np.float64)[mine]
    return int(((occurred >= since) & (occurred + delay <= log.as_of)).sum())
