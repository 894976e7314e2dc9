"""schedule.yaml: every mistake at its field."""

import pytest

from ninefold.kernel.errors import InvalidFile
from ninefold.kernel.view import Facet, View
from ninefold.operations.delivery.files import ScheduleReader, problem_of, schedule_of
from ninefold.vocabulary.calendar import Calendar

GOOD = 'zone: America/New_York\nruns:\n  nightly: {cron: "0 2 * * *", run: ["verdict:*"], at_most: 2 h}\n'


def view(*facets: Facet) -> View:
    return View(facets, {}, now=0)


def test_a_schedule_is_read() -> None:
    """With its defaults; its own zone comes before the calendar's."""
    [facet] = ScheduleReader().facets(GOOD, "schedule.yaml")
    calendar = Facet("calendar", "calendar", Calendar("Europe/Berlin"))
    schedule, zone = schedule_of(view(facet, calendar))
    assert (zone, schedule.runs["nightly"].at_most, schedule.runs["nightly"].missed) == (
        "America/New_York",
        7200,
        "run_once",
    )
    assert schedule_of(view(calendar))[1] == "Europe/Berlin"
    assert schedule_of(view()) == (type(schedule)({}), "UTC")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('runs: {nightly: {cron: "0 2 * *"}}', "has 4 fields, not five"),
        ('runs: {nightly: {cron: "61 2 * * *"}}', "is no cron expression: Bad minute"),
        ('runs: {nightly: {cron: "0 0 30 2 *"}}', "is no cron expression: Bad day-of-month"),
        ('runs: {nightly: {cron: "* * * * * *"}}', "has 6 fields, not five"),
        ('runs: {Nightly: {cron: "0 2 * * *"}}', "is no name of an entry"),
        ('zone: Mars/Olympus\nruns: {}', "is no IANA time zone"),
        ('zone: ../../etc/passwd\nruns: {}', "is no IANA time zone"),
        ('runs: {n: {cron: "0 2 * * *", at_most: 0 s}}', "between 1 s and 7 d"),
        ('runs: {n: {cron: "0 2 * * *", run: ["--again"]}}', "is no pattern of tasks"),
        ('runs: {n: {cron: "0 2 * * *", runs: [x]}}', "The key 'runs' is not known here"),
        ('runs: {n: {cron: 5}}', "text"),
        ("{}", "The field 'runs' is missing"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(text: str, said: str) -> None:
    """By its field, with what was found."""
    with pytest.raises(InvalidFile) as caught:
        list(ScheduleReader().facets(text, "schedule.yaml"))
    assert said in str(caught.value)


@pytest.mark.parametrize("cron", ["0 2 * * *", "*/5 8-17 * * mon-fri", "0 0 1,15 * *", "0 6 * * mon#1", "0 0 29 2 *"])
def test_good_expressions(cron: str) -> None:
    """Among them a time that comes every four years."""
    assert problem_of(cron) == ""
