"""Alarm episodes: the vectorised code against the recount, and each rule by a small case."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.criteria.recount import recount

from ninefold.criteria.episodes import EpisodeIndex, episode_curve
from ninefold.criteria.operating import OperatingClock
from ninefold.criteria.subjects import Episodes, Events
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.calendar import Calendar

MIN, H = 60.0, 3600.0
LEAD = (5 * MIN, 2 * H)


def cell(minutes: list[float], events: list[float], life: list[int] | None = None, asset: str = "m1") -> Episodes:
    """Return one asset with rows and events at these minutes, round the clock."""
    t, at = np.array(minutes) * 60, np.array(events) * 60
    happened = Events(np.array([asset] * len(events), dtype=object), (at * 1e6).astype(np.int64), at)
    reset = None if life is None else np.array(life)
    return Episodes(
        np.array([asset] * len(minutes), dtype=object), (t * 1e6).astype(np.int64), t, happened, 1.0, reset=reset
    )


def counted(subject: Episodes, positive: list[int]) -> tuple[int, int, int]:
    """Return caught, false alarms and alarms when these rows are positive."""
    decision = np.isin(np.arange(len(subject.t)), positive)
    tally = EpisodeIndex(subject, LEAD).tally(decision)
    assert recount(subject, decision.tolist(), LEAD, 2 * H) == (
        tally.caught.sum(),
        tally.false.sum(),
        len(tally.alarms),
    )
    return int(tally.caught.sum()), int(tally.false.sum()), len(tally.alarms)


ROWS = [float(m) for m in range(0, 400, 10)]


def test_alarm_within_the_lead_window_catches() -> None:
    """Raised one hour ahead, held: one alarm, one catch, none false."""
    assert counted(cell(ROWS, [300]), [24, 25, 26, 27]) == (1, 0, 1)


def test_alarm_at_either_edge_of_the_window_catches() -> None:
    """Exactly two hours and exactly five minutes ahead."""
    assert counted(cell(ROWS, [300]), [18]) == (1, 0, 1)
    assert counted(cell(ROWS, [305]), [30]) == (1, 0, 1)


def test_the_lead_is_from_the_first_alarm_in_the_window_to_its_event() -> None:
    """In operating seconds; a missed event has none, and an event of a new tool has its own."""
    rows = np.arange(len(ROWS))
    index = EpisodeIndex(cell(ROWS, [300, 395]), LEAD)
    assert index.leads(np.isin(rows, [24, 25]))[0] == 60 * MIN
    assert np.isnan(index.leads(np.isin(rows, [24, 25]))[1])
    assert np.isnan(index.leads(np.isin(rows, [17])))[0]
    assert len(EpisodeIndex(cell([], [300]), LEAD).leads(np.zeros(0, bool))) == 1
    lives = [0] * 25 + [1] * 15
    found = EpisodeIndex(cell(ROWS, [300], lives), LEAD).leads(np.isin(rows, [24, 27]))
    assert found.tolist() == [30 * MIN]  # the alarm of the former tool announces nothing


def test_early_alarm_is_a_miss_and_false() -> None:
    """Raised 2 h 10 min ahead and held until just before: not announced, and false."""
    assert counted(cell(ROWS, [300]), [17, 18, 19]) == (0, 1, 1)


def test_alarm_still_positive_after_its_hold_is_raised_again() -> None:
    """Positive from 3 h ahead on: the first is false, the second (2 h later) announces."""
    assert counted(cell(ROWS, [300]), list(range(12, 30))) == (1, 1, 2)


def test_late_alarm_is_a_miss_but_not_false() -> None:
    """Raised four minutes ahead, or in the row in which the tool fails."""
    assert counted(cell(ROWS, [304]), [30]) == (0, 0, 1)
    assert counted(cell(ROWS, [304]), [31]) == (0, 0, 1)
    assert counted(cell(ROWS, [304]), [32]) == (0, 1, 1)


def test_tool_change_ends_the_alarm() -> None:
    """The new tool's first positive row raises its own alarm."""
    life = [0] * 20 + [1] * 20
    assert counted(cell(ROWS, [], life), [19, 20]) == (0, 2, 2)
    assert counted(cell(ROWS, []), [19, 20]) == (0, 1, 1)


def test_alarm_of_the_former_tool_announces_nothing_about_the_new_one() -> None:
    """Within two hours, but before the change: false, and the failure missed."""
    life = [0] * 20 + [1] * 20
    assert counted(cell(ROWS, [250], life), [19]) == (0, 1, 1)


def test_one_alarm_may_announce_two_events() -> None:
    """Without tool changes two events within two hours are both announced."""
    assert counted(cell(ROWS, [300, 310]), [25]) == (2, 0, 1)


def test_event_without_rows_before_it_is_missed() -> None:
    """An unknown asset, or a time before the first row."""
    subject = cell(ROWS, [300])
    events = Events(np.array(["m9"], dtype=object), subject.events.t, subject.events.op_t)
    other = Episodes(subject.asset, subject.t, subject.op_t, events, 1.0)
    assert counted(other, [25]) == (0, 1, 1)
    assert counted(cell(ROWS[10:], [50]), [0]) == (0, 1, 1)


def test_alarm_whose_outcome_is_unknown_is_neither_right_nor_false() -> None:
    """Censored or averted rows raise alarms that are not counted."""
    subject = cell(ROWS, [300])
    known = np.ones(len(ROWS), dtype=bool)
    known[5] = False
    subject = Episodes(subject.asset, subject.t, subject.op_t, subject.events, 1.0, known=known)
    assert counted(subject, [5]) == (0, 0, 1)
    assert EpisodeIndex(subject, LEAD).tally(np.isin(np.arange(40), [5])).unknown.tolist() == [True]


def test_operating_clock_bridges_a_planned_stop() -> None:
    """An alarm on Friday at 21:30 announces a failure on Monday at 06:30; on the calendar clock it does not."""
    calendar = OperatingClock(Calendar("UTC", {"day": "06:00-22:00"}))
    start = 1_772_832_600_000_000  # Friday 2026-03-06 21:30 UTC
    t = start + np.array([0, 600, 1200]) * 10**6
    at = np.array([start + (8 * 3600 + 1800 + 1800) * 10**6])  # 06:30 next day
    events = Events(np.array(["m1"]), at, calendar.seconds(at))
    subject = Episodes(np.array(["m1"] * 3), t, calendar.seconds(t), events, 1.0)
    first = np.array([True, False, False])
    assert EpisodeIndex(subject, LEAD, 2 * H, "operating").tally(first).caught.tolist() == [True]
    assert EpisodeIndex(subject, LEAD, 2 * H, "calendar").tally(first).caught.tolist() == [False]


def test_no_rows_and_no_events() -> None:
    """Nothing gives nothing, without an error."""
    assert counted(cell([], []), []) == (0, 0, 0)
    assert counted(cell([], [300]), []) == (0, 0, 0)
    assert counted(cell(ROWS, []), []) == (0, 0, 0)


ASSETS = st.sampled_from(["m1", "m2", "m3"])


@st.composite
def subjects(draw: st.DrawFn) -> Episodes:
    """Return rows in any order on up to three assets, with lives, events and unknown rows."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, m = draw(st.integers(0, 60)), draw(st.integers(0, 6))
    asset = rng.choice(["m1", "m2", "m3"], n).astype(object)
    minute = rng.choice(1000, n, replace=False) * draw(st.sampled_from([1, 7]))
    reset = None
    if draw(st.booleans()):
        reset = minute // draw(st.integers(50, 400))  # lives change at fixed times
    where, at = rng.choice(["m1", "m2", "m3", "m4"], m).astype(object), rng.choice(1500, m).astype(float) * 60
    known = rng.random(n) < 0.8 if draw(st.booleans()) else None
    t = minute.astype(np.int64) * 60_000_000
    events = Events(where, (at * 1e6).astype(np.int64), at)
    return Episodes(asset, t, t / 1e6, events, 2.0, score=rng.integers(0, 5, n) / 4, reset=reset, known=known)


@given(subjects(), st.sampled_from([(0.0, 2 * H), LEAD, (H, H)]), st.sampled_from([10 * MIN, 2 * H, 30 * H]))
@settings(max_examples=150)
@pytest.mark.job("validation/episodes", against="cases", what="independent recount")
def test_curve_equals_the_recount(subject: Episodes, lead: tuple[float, float], hold: float) -> None:
    """For every threshold: caught events, false alarms and alarms, as counted row by row."""
    thresholds = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 2.0])
    curve = episode_curve(subject, thresholds, lead=lead, hold=hold)
    assert subject.score is not None
    for i, threshold in enumerate(thresholds):
        expected = recount(subject, (subject.score >= threshold).tolist(), lead, hold)
        assert (curve.caught[i], curve.false_alarms[i], curve.alarms[i]) == expected


@given(subjects(), st.integers(0, 2**32))
@settings(max_examples=40)
def test_order_of_rows_does_not_matter(subject: Episodes, seed: int) -> None:
    """Shuffled rows give the same counts, and alarms name the same rows."""
    order = np.random.default_rng(seed).permutation(len(subject.t))
    parts = [None if a is None else a[order] for a in (subject.reset, subject.known)]
    shuffled = Episodes(subject.asset[order], subject.t[order], subject.op_t[order], subject.events, 2.0,
                        reset=parts[0], known=parts[1])  # fmt: skip
    assert subject.score is not None
    decision = subject.score > 0.4
    first, second = EpisodeIndex(subject).tally(decision), EpisodeIndex(shuffled).tally(decision[order])
    assert (first.caught == second.caught).all()
    assert (first.alarms == order[second.alarms]).all()
    assert (first.false == second.false).all()


def test_missing_score_raises_no_alarm() -> None:
    """NaN is below every threshold."""
    subject = cell(ROWS, [300])
    score = np.full(len(ROWS), np.nan)
    with_score = Episodes(subject.asset, subject.t, subject.op_t, subject.events, 1.0, score=score)
    assert episode_curve(with_score, np.array([-1.0])).alarms.tolist() == [0]


@pytest.mark.parametrize(("lead", "hold"), [((2 * H, 5 * MIN), H), ((-1.0, H), H), (LEAD, 0.0), (LEAD, float("nan"))])
def test_impossible_windows_are_refused(lead: tuple[float, float], hold: float) -> None:
    """The message tells the values."""
    with pytest.raises(InvalidInput, match="lead window"):
        EpisodeIndex(cell(ROWS, []), lead, hold)


def test_curve_without_score_is_refused() -> None:
    """The message says what to give."""
    with pytest.raises(InvalidInput, match="carry no score"):
        episode_curve(cell(ROWS, []), np.array([0.5]))


def test_operating_time_that_runs_backwards_is_refused() -> None:
    """It would silently break every search."""
    subject = cell(ROWS, [])
    wrong = Episodes(subject.asset, subject.t, -subject.op_t, subject.events, 1.0)
    with pytest.raises(InvalidInput, match="runs backwards"):
        EpisodeIndex(wrong)


def test_columns_of_unequal_length_are_refused() -> None:
    """The message lists their sizes."""
    with pytest.raises(InvalidInput, match="columns of the rows do not fit"):
        Episodes(np.array(["m1"]), np.zeros(2, dtype=np.int64), np.zeros(2), cell([], []).events, 1.0)


def test_episodes_of_a_table_drop_events_outside_their_asset() -> None:
    """Exposure is the assets' own span in weeks; events before, after or elsewhere are left out."""
    week = 604_800_000_000
    rows = {
        "asset": np.array(["m1", "m1", "m2", "m2"], dtype=object), "t": np.array([0, 2 * week, week, 2 * week]),
        "label": np.array([0.0, np.nan, 1.0, 0.0]), "tool": np.array([1, 1, 2, 2]),
    }  # fmt: skip
    events = {
        "asset": np.array(["m1", "m2", "m3", "m1"], dtype=object),
        "t": np.array([week, week - 1, week, 3 * week]),
    }
    subject = Episodes.of(rows, events, reset="tool", label="label")
    assert subject.exposure == 3.0
    assert subject.events.t.tolist() == [week]
    assert subject.known is not None
    assert subject.known.tolist() == [True, False, True, True]
    with pytest.raises(InvalidInput, match="no column 'tol'"):
        Episodes.of(rows, events, reset="tol")
