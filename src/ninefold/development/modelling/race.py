"""The race: candidates of all trainers, cheapest first, under one CPU budget, each fit in a killable process.

Where a fit takes long, two are made side by side and share what the candidate is allowed; elsewhere a second worker
would cost more than it brings, because it loads the trainers' libraries, too. A candidate may use a third of the
budget; one that does more, crashes or hangs is dead and the race goes on. One that by the pace of its trainer would
need more is not begun. A candidate is dropped after two folds when it is far behind the best, or behind in both while
it is not the first of its trainer: being dearer, it could only win by being clearly better. What is left is trained on
all training rows, exported, and held against its native scores. In the end the best blend of what came through takes
part as one more candidate.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from ninefold.development.modelling.ensemble import ensemble_of
from ninefold.development.modelling.entrant import Budgeted, Data, Entrant, Finish, number
from ninefold.development.modelling.orders import Done, Export, Failed, Fit, Order, Propose, Proposed
from ninefold.development.modelling.parity import Graph, compare
from ninefold.development.modelling.process import Allowance, Worker
from ninefold.development.modelling.ranking import METRICS, Price, standings, winner_of
from ninefold.kernel.errors import BudgetExceeded, Cancelled, InvalidInput, NinefoldError
from ninefold.kernel.progress import Cancel, Progress
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.model import TEST

WORKERS = 2
LONG_S = 0.4  # CPU of a fit, without the import of its trainer, from which on a second worker pays: it costs 1 to 2 s
MANY_CELLS = 1_000_000  # rows times features, from which on no trainer's fit is short
LOOK = 2  # folds, after which a candidate may be dropped
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
        self.task = data.learning
        self._workers: list[Worker | None] = [None] * WORKERS
        self._lock = Lock()
        self._spent = 0.0  # by workers that are gone
        self._best: Entrant | None = None  # of those that came through all folds
        self._tried: set[str] = set()
        self._pace: dict[str, float] = {}  # CPU seconds per unit of cost, by trainer
        self._loaded: set[str] = set()  # trainers that the first worker has imported
        self._wide = data.x.size >= MANY_CELLS  # and once a fit took long
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
        return self._spent + sum(w.cpu_s for w in self._workers if w is not None)

    @property
    def _left_s(self) -> float:
        return self.budget.cpu_s - self.used_cpu_s

    def _expected_s(self, entrant: Entrant) -> float:
        """Return the CPU seconds that an entrant will take, by what its trainer's last one took; 0 when unknown."""
        return self._pace.get(entrant.trainer, 0.0) * entrant.cost

    def _line_up(self, trainers: tuple[str, ...]) -> list[Entrant]:
        entrants = []
        for trainer in trainers:
            order = Propose(trainer, self.task)
            found: list[Entrant] = []
            broken = Entrant(trainer, {}, 0.0, trainer)
            self._ready(1)
            reply = self._ask(0, order, broken, self._allowance(broken))
            if isinstance(reply, Proposed):
                found = [Entrant(trainer, params, cost) for params, cost in reply.proposals]
                for number, entrant in enumerate(found, 1):
                    entrant.name = f"{trainer}-{number}"
            entrants += found or [replace(broken, reason=broken.reason or "It proposed nothing for this task.")]
        return sorted(entrants, key=lambda r: (r.cost, r.name))

    def _run_one(self, entrant: Entrant, done: float) -> None:
        if entrant.outcome in {"failed", "killed"} or entrant.reason:
            return
        scores = np.full(self.data.answer_shape(len(self.data.y)), np.nan)
        fits: list[int | None] = [*range(self.data.folds), None]  # None: the final model, on all rows
        while fits:
            size = WORKERS if self._wide else 1
            batch, fits = fits[:size], fits[size:]
            used = f"{self.used_cpu_s:.1f} of {self.budget.cpu_s:g} s CPU"
            what = " and ".join("the final model" if f is None else f"fold {f + 1} of {self.data.folds}" for f in batch)
            self.progress.say(f"{entrant.name}, {what}, {used}", done)
            if not self._fits(entrant, batch, scores) or self._hopeless(entrant):
                return
        entrant.scores = scores.astype(np.float32).astype(np.float64)
        self._gate(entrant)
        if entrant.outcome == "finished":
            self._place(entrant)

    def _fits(self, entrant: Entrant, batch: list[int | None], scores: Floats) -> bool:
        """Fit folds and the final model side by side; False when the entrant is out."""
        whole = self._allowance(entrant)
        shared = Allowance(whole.cpu_s, whole.wall_s, whole.memory / len(batch))
        self._ready(len(batch))
        begun = [(worker, worker.cpu_s) for worker in self._workers if worker is not None]

        def beside(place: int) -> Callable[[], float]:
            return lambda: sum(w.cpu_s - at for w, at in begun if w is not self._workers[place])

        jobs = [(w, self._order(entrant, f, w), entrant, shared, beside(w)) for w, f in enumerate(batch)]
        with ThreadPoolExecutor(len(jobs)) as pool:
            replies = list(pool.map(lambda job: self._ask(*job), jobs))
        first, before = begun[0]
        self._wide |= entrant.trainer in self._loaded and first.cpu_s - before > LONG_S
        self._loaded.add(entrant.trainer)
        if not all(isinstance(r, Done) for r in replies):
            return False
        for worker, (fold, reply) in enumerate(zip(batch, replies, strict=True)):
            if fold is None:
                self._take_graph(entrant, reply)
            elif not self._take_scores(entrant, fold, self.scratch / f"scores-{worker}.npy", scores):
                return False
        return True

    def _order(self, entrant: Entrant, fold: int | None, worker: int) -> Order:
        trainer, params, x, y = entrant.trainer, entrant.params, self._path("x"), self._path("y")
        seed, threads = self.seed, self.budget.threads
        if fold is not None:
            fit, predict, out = (self._path(f"{name}-{end}") for name, end in
                                 (("fit", fold), ("predict", fold), ("scores", worker)))  # fmt: skip
            return Fit(trainer, self.task, params, x, y, fit, predict, out, seed, threads)
        onnx, probe, native = (str(self.scratch / n) for n in ("final.onnx", "probe.npy", "native.npy"))
        categories = {str(place): count for place, count in self.data.categories.items()}
        return Export(
            trainer, self.task, params, x, y, self._path("fit-None"), self._path("test"), onnx, probe, native,
            categories, seed, threads,
        )  # fmt: skip

    def _take_scores(self, entrant: Entrant, fold: int, path: Path, scores: Floats) -> bool:
        rows = self.data.rows.predict_rows(fold)
        found = np.load(path, allow_pickle=False)
        if flaw := self.data.flaw(found, len(rows)):
            entrant.outcome, entrant.reason = "failed", flaw
            return False
        scores[rows] = found
        known = rows[~np.isnan(self.data.y[rows])]
        entrant.folds.append(number(self._measure.point(self.data.y[known], scores[known])))
        return True

    def _take_graph(self, entrant: Entrant, reply: Done) -> None:
        entrant.onnx = (self.scratch / "final.onnx").read_bytes()
        entrant.probe, entrant.native = (
            np.load(self.scratch / f"{n}.npy", allow_pickle=False) for n in ("probe", "native")
        )
        entrant.cases = reply.cases

    def _hopeless(self, entrant: Entrant) -> bool:
        """Look at the folds so far; drop the entrant when it is behind, and say so."""
        sign = 1.0 if self._measure.higher_is_better else -1.0
        here, best, done = entrant.folds, self._best, len(entrant.folds)
        if done < LOOK or best is None or any(v is None for v in (*here[:LOOK], *best.folds[:LOOK])):
            return False
        pairs = [(float(h or 0), float(b or 0)) for h, b in zip(here[:LOOK], best.folds, strict=False)]
        now, lead = (float(np.mean(values)) for values in zip(*pairs, strict=True))
        ratio = lead / max(now, 1e-12) if sign > 0 else now / max(lead, 1e-12)
        if ratio > FAR_BEHIND:
            entrant.reason = f"After two folds its {self.metric} of {now:.3g} was far behind {best.name}, {lead:.3g}."
        elif entrant.trainer in self._tried and all(sign * (h - b) < 0 for h, b in pairs):
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

    def _gate(self, entrant: Entrant) -> None:
        assert entrant.probe is not None  # noqa: S101 - taken with the graph
        assert entrant.native is not None  # noqa: S101 - likewise
        try:
            graph = Graph(entrant.onnx)
            entrant.parity = compare(graph, entrant.probe, entrant.native, entrant.cases, self.data.kind)
            entrant.row_us = round(graph.row_us(entrant.probe), 1)
        except InvalidInput as error:
            entrant.outcome, entrant.reason = "disqualified", error.message
            return
        entrant.outcome = "finished" if entrant.parity.passed else "disqualified"
        if not entrant.parity.passed:
            entrant.reason = f"The exported graph does not give the native scores: {entrant.parity.note}"

    def _allowance(self, entrant: Entrant) -> Allowance:
        cpu_s = min(self._left_s, self.budget.cpu_s * SHARE - entrant.cpu_s)
        return Allowance(max(cpu_s, 0.0), WALL_FACTOR * max(cpu_s, 0.0) + WALL_S, self.budget.memory)

    def _ask(
        self, place: int, order: Order, entrant: Entrant, allowed: Allowance,
        beside: Callable[[], float] = lambda: 0.0,
    ) -> Any:  # fmt: skip
        """Return the reply of a worker, or None when the entrant is out; it then says why."""
        worker = self._workers[place]
        assert worker is not None  # noqa: S101 - `_ready` was called
        before = worker.cpu_s
        reply = None
        try:
            reply = worker.ask(order, allowed, self.cancel, beside)
        except Cancelled:
            raise
        except NinefoldError as error:
            entrant.outcome = "killed" if isinstance(error, BudgetExceeded) else "failed"
            entrant.reason = error.message
        finally:
            with self._lock:
                entrant.cpu_s += worker.cpu_s - before
                entrant.peak_mb = max(entrant.peak_mb, worker.peak_mb)
        if isinstance(reply, Failed):
            entrant.outcome, entrant.reason = "failed", reply.error
        return reply

    def _ready(self, places: int) -> None:
        """Have that many workers alive. They end with the thread that began them, so it must be the race's own."""
        for place in range(places):
            worker = self._workers[place]
            if worker is None or not worker.alive:
                self._end(place)
                self._workers[place] = Worker(self.scratch, self.budget.threads)
                if place == 0:
                    self._loaded.clear()

    def _end(self, place: int) -> None:
        worker = self._workers[place]
        if worker is not None:
            worker.kill()
            with self._lock:
                self._spent += worker.cpu_s
                self._workers[place] = None

    def _close(self) -> None:
        for place in range(WORKERS):
            self._end(place)

    def _finish(self, entrants: list[Entrant]) -> Finish:
        passed = {r.name: r for r in entrants if r.outcome == "finished"}
        starved = self._left_s <= 0 or any(r.outcome == "killed" for r in entrants)
        if not passed:
            raise _nothing(entrants, self.budget.cpu_s, starved)
        rows = np.flatnonzero((self.data.rows.roles >= 0) & ~np.isnan(self.data.y))
        self.progress.say(f"comparing {len(passed)} candidates", 0.95)
        if len(passed) > 1:
            blend = ensemble_of(passed, self.data, self.metric, rows, self.seed)
            self._spent += blend.cpu_s
            entrants = [*entrants, blend]
            passed |= {blend.name: blend} if blend.outcome == "finished" else {}
        table = standings(
            self.data.y[rows], {n: r.scores[rows] for n, r in passed.items() if r.scores is not None},
            self.data.rows.groups[rows], self.metric, np.random.default_rng(self.seed),
        )  # fmt: skip
        prices = {n: Price(r.row_us or 0.0, len(r.onnx) / 1e3) for n, r in passed.items()}
        winner, why = winner_of(table, prices)
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
