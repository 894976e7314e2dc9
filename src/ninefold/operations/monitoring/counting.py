"""Counting how the models do in service: alarms get their outcome from the log, and the counts are recorded."""

from typing import NamedTuple

from ninefold.operations.monitoring import models
from ninefold.operations.monitoring.outcomes import mature
from ninefold.operations.monitoring.runtime import record_runtime, runtime_of
from ninefold.surface.session import Session
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.runtime import Runtime


class Counted(NamedTuple):
    """How each model does, and why no log says what became of the alarms of the others, by model."""

    found: tuple[Runtime, ...]
    silent: dict[str, str]


def count(session: Session) -> Counted:
    """Give alarms their outcome from the maintenance log where it is known, and record how the models do in service.

    Raises:
        NotFound: a log was never taken; the next command is named.
        InvalidInput: a label runs on the operating clock and there is no calendar.
    """
    view, store, now = session.view(), session.store, session.clock.now()
    facet = view.facets.get("calendar")
    calendar = facet.body if facet is not None and isinstance(facet.body, Calendar) else None
    found, silent = [], {}
    for watched in models.models_of(view):
        if watched.label is not None and not watched.events:
            silent[watched.model] = "is a column of a table" if watched.label.column else "announces no events"
            continue
        log = models.log_of(watched, session.ask, session.blobs)
        mature(store, watched, log, calendar, now)
        found.append(runtime_of(store, watched, log, models.needed_of(view, watched), now))
        record_runtime(store, found[-1], "step:runtime", now)
    return Counted(tuple(found), silent)
