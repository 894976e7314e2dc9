"""The world: the same for the same seed, in the ranges that were declared, and physically in order."""

import numpy as np
import pytest

from ninefold.kernel.clock import parse_iso
from ninefold.kernel.errors import InvalidInput
from ninefold.simulation.faults import Fault
from ninefold.simulation.history import DAY_US
from ninefold.simulation.plant import Plant
from ninefold.simulation.toollife import CHIPPING, FAILURES

UNTIL = parse_iso("2026-11-24T12:00:00Z")
START = UNTIL - 180 * DAY_US
HOUR_US = 3_600_000_000


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)


def failures(plant: Plant) -> int:
    return int((plant.events(START, UNTIL)["kind"] == "tool_failure").sum())


@pytest.fixture(scope="module")
def worlds() -> list[Plant]:
    """Three fresh seeds; none of them is the demo's."""
    return [Plant(seed, START) for seed in (101, 102, 103)]


def test_counts_and_shares_lie_in_the_declared_ranges_for_every_seed(worlds: list[Plant]) -> None:
    """About 243,000 parts, 490 failures within four standard deviations, lots of the declared shares."""
    counts = [failures(plant) for plant in worlds]
    assert all(400 <= n <= 580 for n in counts)
    assert 440 <= np.mean(counts) <= 540
    for plant in worlds:
        parts = plant.parts(START, UNTIL)
        shares = np.bincount(parts["variant"], minlength=4) / len(parts["part"])
        hours = plant.clock.operating(np.array([UNTIL]))[0] / 3600
        assert 235_000 < len(parts["part"]) < 250_000
        assert 14.3 < len(parts["part"]) / 8 / hours < 15.2
        assert shares == pytest.approx([0.62, 0.345, 0.035, 0.0], abs=0.05)


def test_failures_come_mostly_announced(worlds: list[Plant]) -> None:
    """Worn-out and cracked tools show it before; only chipping is silent, at its declared rate."""
    lives = [life.life for plant in worlds for life in plant.lives(START, UNTIL)]
    silent = sum(1 for life in lives if life.ending == "chipping")
    parts = sum(len(life.parts.cut_s) for life in lives)
    failed = sum(1 for life in lives if life.ending in FAILURES)
    assert 0.03 < silent / failed < 0.10
    assert abs(silent - CHIPPING * parts) < 4 * np.sqrt(CHIPPING * parts)


def test_the_same_seed_gives_the_same_world_in_whatever_order_it_is_asked() -> None:
    """Samples of a day are equal whether the days before were looked at or not; another seed differs."""
    day = (START + 20 * DAY_US, START + 21 * DAY_US)
    asked_late = Plant(7, START)
    asked_late.samples(START, START + 3 * DAY_US)
    asked_late.samples(*day)
    first = Plant(7, START).samples(*day)
    assert len(first["ts"]) > 10_000
    assert same(first, asked_late.samples(*day))
    assert not same(first, Plant(8, START).samples(*day))


def test_samples_of_adjoining_spans_are_the_samples_of_the_whole() -> None:
    """Nothing is lost or doubled at a cut, also inside a part."""
    plant = Plant(7, START)
    middle = START + 2 * HOUR_US + 1_234_567
    whole = plant.samples(START, START + 5 * HOUR_US)
    cut = [plant.samples(START, middle), plant.samples(middle, START + 5 * HOUR_US)]
    assert same(whole, {k: np.concatenate([c[k] for c in cut]) for k in whole})


def test_machines_cut_only_in_shifts_one_part_at_a_time(worlds: list[Plant]) -> None:
    """No part runs outside Monday to Friday, 06 to 22 in Berlin; parts of a machine never overlap."""
    plant = worlds[0]
    parts = plant.parts(START, UNTIL)
    took = plant.clock.operating(parts["end"] - 1000) - plant.clock.operating(parts["start"])
    assert took == pytest.approx((parts["end"] - parts["start"]) / 1e6 - 0.001, abs=1e-6)
    for machine in range(8):
        mine = parts["machine"] == machine
        assert (parts["start"][mine][1:] >= parts["end"][mine][:-1]).all()
        assert np.array_equal(parts["part"][mine], np.arange(mine.sum()))


def test_a_part_number_never_returns(worlds: list[Plant]) -> None:
    """The samples of a part stand in one piece."""
    samples = worlds[1].coded_samples(START, START + 10 * DAY_US)
    frame = samples["machine"] * 10**9 + samples["part"]
    changes = np.count_nonzero(np.diff(frame)) + 1
    assert changes == len(np.unique(frame))


def test_speed_gives_way_under_torque_as_in_the_reference(worlds: list[Plant]) -> None:
    """The slope of log speed over log torque is -0.37, and power is about 6.3 kW for variant M."""
    samples = worlds[0].coded_samples(START, START + 10 * DAY_US)
    cutting = samples["cutting"] == 1
    torque, speed = samples["spindle_torque"][cutting], samples["spindle_speed"][cutting]
    slope, _ = np.polyfit(np.log(torque), np.log(speed), 1)
    assert slope == pytest.approx(-0.37, abs=0.005)
    power = torque * speed * 2 * np.pi / 60
    assert 5500 < np.median(power[samples["variant"][cutting] == 1]) < 8000


def test_temperatures_lie_where_the_reference_has_them(worlds: list[Plant]) -> None:
    """While cutting, the process lies 8 to 12 K above air of 290 to 310 K."""
    samples = worlds[0].coded_samples(START, START + 60 * DAY_US)
    cutting = samples["cutting"] == 1
    lift = (samples["process_temperature"] - samples["air_temperature"])[cutting]
    assert 290 < samples["air_temperature"].min() < samples["air_temperature"].max() < 312
    assert 7.5 < np.median(lift) < 10.5
    assert 5.5 < lift.min() < lift.max() < 13


def test_a_sample_comes_every_ten_seconds_while_cutting_and_one_at_rest_closes_the_part(worlds: list[Plant]) -> None:
    """Inside a part no gap exceeds the period; the last row of a part has speed 0."""
    samples = worlds[2].coded_samples(START, START + 5 * DAY_US)
    same_part = (np.diff(samples["part"]) == 0) & (np.diff(samples["machine"]) == 0)
    assert np.diff(samples["ts"])[same_part].max() == 10_000_000
    last = np.append(~same_part, True)
    assert (samples["cutting"][last] == 0).mean() > 0.99  # all but the parts that the span cuts off
    assert (samples["spindle_speed"][samples["cutting"] == 0] == 0).all()


def test_bad_arguments_are_named() -> None:
    """A negative seed, an unknown machine and an unknown time of the log each say so."""
    with pytest.raises(InvalidInput, match="seed is -1"):
        Plant(-1, START)
    with pytest.raises(InvalidInput, match="no machine 'm9'"):
        Plant(1, START, faults=[Fault("cable_cut", START, asset="m9")])
    with pytest.raises(InvalidInput, match="no time 'seen'"):
        Plant(1, START).events(START, UNTIL, by="seen")
