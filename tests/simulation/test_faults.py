"""Each fault does what it says, where and when it says, and leaves everything else as it was."""

import numpy as np
import pytest

from ninefold.kernel.clock import parse_iso
from ninefold.kernel.errors import InvalidInput
from ninefold.simulation.faults import SIGNALS, Fault, check
from ninefold.simulation.history import DAY_US
from ninefold.simulation.plant import ASSETS, Plant

START = parse_iso("2026-06-01T04:00:00Z")  # a Monday, 06:00 in Berlin
END = START + 3 * DAY_US
NOON = START + 6 * 3_600_000_000


def both(*faults: Fault, to: int = END) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    return Plant(3, START).samples(START, to), Plant(3, START, faults=faults).samples(START, to)


def test_heat_warms_the_cabinet_air_half_a_kelvin_an_operating_hour_up_to_six() -> None:
    """Only the air of that machine changes; after two shifts it lies 6 K higher and stays there."""
    right, hot = both(Fault("heat_dissipation", NOON, asset="m3"))
    rise = np.round(hot["air_temperature"] - right["air_temperature"], 6)
    mine = (right["asset"] == "m3") & (right["ts"] >= NOON)
    assert (rise[~mine] == 0).all()
    hours = (right["ts"][mine] - NOON) / 3.6e9
    first_day = hours < 10
    assert rise[mine][first_day] == pytest.approx(0.5 * hours[first_day], abs=1e-3)
    assert rise[mine].max() == 6.0
    assert rise[mine][-1] == 6.0
    for name in SIGNALS:
        if name != "air_temperature":
            assert np.array_equal(right[name], hot[name]), name


def test_a_repaired_cabinet_is_at_its_old_temperature_at_once() -> None:
    """After the end of the fault the samples equal those of the sound world."""
    end = NOON + DAY_US
    right, hot = both(Fault("heat_dissipation", NOON, end, "m3"))
    changed = right["air_temperature"] != hot["air_temperature"]
    assert changed.any()
    assert right["ts"][changed].max() < end


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_stuck_sensor_repeats_its_last_value(signal: str) -> None:
    """From the moment on the signal is the last value before it; the others go on."""
    right, stuck = both(Fault("sensor_stuck", NOON, asset="m2", signal=signal), to=START + DAY_US)
    mine = right["asset"] == "m2"
    before = mine & (right["ts"] <= NOON)
    after = mine & (right["ts"] >= NOON)
    assert set(stuck[signal][after]) == {right[signal][before][-1]}
    for name in SIGNALS:
        rest = ~after if name == signal else slice(None)
        assert np.array_equal(right[name][rest], stuck[name][rest]), name


def test_a_cut_cable_leaves_a_hole_and_no_value() -> None:
    """Nothing of the machine arrives in the span, everything of the others does; no asset means the whole cell."""
    end = NOON + 3_600_000_000
    right, cut = both(Fault("cable_cut", NOON, end, "m5"), to=START + DAY_US)
    hole = (right["asset"] == "m5") & (right["ts"] >= NOON) & (right["ts"] < end)
    assert hole.sum() > 100
    for name in right:
        assert np.array_equal(right[name][~hole], cut[name]), name
    _, silent = both(Fault("cable_cut", NOON, end), to=START + DAY_US)
    assert not ((silent["ts"] >= NOON) & (silent["ts"] < end)).any()


def test_a_new_variant_comes_from_its_date_on_in_its_share_and_with_its_torque() -> None:
    """No part of it before; later about the share of the parts, with the level of its process sheet."""
    since = START + 14 * DAY_US
    plant = Plant(3, START, faults=[Fault("new_variant", since, share=0.5)])
    parts = plant.parts(START, START + 70 * DAY_US)
    new = parts["variant"] == 3
    assert parts["start"][new].min() > since
    late = parts["start"] > since + 3 * DAY_US
    assert new[late].mean() == pytest.approx(0.5, abs=0.1)
    fresh = new & (parts["wear_mm"] < 0.05)
    assert parts["level_nm"][fresh].mean() == pytest.approx(48, rel=0.06)
    assert "K" in set(plant.samples(since + 3 * DAY_US, since + 4 * DAY_US)["variant"])


def test_a_fault_injected_later_leaves_the_past_and_equals_one_that_was_planned() -> None:
    """A world that was looked at and then disturbed is the world that had the fault from the outset."""
    for fault in (Fault("new_variant", NOON + DAY_US), Fault("heat_dissipation", NOON + DAY_US, asset="m1")):
        looked = Plant(3, START)
        before = looked.samples(START, NOON + DAY_US)
        looked.samples(START, END)
        looked.inject(fault)
        planned = Plant(3, START, faults=[fault])
        after, want = looked.samples(START, END), planned.samples(START, END)
        assert all(np.array_equal(after[k], want[k]) for k in want)
        past = after["ts"] < NOON + DAY_US
        assert all(np.array_equal(after[k][past], before[k]) for k in before)


def test_repair_ends_what_runs_and_says_how_much() -> None:
    """Only the kind and machine that are named are repaired; a second repair finds nothing."""
    plant = Plant(3, START, faults=[Fault("heat_dissipation", NOON, asset=a) for a in ("m1", "m2")])
    assert plant.repair("heat_dissipation", "m1", NOON + 1_000_000) == 1
    assert plant.repair("heat_dissipation", "m1", NOON + 2_000_000) == 0
    assert plant.repair("sensor_stuck", None, NOON + 2_000_000) == 0
    assert next(f.end_us for f in plant.faults) == NOON + 1_000_000
    assert plant.repair("heat_dissipation", None, NOON + 2_000_000) == 1


def test_a_fault_repaired_in_the_moment_it_begins_has_never_been() -> None:
    """The world is the sound one again."""
    plant = Plant(3, START)
    plant.inject(Fault("heat_dissipation", NOON, asset="m1"))
    assert plant.repair("heat_dissipation", "m1", NOON) == 1
    assert plant.faults == ()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault("cable_cut", 10, 10), "not after its start"),
        (Fault("heat_dissipation", 0), "needs a machine"),
        (Fault("sensor_stuck", 0, asset="m1"), "belongs to sensor_stuck"),
        (Fault("sensor_stuck", 0, asset="m1", signal="pressure"), "no signal 'pressure'"),
        (Fault("cable_cut", 0, signal="tool_wear"), "belongs to sensor_stuck"),
        (Fault("new_variant", 0, asset="m1"), "whole cell"),
        (Fault("new_variant", 0, share=0.0), "share of the new variant is 0.0"),
        (Fault("new_variant", 0, share=float("nan")), "share of the new variant is nan"),
    ],
)
def test_a_fault_that_the_cell_cannot_have_is_refused(fault: Fault, message: str) -> None:
    """The message names what is wrong."""
    with pytest.raises(InvalidInput, match=message):
        check(fault, ASSETS)
