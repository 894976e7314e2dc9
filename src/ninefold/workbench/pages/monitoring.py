"""Monitoring: how everything stands in service, proposals to train again, and repairs."""

from functools import partial

from ninefold.lifecycle.live.timeline import over, strip_over
from ninefold.operations.monitoring.counting import count
from ninefold.operations.monitoring.models import model_of, models_of
from ninefold.operations.monitoring.monitor_pages import monitoring_page
from ninefold.operations.monitoring.one_monitor import one_monitor
from ninefold.operations.monitoring.one_monitor_page import one_monitor_page
from ninefold.operations.monitoring.policy import limits_of
from ninefold.operations.monitoring.proposal_pages import proposal_page
from ninefold.operations.monitoring.proposals import decide, proposal
from ninefold.operations.monitoring.triage import repaired
from ninefold.surface.cells import Ref
from ninefold.surface.page import Page
from ninefold.surface.words import Say
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.monitor import Monitors
from ninefold.workbench.desk import Desk, Done
from ninefold.workbench.pages.live import scene_of
from ninefold.workbench.routes import action, page

_HERE = Ref("page", "monitoring")


@page("/monitoring")
def monitoring(desk: Desk) -> Page:
    """Show drift, performance, alarms, fatigue, proposals and repairs."""
    session, found = desk.session, _monitors(desk)
    models = [w.model for w in models_of(desk.view)]
    with scene_of(desk) as scene:
        return monitoring_page(
            session.store, found, limits_of(desk.view), models, session.clock.now(), _calendar(desk),
            partial(strip_over, scene),
        )  # fmt: skip


@page("/monitoring/{requirement:str}/{criterion:str}")
def monitor(desk: Desk, requirement: str, criterion: str) -> Page:
    """Show one monitor; `?asset=` chooses the machine whose windows are looked at."""
    session, found = desk.session, _monitors(desk)
    now = session.clock.now()
    one = one_monitor(session.store, f"{requirement}/{criterion}", found, limits_of(desk.view), now)
    with scene_of(desk) as scene:
        return one_monitor_page(
            one, session.store, session.blobs, found, _calendar(desk), partial(over, scene), now,
            desk.query.get("asset", ""),
        )  # fmt: skip


def _monitors(desk: Desk) -> list[Monitors]:
    names = [n for n, s in desk.plan.statuses.items() if n.startswith("monitor:") and s.last is not None]
    return [desk.session.ask(n).body(Monitors) for n in names]


def _calendar(desk: Desk) -> Calendar | None:
    facet = desk.view.facets.get("calendar")
    return facet.body if facet is not None and isinstance(facet.body, Calendar) else None


@action("/monitoring/outcomes")
def count_outcomes(desk: Desk) -> Done:
    """Give alarms their outcome from the log, and count."""
    counted = count(desk.session)
    return Done(_HERE, Say("monitoring.did-count", {"n": len(counted.found), "silent": len(counted.silent)}))


@action("/monitoring/repaired")
def report_repair(desk: Desk) -> Done:
    """Say that an asset is repaired."""
    done = repaired(desk.session.store, desk.form.get("asset", ""), desk.actor, desk.session.clock.now())
    return Done(_HERE, Say("monitoring.did-repair", {"asset": done.asset, "orders": ", ".join(done.work_orders)}))


@page("/proposals/{id:str}")
def one_proposal(desk: Desk, id: str) -> Page:
    """Show a proposal."""
    return proposal_page(desk.session.store, id)


def _decided(desk: Desk, id: str, *, accept: bool) -> Done:
    session = desk.session
    watched = model_of(desk.view, proposal(session.store, id).model)
    reason = desk.form.get("reason", "")
    decide(session.store, id, watched, desk.actor, session.clock.now(), accept=accept, reason=reason)
    return Done(Ref("proposal", id), Say("monitoring.did-accept" if accept else "monitoring.did-decline"))


@action("/proposals/{id:str}/accept")
def accept_proposal(desk: Desk, id: str) -> Done:
    """Take it up: the runs that follow are named; nothing is promoted."""
    return _decided(desk, id, accept=True)


@action("/proposals/{id:str}/decline")
def decline_proposal(desk: Desk, id: str) -> Done:
    """Put it away."""
    return _decided(desk, id, accept=False)


ROUTES = (
    monitoring, monitor, count_outcomes, report_repair, one_proposal, accept_proposal, decline_proposal,
)  # fmt: skip
