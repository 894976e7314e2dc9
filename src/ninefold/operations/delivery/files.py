"""schedule.yaml as a facet: when the project is brought up to date by itself, and what a missed time means."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from cronsim import CronSim, CronSimError

from ninefold.kernel.decode import nearest
from ninefold.kernel.documents import Document, decode, parse_yaml
from ninefold.kernel.errors import InvalidFile, Problem
from ninefold.kernel.view import Facet, View
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.quantity import Duration

SCHEDULE = "schedule"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_FIELDS = 5


class ScheduledRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry: a cron expression of five fields, and the tasks to run, as `ninefold run` takes them."""

    cron: str
    run: tuple[str, ...] = ()  # patterns; none for everything
    at_most: Duration = Duration(6 * 3600)  # then it is ended
    missed: Literal["run_once", "skip"] = "run_once"  # times that passed while nothing was running the schedule
    overlap: Literal["skip", "queue"] = "skip"  # a time that comes while the same entry still runs


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """schedule.yaml. The zone is the calendar's when none is named, and UTC when there is no calendar."""

    runs: dict[str, ScheduledRun]
    zone: str = ""


class ScheduleReader:
    """schedule.yaml: entries with their cron expressions."""

    patterns = ("schedule.yaml",)

    def facets(self, text: str, file: str) -> Iterable[Facet]:
        """Return the one facet. See the contract."""
        document = parse_yaml(text, file)
        schedule = decode(document, Schedule)
        if problems := list(_problems(document, schedule)):
            raise InvalidFile(problems)
        return [Facet(SCHEDULE, SCHEDULE, schedule, file, 1)]

    def check(self, facets: Mapping[str, Facet]) -> Iterable[Problem]:
        """Return nothing: whether a pattern names a task is known once the tasks are planned."""
        del facets
        return ()


def schedule_of(view: View) -> tuple[Schedule, str]:
    """Return the schedule of a project and its zone; no entry when there is no file."""
    calendar = view.facets.get("calendar")
    zone = calendar.body.zone if calendar is not None and isinstance(calendar.body, Calendar) else "UTC"
    facet = view.facets.get(SCHEDULE)
    schedule = facet.body if facet is not None and isinstance(facet.body, Schedule) else Schedule({})
    return schedule, schedule.zone or zone


def _problems(document: Document, schedule: Schedule) -> Iterable[Problem]:
    if schedule.zone and not _is_zone(schedule.zone):
        message = f"{schedule.zone!r} is no IANA time zone."
        yield document.problem(("zone",), message, "Write it as Europe/Berlin.")
    for name, entry in schedule.runs.items():
        if not _NAME.fullmatch(name):
            message = f"{name!r} is no name of an entry: a-z, 0-9 and -."
            yield document.problem(("runs", name), message, nearest(name, ["nightly"]))
        if reason := problem_of(entry.cron):
            yield document.problem(
                ("runs", name, "cron"), reason, 'Write it as "0 2 * * *": minute hour day month weekday.'
            )
        if not 1 <= entry.at_most <= 7 * 86400:
            message = f"A run takes between 1 s and 7 d, found {entry.at_most:g} s."
            yield document.problem(("runs", name, "at_most"), message, "Write it as 2 h.")
        for place, pattern in enumerate(entry.run):
            if not pattern.strip() or not pattern.isprintable() or pattern.startswith("-"):
                message = f"{pattern!r} is no pattern of tasks."
                yield document.problem(("runs", name, "run", place), message, "Write it as verdict:*.")


def problem_of(cron: str) -> str:
    """Return what is wrong with a cron expression, "" when nothing is: five fields, and a time that ever comes."""
    if len(cron) > 200 or len(cron.split()) != _FIELDS:
        return f"{cron[:60]!r} has {len(cron.split())} fields, not five."
    try:
        next(CronSim(cron, datetime(2000, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        return f"{cron!r} is no cron expression: {error}."
    except StopIteration:
        return f"{cron!r} never comes."
    return ""


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # not found is an OSError or KeyError, by platform
        return False
    except KeyError:
        return False
    return True


READERS = (ScheduleReader(),)
