"""The live cell is the history going on; pace, jumps and faults are told, and nothing is sent twice or left out."""

import math

import numpy as np
import pytest

from ninefold.kernel.clock import parse_iso
from ninefold.kernel.errors import InvalidInput
from ninefold.simulation.control import HIGHEST_FACTOR
from ninefold.simulation.faults import Fault
from ninefold.simulation.history import DAY_US
from ninefold.simulation.live import Live
from ninefold.simulation.plant import Plant

START = parse_iso("2026-06-01T04:00:00Z")
FROM = parse_iso("2026-06-03T08:00:00Z")
HOUR_US = 3_600_000_000


class Hands:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def start(factor: float = 600, said: list[str] | None = None) -> tuple[Live, Hands]:
    hands = Hands()
    lines = said if said is not None else []
    return Live(Plant(4, START), FROM, factor=factor, monotonic=hands, say=lines.append), hands


def joined(batches: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {k: np.concatenate([b[k] for b in batches]) for k in batches[0]}


def test_live_is_the_history_going_on() -> None:
    """What is taken in uneven bites equals the samples of one plant over the whole span, history included."""
    live, hands = start()
    batches = [live.plant.samples(START, FROM)]
    for bite in np.random.default_rng(0).uniform(0.01, 1.0, 120):
        hands.s += bite
        batches.append(live.take())
    whole = Plant(4, START).samples(START, live.cursor_us)
    assert live.cursor_us > FROM + 5 * HOUR_US
    got = joined(batches)
    assert all(np.array_equal(got[k], whole[k]) for k in whole)


def test_time_runs_at_its_factor_and_a_change_moves_nothing() -> None:
    """A second is ten minutes at 600; another factor counts from where one is."""
    live, hands = start()
    hands.s += 1
    assert live.now() == FROM + 600_000_000
    live.set_factor(1200)
    assert live.now() == FROM + 600_000_000
    hands.s += 1
    assert live.now() == FROM + 1_800_000_000


def test_who_comes_late_makes_up_for_a_second_and_time_runs_slower() -> None:
    """Nothing is left out of the samples, and the pace is told, so that no clock runs ahead of them."""
    said: list[str] = []
    paces: list[tuple[int, float]] = []
    hands = Hands()
    live = Live(
        Plant(4, START), FROM, factor=600, monotonic=hands, say=said.append, on_pace=lambda n, f: paces.append((n, f))
    )
    hands.s += 30
    assert live.now() == FROM + 600_000_000
    batches = [live.take()]
    assert paces[-1] == (FROM + 600_000_000, 600)
    hands.s += 0.5
    batches.append(live.take())
    assert live.cursor_us == FROM + 900_000_000
    hands.s += 30
    batches.append(live.take())
    assert [line for line in said if "busy" in line] == [said[-1]]
    got, whole = joined(batches), Plant(4, START).samples(FROM, live.cursor_us)
    assert all(np.array_equal(got[k], whole[k]) for k in whole)


@pytest.mark.parametrize("factor", [0, -1, math.nan, math.inf, HIGHEST_FACTOR + 1])
def test_a_factor_beyond_the_ceiling_is_refused(factor: float) -> None:
    """At the start and later; the ceiling itself is allowed."""
    with pytest.raises(InvalidInput, match="out of range"):
        start(factor)
    live, _ = start(HIGHEST_FACTOR)
    with pytest.raises(InvalidInput, match="out of range"):
        live.set_factor(factor)
    assert live.factor == HIGHEST_FACTOR


def test_a_planned_stop_is_passed_over_and_said() -> None:
    """After the late shift comes the early shift at once; samples go on, none lies in the night."""
    said: list[str] = []
    live, hands = start(600, said)
    batches = []
    for _ in range(round((parse_iso("2026-06-03T20:00:00Z") - FROM) / 600e6) + 6):  # until an hour of the next day
        hands.s += 1
        batches.append(live.take())
    samples = joined(batches)
    assert live.cursor_us == parse_iso("2026-06-04T05:00:00Z")
    hour = samples["ts"] // HOUR_US % 24
    assert set(hour.tolist()) <= set(range(4, 20))
    assert any("planned stop" in line for line in said)


def test_a_jump_is_said_and_what_it_skips_is_the_same_world() -> None:
    """The skipped span is returned; after it the samples are those that the history would have had."""
    said: list[str] = []
    live, hands = start(600, said)
    hands.s += 2
    live.take()
    before = live.cursor_us
    to = before + 28 * DAY_US
    assert live.jump(to) == (before, to)
    assert any("jumps from" in line for line in said)
    hands.s += 10
    got = live.take()
    want = Plant(4, START).samples(to, live.cursor_us)
    assert len(got["ts"]) > 100
    assert all(np.array_equal(got[k], want[k]) for k in want)


@pytest.mark.parametrize("by", [-1, 0, 401 * DAY_US])
def test_a_jump_back_or_too_far_is_refused(by: int) -> None:
    """Time stays where it was."""
    live, _ = start()
    with pytest.raises(InvalidInput):
        live.jump(FROM + by)
    assert live.now() == FROM


def test_a_fault_begins_where_the_feed_stands_and_a_repair_ends_it() -> None:
    """Live and planned faults give the same samples; after the repair the air is what it would have been."""
    live, hands = start()
    hands.s += 3
    live.take()
    begins = live.cursor_us
    assert live.inject("heat_dissipation", "m1").start_us == begins
    hands.s += 24
    hot = live.take()
    ends = live.cursor_us
    assert live.repair("heat_dissipation", "m1") == 1
    hands.s += 3
    cool = live.take()
    planned = Plant(4, START, faults=[Fault("heat_dissipation", begins, ends, "m1")])
    want = planned.samples(begins, live.cursor_us)
    got = joined([hot, cool])
    assert all(np.array_equal(got[k], want[k]) for k in want)
    sound = Plant(4, START).samples(ends, live.cursor_us)
    assert np.array_equal(cool["air_temperature"], sound["air_temperature"])


def test_the_pace_is_told_whenever_it_changes() -> None:
    """Start, factor, jump and planned stop each say where simulated time is and how fast it runs."""
    told: list[tuple[int, float]] = []
    hands = Hands()
    live = Live(Plant(4, START), FROM, monotonic=hands, on_pace=lambda now, pace: told.append((now, pace)))
    live.set_factor(1200)
    live.jump(FROM + HOUR_US)
    hands.s += (parse_iso("2026-06-03T20:00:00Z") - FROM) / 1200e6
    live.take()
    assert told[:3] == [(FROM, 600.0), (FROM, 1200.0), (FROM + HOUR_US, 1200.0)]
    assert told[3] == (live.cursor_us, 1200.0)
