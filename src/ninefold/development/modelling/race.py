"""The race: candidates of all trainers, cheapest first, under one CPU budget, each fit in a killable process.

A candidate may use a third of the budget; one that does more, crashes or hangs is dead and the race goes on. One that
by the pace of its trainer would need more is not begun. A
candidate is dropped when it is far behind the best after one fold, or behind in both of two folds while it is not the
first of its trainer: being dearer, it could only win by being clearly better. What is left is trained on all training
rows, exported, and held against its native scores.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ninefold.development.modelling.entrant import Budgeted, Data, Entrant, Finish, number
from ninefold.development.modelling.orders import Done, Export, Failed, Fit, Order, Propose, Proposed
from ninefold.development.modelling.parity import Graph, compare
from ninefold.development.modelling.process import Allowance, Worker
from ninefold.development.modelling.ranking import METRICS, scored, standings, winner_of
from ninefold.development.modelling.trainers.contract import Matrix
from ninefold.kernel.errors import BudgetExceeded, Cancelled, InvalidInput, NinefoldError
from ninefold.kernel.progress import Cancel, Progress
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.model import TEST

SHARE = 1 / 3  # of the CPU budget, for one candidate with all of its folds
WALL_FACTOR = 6  # a candidate that only waits is ended, too: seconds of wall per second of CPU allowed, and WALL_S
WALL_S = 20
PROBE_TEST_ROWS = 5_000
FAR_BEHIND = 1.5  # times the best loss, or the best gain divided by it


class Race:
    """One race over prepared data. `scratch` is an empty folder."""

    def __init__(
        self, data: Data, metric: str, budget: Budgeted, seed: int, scratch: Path, progress: Progress, cancel: Cancel
    ) -> None:
        self.data, self.metric, self.budget, self.seed = data, metric, budget, seed
        self.scratch, self.progress, self.cancel = scratch, progress, cancel
        self._measure = METRICS[metric]
        self._worker: Worker | None = None
        self._spent = 0.0  # by workers that are gone
        self._best: Entrant | None = None  # of those that came through all folds
        self._tried: set[str] = set()
        self._pace: dict[str, float] = {}  # CPU seconds per unit of cost, by trainer
        self._save("x", data.x)
        self._save("y", data.y)
        for fold in (*range(data.folds), None):
            self._save(f"fit-{fold}", data.rows.fit_rows(fold, data.y))
        for fold in range(data.folds):
            self._save(f"predict-{fold}", data.rows.predict_rows(fold))
        test = np.flatnonzero(data.rows.roles == TEST)
        chosen = np.sort(np.random.default_rng(seed).permutation(test)[:PROBE_TEST_ROWS])
        self._save("test", chosen)

    def run(self, trainers: tuple[str, ...]) -> Finish:
        """Return how the race ended.

        Raises:
            BudgetExceeded: nothing was complete when the budget was used up.
            InvalidInput: every candidate failed.
            Cancelled: a person ended it; no worker is left.
        """
        try:
            entrants = self._line_up(trainers)
            for place, entrant in enumerate(entrants):
                if self._left_s <= 0:
                    entrant.reason = "The budget was used up before its turn."
                    continue
                if (needed := self._expected_s(entrant)) > (allowed := self._allowance(entrant).cpu_s):
                    entrant.reason = f"It would take about {needed:.0f} s of CPU; the budget leaves it {allowed:.0f} s."
                    continue
                self._run_one(entrant, place / len(entrants))
        finally:
            self._close()
        return self._finish(entrants)

    @property
    def used_cpu_s(self) -> float:
        """CPU seconds of all workers so far."""
        return self._spent + (self._worker.cpu_s if self._worker else 0.0)

    @property
    def _left_s(self) -> float:
        return self.budget.cpu_s - self.used_cpu_s

    def _expected_s(self, entrant: Entrant) -> float:
        """Return the CPU seconds that an entrant will take, by what its trainer's last one took; 0 when unknown."""
        return self._pace.get(entrant.trainer, 0.0) * entrant.cost

    def _line_up(self, trainers: tuple[str, ...]) -> list[Entrant]:
        y = self.data.y[self.data.rows.fit_rows(None, self.data.y)]
        entrants = []
        for trainer in trainers:
            order = Propose(trainer, "binary", len(y), len(self.data.features), int(y.sum()))
            found: list[Entrant] = []
            broken = Entrant(trainer, {}, 0.0, trainer)
            reply = self._ask(order, broken, self._allowance(broken))
            if isinstance(reply, Proposed):
                found = [Entrant(trainer, params, cost) for params, cost in reply.proposals]
                for number, entrant in enumerate(found, 1):
                    entrant.name = f"{trainer}-{number}"
            entrants += found or [replace(broken, reason=broken.reason or "It proposed nothing for this task.")]
        return sorted(entrants, key=lambda r: (r.cost, r.name))

    def _run_one(self, entrant: Entrant, done: float) -> None:
        if entrant.outcome in {"failed", "killed"} or entrant.reason:
            return
        scores = np.full(len(self.data.y), np.nan)
        for fold in range(self.data.folds):
            used = f"{self.used_cpu_s:.1f} of {self.budget.cpu_s:g} s CPU"
            self.progress.say(f"{entrant.name}, fold {fold + 1} of {self.data.folds}, {used}", done)
            if not self._fold(entrant, fold, scores) or self._hopeless(entrant):
                return
        self.progress.say(f"{entrant.name}, final model and parity, {self.used_cpu_s:.1f} s CPU", done)
        entrant.scores = scores.astype(np.float32).astype(np.float64)
        self._export(entrant)
        if entrant.outcome == "finished":
            self._place(entrant)

    def _fold(self, entrant: Entrant, fold: int, scores: Floats) -> bool:
        path = str(self.scratch / "scores.npy")
        order = Fit(
            entrant.trainer, entrant.params, self._path("x"), self._path("y"), self._path(f"fit-{fold}"),
            self._path(f"predict-{fold}"), path, self.seed, self.budget.threads,
        )  # fmt: skip
        if not isinstance(self._ask(order, entrant, self._allowance(entrant)), Done):
            return False
        rows = self.data.rows.predict_rows(fold)
        found = np.load(path, allow_pickle=False)
        if (
            found.shape != rows.shape
            or not np.isfinite(found).all()
            or found.min(initial=0) < 0
            or found.max(initial=0) > 1
        ):
            entrant.outcome, entrant.reason = "failed", "Its scores are not one number between 0 and 1 per row."
            return False
        scores[rows] = found
        known = rows[~np.isnan(self.data.y[rows])]
        value = self._measure.compute(scored(self.data.y[known], scores[known]), np.ones(len(known)))
        entrant.folds.append(number(value))
        return True

    def _hopeless(self, entrant: Entrant) -> bool:
        """Look at the folds so far; drop the entrant when it is behind, and say so."""
        sign = 1.0 if self._measure.higher_is_better else -1.0
        here, best, done = entrant.folds, self._best, len(entrant.folds)
        if any(v is None for v in here) or done > 2:
            return False
        if best is None or any(v is None for v in best.folds[:done]):
            return False
        pairs = [(float(h or 0), float(b or 0)) for h, b in zip(here, best.folds, strict=False)]
        now, lead = pairs[-1]
        ratio = lead / max(now, 1e-12) if sign > 0 else now / max(lead, 1e-12)
        if done == 1 and ratio > FAR_BEHIND:
            entrant.reason = f"After one fold its {self.metric} of {now:.3g} was far behind {best.name}, {lead:.3g}."
        elif done == 2 and entrant.trainer in self._tried and all(sign * (h - b) < 0 for h, b in pairs):
            entrant.reason = f"It was behind {best.name} in both of the first two folds."
        if entrant.reason:
            entrant.outcome = "dropped"
        return bool(entrant.reason)

    def _place(self, entrant: Entrant) -> None:
        """Remember that a candidate of this trainer came through, and whether it leads."""
        self._tried.add(entrant.trainer)
        self._pace[entrant.trainer] = entrant.cpu_s / entrant.cost if entrant.cost > 0 else 0.0
        means = [np.mean([v for v in e.folds if v is not None] or [np.nan]) for e in (entrant, self._best) if e]
        higher = self._measure.higher_is_better
        if self._best is None or (means[0] > means[1] if higher else means[0] < means[1]):
            self._best = entrant

    def _export(self, entrant: Entrant) -> None:
        onnx, probe, native = (self.scratch / name for name in ("final.onnx", "probe.npy", "native.npy"))
        order = Export(
            entrant.trainer, entrant.params, self._path("x"), self._path("y"), self._path("fit-None"),
            self._path("test"), str(onnx), str(probe), str(native),
            {str(place): count for place, count in self.data.categories.items()}, self.seed, self.budget.threads,
        )  # fmt: skip
        reply = self._ask(order, entrant, self._allowance(entrant))
        if not isinstance(reply, Done):
            return
        entrant.onnx = onnx.read_bytes()
        entrant.probe, entrant.native = np.load(probe, allow_pickle=False), np.load(native, allow_pickle=False)
        self._gate(entrant, entrant.probe, entrant.native, reply.cases)

    def _gate(self, entrant: Entrant, probe: Matrix, native: Floats, cases: dict[str, int]) -> None:
        try:
            graph = Graph(entrant.onnx)
            entrant.parity = compare(graph, probe, native, cases)
            entrant.row_us = round(graph.row_us(probe), 1)
        except InvalidInput as error:
            entrant.outcome, entrant.reason = "disqualified", error.message
            return
        entrant.outcome = "finished" if entrant.parity.passed else "disqualified"
        if not entrant.parity.passed:
            entrant.reason = f"The exported graph does not give the native scores: {entrant.parity.note}"

    def _allowance(self, entrant: Entrant) -> Allowance:
        cpu_s = min(self._left_s, self.budget.cpu_s * SHARE - entrant.cpu_s)
        return Allowance(max(cpu_s, 0.0), WALL_FACTOR * max(cpu_s, 0.0) + WALL_S, self.budget.memory)

    def _ask(self, order: Order, entrant: Entrant, allowed: Allowance) -> Any:
        """Return the reply, or None when the entrant is out; it then says why."""
        if self._worker is None or not self._worker.alive:
            self._close()
            self._worker = Worker(self.scratch, self.budget.threads)
        worker, before = self._worker, self._worker.cpu_s
        reply = None
        try:
            reply = worker.ask(order, allowed, self.cancel)
        except Cancelled:
            raise
        except NinefoldError as error:
            entrant.outcome = "killed" if isinstance(error, BudgetExceeded) else "failed"
            entrant.reason = error.message
        finally:
            entrant.cpu_s += worker.cpu_s - before
            entrant.peak_mb = max(entrant.peak_mb, worker.peak_mb)
        if isinstance(reply, Failed):
            entrant.outcome, entrant.reason = "failed", reply.error
        return reply

    def _close(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._spent += self._worker.cpu_s
            self._worker = None

    def _finish(self, entrants: list[Entrant]) -> Finish:
        passed = {r.name: r for r in entrants if r.outcome == "finished"}
        starved = self._left_s <= 0 or any(r.outcome == "killed" for r in entrants)
        if not passed:
            raise _nothing(entrants, self.budget.cpu_s, starved)
        rows = np.flatnonzero((self.data.rows.roles >= 0) & ~np.isnan(self.data.y))
        self.progress.say(f"comparing {len(passed)} candidates", 0.95)
        table = standings(
            self.data.y[rows], {n: r.scores[rows] for n, r in passed.items() if r.scores is not None},
            self.data.rows.groups[rows], self.metric, np.random.default_rng(self.seed),
        )  # fmt: skip
        winner, why = winner_of(table, {n: len(r.onnx) / 1e3 for n, r in passed.items()})
        ordered = [passed[n] for n in table] + [r for r in entrants if r.outcome != "finished"]
        over = any(r.outcome == "not_run" and "budget" in r.reason for r in entrants) or self._left_s <= 0
        ended = "the budget was used up" if over else "all candidates were tried"
        return Finish(ordered, table, winner, why, round(self.used_cpu_s, 3), ended)

    def _save(self, name: str, array: Array) -> None:
        np.save(self._path(name), array, allow_pickle=False)

    def _path(self, name: str) -> str:
        return str(self.scratch / f"{name}.npy")


def _nothing(entrants: list[Entrant], cpu_s: float, starved: bool) -> NinefoldError:
    told = "; ".join(f"{r.name}: {r.reason}" for r in entrants if r.reason)[:800]
    if starved:
        message = f"No candidate was complete within the budget of {cpu_s:g} s of CPU. {told}"
        return BudgetExceeded(message, hint="Raise budget.cpu in the model file.")
    return InvalidInput(f"No candidate is usable. {told}", hint="Read the reasons; correct the data or the trainer.")
