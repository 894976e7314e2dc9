"""One tool life: parts in a row with one tool, from its change to its failure or its next change.

Equations and reasons: docs/simulation.md. All draws of a life come from its own generator, in a fixed order, so that a
life is the same whoever asks for it and whenever.
"""

import math
from typing import Literal, TypeAlias

import msgspec
import numpy as np

from ninefold.simulation.lots import lot
from ninefold.simulation.shifts import OperatingTime
from ninefold.simulation.variants import ALL_VARIANTS
from ninefold.simulation.wear import flank_wear
from ninefold.vocabulary.columns import Array, Floats

Ending: TypeAlias = Literal["wear", "crack", "chipping", "operator", "planned"]
FAILURES: tuple[Ending, ...] = ("wear", "crack", "chipping")

PLANNED_CHANGE_MIN = 200.0
WORN_OUT_MM = 0.45
OPERATOR_SEES_MM = 0.30
OPERATOR_CHANGES = 0.008
CHIPPING = 1.4e-4
ABNORMAL_SHARE = 0.187
LOAD_PHI, LOAD_SD = 0.9, 0.05
STOP_SHARE, STOP_MEAN_S = 0.05, 360.0
SETUP_S, CHANGE_S, FAILURE_S = 900.0, 240.0, 900.0
_MOST_PARTS = 101  # of the variant with the shortest cut, before the counter reaches the planned change
_STREAM = 2

_CUT = np.array([v.cut_min for v in ALL_VARIANTS])
_HANDLING = np.array([v.handling_min for v in ALL_VARIANTS])
_TORQUE = np.array([v.torque_nm for v in ALL_VARIANTS])
_OVERSTRAIN = np.array([v.overstrain_nm_min for v in ALL_VARIANTS])


class Before(msgspec.Struct, frozen=True):
    """What a life takes over from the one before it."""

    operating_s: float
    load: float
    lot_index: int  # the lot that is being milled
    lot_variant: int
    lot_hardness: float
    lot_left: int  # its parts that are still to come


class Parts(msgspec.Struct, frozen=True):
    """The parts of a life, each array of the shape (n_parts,)."""

    variant: Array
    cut_s: Floats  # shorter than the variant's for a part in which the tool failed
    start_s: Floats  # operating seconds
    level_start: Floats  # mean torque in N.m, without noise
    level_end: Floats
    noise_sd: Floats  # N.m
    wear_mm: Floats  # at its end
    crack: Floats  # 0..1 at its end
    counter_min: Floats  # the controller's wear counter at its start
    lot: Array


class ToolLife(msgspec.Struct, frozen=True):
    """One tool on one machine: its parts, how it ended, and what the next one takes over."""

    machine: int
    index: int
    parts: Parts
    ending: Ending
    end_s: float  # operating second of the failure or of the change
    after: Before


class _Draws:
    """All random numbers of a life."""

    def __init__(self, seed: int, machine: int, index: int) -> None:
        rng = np.random.default_rng([seed, machine, index, _STREAM])
        n = _MOST_PARTS
        self.load, self.wear = rng.standard_normal(n), rng.standard_normal(n)
        self.stop, self.chip, self.operator, self.where = (rng.random(n) for _ in range(4))
        self.stop_s = rng.exponential(STOP_MEAN_S, n)
        abnormal = float(rng.uniform(1.45, 2.3)) if float(rng.random()) < ABNORMAL_SHARE else 1.0
        normal = rng.standard_normal(4)
        self.quality = float(np.exp(0.12 * normal[0])) * abnormal
        self.worn_out = WORN_OUT_MM * float(np.exp(0.10 * normal[1]))
        self.overstrain = float(np.exp(0.06 * normal[2]))
        self.crack_min = 20.0 * float(np.exp(0.6 * normal[3]))


class _Run(msgspec.Struct, frozen=True):
    """Parts of one lot in a row within a life."""

    lot_index: int
    variant: int
    hardness: float
    parts: int
    left: int  # of the lot before these parts
    opens: bool  # its first part is the lot's first


def _runs(seed: int, machine: int, before: Before, new_share: float) -> list[_Run]:
    """Return the runs of parts until the planned change."""
    index, variant, hardness, left = before.lot_index, before.lot_variant, before.lot_hardness, before.lot_left
    counter, runs, opens = 0.0, list[_Run](), False
    while counter < PLANNED_CHANGE_MIN:
        if left == 0:
            index += 1
            new = lot(seed, machine, index, new_share)
            variant, hardness, left, opens = new.variant, new.hardness, new.size, True
        cut = ALL_VARIANTS[variant].cut_min
        parts = min(left, math.ceil((PLANNED_CHANGE_MIN - counter) / cut))
        runs.append(_Run(index, variant, hardness, parts, left, opens))
        counter, left = counter + parts * cut, left - parts
    return runs


def _lot_after(runs: list[_Run], milled: int, operating_s: float, load: float) -> Before:
    """Return what the next life takes over after a number of parts."""
    done = np.cumsum([run.parts for run in runs])
    last = int(np.searchsorted(done, milled))
    run, before = runs[last], int(done[last - 1]) if last else 0
    return Before(operating_s, load, run.lot_index, run.variant, run.hardness, run.left - (milled - before))


def _loads(start: float, noise: Floats) -> Floats:
    """Return the AR(1) load of each part, after the load of the last part before."""
    powers = LOAD_PHI ** np.arange(1, len(noise) + 1)
    innovation = LOAD_SD * np.sqrt(1 - LOAD_PHI**2) * noise
    loads: Floats = powers * (start + np.cumsum(innovation / powers))
    return loads


def _first(condition: Array) -> int | None:
    found = int(np.argmax(condition)) if condition.size else 0
    return found if condition.size and bool(condition[found]) else None


def _share_of_part(before: float, after: float, limit: float) -> float:
    return min(max((limit - before) / (after - before), 1e-3), 1.0)


def _ending(draws: _Draws, wear: Floats, crack: Floats) -> tuple[int, float, Ending]:
    """Return the last part, the share of it that was cut, and how the life ended; the earliest cause counts."""
    n = len(wear) - 1  # wear and crack have the value before the first part in front
    found: list[tuple[int, float, Ending]] = [(n - 1, 2.0, "planned")]
    if (i := _first(wear[1:] >= draws.worn_out)) is not None:
        found.append((i, _share_of_part(wear[i], wear[i + 1], draws.worn_out), "wear"))
    if (i := _first(crack[1:] >= 1.0)) is not None:
        found.append((i, _share_of_part(crack[i], crack[i + 1], 1.0), "crack"))
    if (i := _first(draws.chip[:n] < CHIPPING)) is not None:
        found.append((i, max(float(draws.where[i]), 1e-3), "chipping"))
    if (i := _first((wear[1:] > OPERATOR_SEES_MM) & (draws.operator[:n] < OPERATOR_CHANGES))) is not None:
        found.append((i, 1.5, "operator"))
    last, share, ending = min(found)
    return last, min(share, 1.0), ending


def _schedule(clock: OperatingTime, start_s: float, lead_s: Floats, need_s: Floats) -> Floats:
    """Return when the cut of each part starts; a part that would not be done before the shift ends waits."""
    starts, now, end = np.empty(len(need_s)), start_s, clock.shift_end(start_s)
    for k, (lead, need) in enumerate(zip(lead_s.tolist(), need_s.tolist(), strict=True)):
        now += lead
        if now + need > end:
            end = clock.shift_end(now)
            if now + need > end:
                now, end = end, clock.shift_end(end)
        starts[k] = now
        now += need
    return starts


class _Course(msgspec.Struct, frozen=True):
    """What would become of the tool until the planned change; wear, crack and counter have their start in front."""

    variant: Array
    lot: Array
    opens: Array  # the first part of its lot
    load: Floats
    sharp: Floats  # N.m, mean torque with a sharp tool
    wear: Floats
    crack: Floats
    counter: Floats


def _course(draws: _Draws, runs: list[_Run], load: float, stiffness: float) -> _Course:
    counts = [run.parts for run in runs]
    variant, hardness, lots = (
        np.repeat([getattr(run, name) for run in runs], counts) for name in ("variant", "hardness", "lot_index")
    )
    opens = np.zeros(len(variant), bool)
    opens[np.cumsum([0, *counts[:-1]])] = [run.opens for run in runs]
    n, cut = len(variant), _CUT[variant]
    loads = _loads(load, draws.load[:n])
    tau = draws.quality * cut * hardness**2.5 * (1 + loads) * np.exp(0.15 * draws.wear[:n])
    wear = np.concatenate([[0.0], flank_wear(np.cumsum(tau))])
    counter = np.concatenate([[0.0], np.cumsum(cut)])
    sharp = _TORQUE[variant] * stiffness * hardness**0.6 * (1 + loads)
    strain = sharp * (1 + 0.40 * (wear[1:] + wear[:-1]) / 2 / 0.3) * counter[1:]
    begins = _first(strain >= _OVERSTRAIN[variant] * draws.overstrain)
    crack = np.zeros(n + 1) if begins is None else np.clip((counter - counter[begins + 1]) / draws.crack_min, 0, None)
    return _Course(variant, lots, opens, loads, sharp, wear, crack, counter)


def _to_last(values: Floats, last: int, share: float) -> Floats:
    """Return the values from the start until the end of the last part, of which only a share was cut."""
    values = values[: last + 2].copy()
    values[-1] = values[-2] + share * (values[-1] - values[-2])
    return values


def tool_life(
    seed: int, machine: int, index: int, stiffness: float, before: Before, clock: OperatingTime, new_share: float
) -> ToolLife:
    """Return a machine's tool life by its number, after the one before it.

    `stiffness` is the machine's own factor on torque (near 1), `new_share` the share of the new variant in its lots.
    """
    draws, runs = _Draws(seed, machine, index), _runs(seed, machine, before, new_share)
    course = _course(draws, runs, before.load, stiffness)
    last, share, ending = _ending(draws, course.wear, course.crack)
    n = last + 1
    variant, sharp = course.variant[:n], course.sharp[:n]
    cut_s = _CUT[variant] * 60.0
    cut_s[last] *= share
    stops_s = np.where(draws.stop[:n] < STOP_SHARE, draws.stop_s[:n], 0.0)
    lead_s = SETUP_S * course.opens[:n] + stops_s + 60 * _HANDLING[variant]
    starts = _schedule(clock, before.operating_s, lead_s, cut_s)
    wear, crack = _to_last(course.wear, last, share), _to_last(course.crack, last, share)
    rise = 1 + 0.40 * wear / 0.3 + 0.25 * crack**1.5
    parts = Parts(
        variant=variant, cut_s=cut_s, start_s=starts, lot=course.lot[:n],
        level_start=sharp * rise[:-1], level_end=sharp * rise[1:],
        noise_sd=3 * (1 + 0.6 * (wear[1:] + wear[:-1]) / 2 / 0.3 + crack[1:] ** 1.5),
        wear_mm=wear[1:], crack=crack[1:], counter_min=course.counter[:n],
    )  # fmt: skip
    end_s = float(starts[-1] + cut_s[-1])
    idle_s = FAILURE_S if ending in FAILURES else CHANGE_S
    after = _lot_after(runs, n, end_s + idle_s, float(course.load[last]))
    return ToolLife(machine, index, parts, ending, end_s, after)
