"""The plant: eight machines whose tool lives are made in order, on demand, from one seed.

The past never depends on how far one has looked: every life and every lot has a generator of its own. A fault that is
injected later changes only what begins after it, so a live feed continues the very world of the history.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import structs

from ninefold.kernel.errors import InvalidInput
from ninefold.simulation import logbook, sensors
from ninefold.simulation.climate import HallAir, lifts_at_start
from ninefold.simulation.disturb import disturb
from ninefold.simulation.faults import Fault, Kind, check
from ninefold.simulation.lots import lot
from ninefold.simulation.sensors import Placed
from ninefold.simulation.shifts import CELL_CALENDAR, OperatingTime
from ninefold.simulation.spindle import power_w, speed_rpm
from ninefold.simulation.toollife import Before, tool_life
from ninefold.simulation.variants import ALL_VARIANTS
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.columns import Array

MACHINES = 8
ASSETS = tuple(f"m{k + 1}" for k in range(MACHINES))
STIFFNESS_SD = 0.03
_STREAM = 6
_LATEST_REPORT_US = 30 * 86_400_000_000  # no report is later, holidays included
_NAMES = np.array([v.name for v in ALL_VARIANTS], dtype=object)


class _Machine:
    """One machine: its lives so far, and what the next one takes over."""

    def __init__(self, seed: int, number: int) -> None:
        rng = np.random.default_rng([seed, number, _STREAM])
        self.stiffness = 1.0 + STIFFNESS_SD * float(rng.standard_normal())
        first = lot(seed, number, 0, 0.0)
        begin_s, left = float(rng.uniform(0, 1800)), int(rng.integers(1, first.size + 1))
        self.first = Before(begin_s, 0.0, 0, first.variant, first.hardness, left)
        self.lives: list[Placed] = []
        self.lifts_after: list[float] = []  # process minus air at the end of each life
        self.kept: tuple[Placed, dict[str, Array]] | None = None  # the samples of the life that was read last

    def drop_from(self, time_us: int) -> None:
        """Forget the lives that begin at or after a moment."""
        keep = sum(1 for placed in self.lives if placed.begin_us < time_us)
        del self.lives[keep:], self.lifts_after[keep:]


class Plant:
    """A simulated milling cell from a start on; everything in it follows from the seed and the faults."""

    def __init__(
        self, seed: int, start_us: int, *, faults: Sequence[Fault] = (), calendar: Calendar = CELL_CALENDAR
    ) -> None:
        """Set up the cell; nothing is computed before it is asked for.

        Raises:
            InvalidInput: a negative seed, a fault that the cell cannot have, or a calendar without a shift.
        """
        if seed < 0:
            raise InvalidInput(f"The seed is {seed}; it must not be negative.")
        self.seed, self.start_us = seed, start_us
        self.clock, self._air = OperatingTime(calendar, start_us), HallAir(seed, start_us)
        self._faults = [check(fault, ASSETS) for fault in faults]
        self._machines = [_Machine(seed, k) for k in range(MACHINES)]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults so far, in the order of their injection."""
        return tuple(self._faults)

    def inject(self, fault: Fault) -> None:
        """Add a fault; lives that begin before it stay what they were.

        Raises:
            InvalidInput: a fault that the cell cannot have.
        """
        self._faults.append(check(fault, ASSETS))
        if fault.kind == "new_variant":
            for machine in self._machines:
                machine.drop_from(fault.start_us)

    def repair(self, kind: Kind, asset: str | None, time_us: int) -> int:
        """End the faults of a kind at a machine (None: every one of the kind); return how many ended."""
        ended, faults = 0, list[Fault]()
        for fault in self._faults:
            matches = fault.kind == kind and (asset is None or fault.asset == asset)
            if not (matches and fault.start_us <= time_us < fault.end_us):
                faults.append(fault)
                continue
            ended += 1
            if fault.start_us < time_us:  # one that ends where it began has never been
                faults.append(structs.replace(fault, end_us=time_us))
        self._faults = faults
        if ended and kind == "new_variant":
            for machine in self._machines:
                machine.drop_from(time_us)
        return ended

    def _new_share(self, time_us: int) -> float:
        shares = [f.share for f in self._faults if f.kind == "new_variant" and f.start_us <= time_us < f.end_us]
        return max(shares, default=0.0)

    def _grow(self, number: int, to_us: int) -> list[Placed]:
        """Make a machine's lives until one begins at or after a moment; return all."""
        machine = self._machines[number]
        while not machine.lives or machine.lives[-1].begin_us < to_us:
            index = len(machine.lives)
            before = machine.lives[-1].life.after if machine.lives else machine.first
            begin_us = int(self.clock.utc(np.array([before.operating_s]))[0])
            share = self._new_share(begin_us)
            life = tool_life(self.seed, number, index, machine.stiffness, before, self.clock, share)
            start_us = self.clock.utc(life.parts.start_s)
            end_us = start_us + np.round(life.parts.cut_s * 1e3).astype(np.int64) * 1000
            was = (int(machine.lives[-1].end_us[-1]), machine.lifts_after[-1]) if machine.lives else (begin_us, 6.0)
            idle_s = (start_us - np.concatenate([[was[0]], end_us[:-1]])) / 1e6
            level = (life.parts.level_start + life.parts.level_end) / 2
            lifts, last = lifts_at_start(was[1], idle_s, power_w(level, speed_rpm(level)), life.parts.cut_s)
            first = machine.lives[-1].first_part + len(machine.lives[-1].start_us) if machine.lives else 0
            machine.lives.append(Placed(life, begin_us, start_us, end_us, lifts, first))
            machine.lifts_after.append(last)
        return machine.lives

    def lives(self, from_us: int, to_us: int) -> Iterator[Placed]:
        """Yield the tool lives that touch [from, to), machine by machine, in time order."""
        for number in range(MACHINES):
            lives = self._grow(number, to_us)
            first = max(bisect_right(lives, from_us, key=lambda placed: placed.begin_us) - 1, 0)
            for placed in lives[first:]:
                if placed.begin_us < to_us and int(placed.end_us[-1]) >= from_us:
                    yield placed

    def parts(self, from_us: int, to_us: int) -> dict[str, Array]:
        """Return the parts whose cut began in [from, to), by machine and time, with the hidden state of their tool.

        For tests and figures; no feature may use `wear_mm`, `crack`, `level_nm` or `ending`.
        """
        blocks = []
        for placed in self.lives(from_us, to_us):
            life, parts, n = placed.life, placed.life.parts, len(placed.start_us)
            block = {
                "machine": np.full(n, life.machine), "part": placed.first_part + np.arange(n),
                "variant": parts.variant, "tool_life": np.full(n, life.index), "start": placed.start_us,
                "end": placed.end_us, "lot": parts.lot, "counter_min": parts.counter_min, "wear_mm": parts.wear_mm,
                "crack": parts.crack, "level_nm": (parts.level_start + parts.level_end) / 2,
                "ending": np.full(n, life.ending, dtype=object),
            }  # fmt: skip
            keep = (placed.start_us >= from_us) & (placed.start_us < to_us)
            blocks.append({name: column[keep] for name, column in block.items()})
        return _joined(blocks)

    def coded_samples(self, from_us: int, to_us: int) -> dict[str, Array]:
        """Return the samples of [from, to) with faults, by machine and time; machine, part, variant, life as numbers.

        The names of `samples` follow from the numbers: `m1`, `m1-P0000012`, `L`, `m1-T00003`.
        """
        blocks = []
        for placed in self.lives(from_us, to_us):
            block = self._readings(placed)
            rows = (block["ts"] >= from_us) & (block["ts"] < to_us)
            blocks.append({name: column[rows] for name, column in block.items()})
        return _joined(blocks)

    def _readings(self, placed: Placed) -> dict[str, Array]:
        """Return a life's samples with the faults of its machine."""
        number = placed.life.machine
        block = self._read(placed)
        mine = [f for f in self._faults if f.covers(ASSETS[number])]
        return disturb(block, mine, self.clock, lambda fault: self._stuck_at(number, fault)) if mine else block

    def _read(self, placed: Placed) -> dict[str, Array]:
        """Return a life's samples without faults; a machine's last one is kept, for a live feed asks often."""
        number = placed.life.machine
        kept = self._machines[number].kept
        if kept is None or kept[0] is not placed:
            block = sensors.read(self.seed, placed, self._air)
            block["machine"] = np.full(len(block["ts"]), number)
            kept = self._machines[number].kept = (placed, block)
        return kept[1]

    def _stuck_at(self, number: int, fault: Fault) -> float:
        """Return the value of a signal when it got stuck: the last one at or before that moment, else the first."""
        lives = self._grow(number, fault.start_us + 1)
        before = [p for p in lives if int(p.start_us[0]) <= fault.start_us] or lives[:1]
        block = sensors.read(self.seed, before[-1], self._air)
        row = max(int(np.searchsorted(block["ts"], fault.start_us, side="right")) - 1, 0)
        return float(block[fault.signal or ""][row])

    def samples(self, from_us: int, to_us: int) -> dict[str, Array]:
        """Return the samples of [from, to) as the cell sends them, in time order.

        Columns: asset, ts (µs UTC), part, variant, tool_life (text) and the six signals, NaN-free.
        """
        coded = self.coded_samples(from_us, to_us)
        return named(coded, np.lexsort((coded["machine"], coded["ts"])))

    def events(self, from_us: int, to_us: int, *, by: str = "occurred") -> dict[str, Array]:
        """Return the log entries whose time `by` (occurred, reported or known) lies in [from, to), as known.

        Raises:
            InvalidInput: no such time.
        """
        if by not in ("occurred", "reported", "known"):
            raise InvalidInput(f"A log entry has no time {by!r}.", hint="Use occurred, reported or known.")
        since = from_us if by == "occurred" else from_us - _LATEST_REPORT_US
        entries = [logbook.entry(self.seed, placed, self.clock) for placed in self.lives(since, to_us)]
        table = logbook.table([e for e in entries if int(str(e["occurred"])) < to_us])
        rows = (table[by] >= from_us) & (table[by] < to_us)
        return {name: column[rows] for name, column in table.items()}


def named(coded: dict[str, Array], order: Array) -> dict[str, Array]:
    """Return coded samples in an order, with the names in place of the numbers."""
    machine, part, life = (coded[name][order] for name in ("machine", "part", "tool_life"))
    assets = np.array(ASSETS, dtype=object)
    prefix = machine.tolist()
    text = {
        "asset": assets[machine],
        "part": np.array([f"m{m + 1}-P{p:07d}" for m, p in zip(prefix, part.tolist(), strict=True)], dtype=object),
        "variant": _NAMES[coded["variant"][order]],
        "tool_life": np.array([f"m{m + 1}-T{k:05d}" for m, k in zip(prefix, life.tolist(), strict=True)], dtype=object),
    }
    signals = {name: column[order] for name, column in coded.items() if name not in ("machine", *text)}
    ts = signals.pop("ts")
    return {"asset": text["asset"], "ts": ts, "part": text["part"], "variant": text["variant"],
            "tool_life": text["tool_life"], **signals}  # fmt: skip


def _joined(blocks: list[dict[str, Array]]) -> dict[str, Array]:
    """Return blocks under one another; every machine has at least one life, so there is always one block."""
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
