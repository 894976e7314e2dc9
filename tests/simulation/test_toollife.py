"""A second, slow and independent reckoning of wear, torque and endings, part by part and step by step."""

import math

import numpy as np
import pytest

from ninefold.kernel.clock import parse_iso
from ninefold.simulation.history import DAY_US
from ninefold.simulation.lots import lot
from ninefold.simulation.plant import Plant
from ninefold.simulation.toollife import Before, _Draws, _loads
from ninefold.simulation.wear import flank_wear, slope

START = parse_iso("2026-06-01T04:00:00Z")


def integrated(tau: float, steps: int = 4000) -> float:
    """Return wear after an effective time by the classical Runge-Kutta method."""
    wear, step = 0.0, tau / steps
    for _ in range(steps):
        a = slope(wear)
        b = slope(wear + step * a / 2)
        c = slope(wear + step * b / 2)
        d = slope(wear + step * c)
        wear += step * (a + 2 * b + 2 * c + d) / 6
    return wear


@pytest.mark.parametrize("tau", [0.0, 1.0, 50.0, 150.0, 250.0, 310.0])
def test_the_wear_curve_solves_its_equation(tau: float) -> None:
    """The closed form equals a numerical integration within a thousandth of a millimetre."""
    assert float(flank_wear(np.array([tau]))[0]) == pytest.approx(integrated(tau), abs=1e-3)


def test_wear_has_three_phases_no_pole_and_never_falls() -> None:
    """Beyond the pole it stays at its largest value."""
    wear = flank_wear(np.linspace(0, 1000, 2001))
    assert (np.diff(wear) >= 0).all()
    assert wear[-1] == 4.0


def brute_force(plant: Plant, machine: int, lives: int) -> list[tuple[str, list[tuple[int, float, float, float]]]]:
    """Return (ending, parts as (variant, wear, crack, mean torque)) of a machine's first lives, by plain loops."""
    state, out = plant._machines[machine], []
    now = state.first
    load, left, index = now.load, now.lot_left, now.lot_index
    variant, hardness = now.lot_variant, now.lot_hardness
    cut_of, torque_of, strain_of = (2, 3, 5, 3), (37, 40, 44, 48), (11_000, 12_000, 13_000, 13_000)
    for life in range(lives):
        draws = _Draws(plant.seed, machine, life)
        counter, wear, tau, crack_at, parts, k = 0.0, 0.0, 0.0, None, list[tuple[int, float, float, float]](), 0
        while True:
            if left == 0:
                index += 1
                new = lot(plant.seed, machine, index, 0.0)
                variant, hardness, left = new.variant, new.hardness, new.size
            left -= 1
            load = 0.9 * load + 0.05 * math.sqrt(1 - 0.81) * draws.load[k]
            cut = cut_of[variant]
            tau += draws.quality * cut * hardness**2.5 * (1 + load) * math.exp(0.15 * draws.wear[k])
            before, wear = wear, integrated(tau, 400)
            cracked = 0.0 if crack_at is None else (counter - crack_at) / draws.crack_min
            crack = 0.0 if crack_at is None else (counter + cut - crack_at) / draws.crack_min
            sharp = torque_of[variant] * state.stiffness * hardness**0.6 * (1 + load)
            ends = [(2.0, "go on")]
            if wear >= draws.worn_out:
                ends.append(((draws.worn_out - before) / (wear - before), "wear"))
            if crack >= 1:
                ends.append(((1 - cracked) / (crack - cracked), "crack"))
            if draws.chip[k] < 1.4e-4:
                ends.append((draws.where[k], "chipping"))
            if wear > 0.30 and draws.operator[k] < 0.008:
                ends.append((1.5, "operator"))
            if counter + cut >= 200:
                ends.append((1.9, "planned"))
            share, ending = min(ends)
            share = min(share, 1.0)
            at_end = (before + share * (wear - before), cracked + share * (crack - cracked))
            rises = [1 + 0.40 * w / 0.3 + 0.25 * c**1.5 for w, c in ((before, cracked), at_end)]
            parts.append((variant, *at_end, sharp * sum(rises) / 2))
            counter += cut
            if crack_at is None and sharp * (1 + 0.40 * (before + wear) / 2 / 0.3) * counter >= (
                strain_of[variant] * draws.overstrain
            ):
                crack_at = counter
            k += 1
            if ending != "go on":
                break
        out.append((ending, parts))
    return out


def test_lives_equal_a_part_by_part_loop() -> None:
    """Wear, crack, torque, length and ending of the first 25 lives of two machines, in which every kind of end but
    the rarest occurs."""
    plant, seen = Plant(12, START), set()
    for machine in (0, 5):
        want = brute_force(plant, machine, 25)
        placed = [p for p in plant.lives(START, START + 20 * DAY_US) if p.life.machine == machine][:25]
        for (ending, parts), got in zip(want, placed, strict=True):
            assert ending == got.life.ending
            seen.add(ending)
            variant, wear, crack, torque = (np.array(column) for column in zip(*parts, strict=True))
            assert np.array_equal(variant, got.life.parts.variant)
            assert got.life.parts.wear_mm == pytest.approx(wear, abs=2e-3)
            assert got.life.parts.crack == pytest.approx(crack, abs=1e-9)
            level = (got.life.parts.level_start + got.life.parts.level_end) / 2
            assert level == pytest.approx(torque, rel=2e-3)
    assert {"wear", "planned"} <= seen


def test_load_is_an_ar1_process_over_the_edge_of_lives() -> None:
    """The vectorised load equals the recursion."""
    noise = np.random.default_rng(1).standard_normal(100)
    want, now = [], 0.2
    for n in noise:
        now = 0.9 * now + 0.05 * math.sqrt(0.19) * n
        want.append(now)
    assert _loads(0.2, noise) == pytest.approx(np.array(want), abs=1e-12)


def test_a_life_takes_over_the_lot_that_is_being_milled() -> None:
    """The parts of one lot number are as many as the lot has, across tool changes."""
    parts = Plant(12, START).parts(START, START + 20 * DAY_US)
    mine = parts["machine"] == 2
    numbers, counts = np.unique(parts["lot"][mine], return_counts=True)
    for number, count in list(zip(numbers.tolist(), counts.tolist(), strict=True))[1:-1]:
        assert count == lot(12, 2, number, 0.0).size


def test_nine_of_ten_failures_show_before_they_occur() -> None:
    """Between two hours and five minutes of operation before, wear is above 0.25 mm or a crack runs."""
    announced = failed = 0
    for seed in (201, 202):
        plant = Plant(seed, START)
        for placed in plant.lives(START, START + 120 * DAY_US):
            life = placed.life
            if life.ending in ("wear", "crack", "chipping"):
                ends = life.parts.start_s + life.parts.cut_s
                window = (life.end_s - ends >= 300) & (life.end_s - ends <= 7200)
                shows = (life.parts.wear_mm > 0.25) | (life.parts.crack > 0)
                failed += 1
                announced += bool((window & shows).any())
    assert failed > 500
    assert 0.88 < announced / failed < 0.97


def test_before_is_what_a_life_hands_on() -> None:
    """The first life of a machine begins in the middle of a lot."""
    first = Plant(12, START)._machines[0].first
    assert isinstance(first, Before)
    assert 1 <= first.lot_left <= 160
