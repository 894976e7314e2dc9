"""A brought model in the race's place: scored by a killable worker, ranked and gated like any other, never trained."""

from pathlib import Path

import msgspec
import numpy as np

from ninefold.development.modelling.entrant import Budgeted, Data, Entrant, Finish, number
from ninefold.development.modelling.orders import Failed, Score
from ninefold.development.modelling.parity import Graph, compare
from ninefold.development.modelling.probe import probe_rows
from ninefold.development.modelling.process import Allowance, Worker
from ninefold.development.modelling.ranking import METRICS, standings
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.progress import Cancel
from ninefold.vocabulary.columns import Floats
from ninefold.vocabulary.model import TEST

TRAINER = "brought"
WALL_FACTOR, WALL_S = 6, 20  # as in the race
PROBE_TEST_ROWS = 5_000


def judged(onnx: bytes, data: Data, metric: str, budget: Budgeted, seed: int, scratch: Path, cancel: Cancel) -> Finish:
    """Return the finish of a race that has one candidate, already trained.

    Its scores on training rows are called out of fold, though only who brought it knows which rows it has seen.

    Raises:
        BudgetExceeded: it used more CPU, memory or time than the budget allows.
        InvalidInput: it cannot run, or its answers are not those of the task.
    """
    entrant = Entrant(TRAINER, {}, 0.0, TRAINER, onnx=onnx)
    scores = _scores(entrant, data, budget, scratch, cancel)
    if silent := int((~np.isfinite(scores)).reshape(len(scores), -1).any(axis=1).sum()):
        message = f"The brought model gives no number on {silent} of {len(scores)} rows."
        raise InvalidInput(message, hint="Let the graph fill what is missing, or fill it in the recipe.")
    if flaw := data.flaw(scores, len(data.y)):
        raise InvalidInput(f"The brought model cannot be used. {flaw}", hint="Bring one that gives what the task asks.")
    entrant.scores = np.where((data.rows.roles >= 0).reshape(-1, *[1] * (scores.ndim - 1)), scores, np.nan)
    measure, known = METRICS[metric], ~np.isnan(data.y)
    for fold in range(data.folds):
        rows = np.flatnonzero(known & (data.rows.roles == fold))
        entrant.folds.append(number(measure.point(data.y[rows], scores[rows])))
    _gate(entrant, data, seed)
    rows = np.flatnonzero(known & (data.rows.roles >= 0))
    rng = np.random.default_rng(seed)
    table = standings(data.y[rows], {TRAINER: scores[rows]}, data.rows.groups[rows], metric, rng)
    why = "It was brought: nothing was trained, and which rows it was trained on is not known here."
    return Finish([entrant], table, TRAINER, why, round(entrant.cpu_s, 3), "nothing was trained")


def _scores(entrant: Entrant, data: Data, budget: Budgeted, scratch: Path, cancel: Cancel) -> Floats:
    """Return the answers for all rows, by a worker that may be killed."""
    paths = [scratch / n for n in ("brought.onnx", "x.npy", "scores.npy")]
    paths[0].write_bytes(entrant.onnx)
    np.save(paths[1], data.x, allow_pickle=False)
    allowed = Allowance(budget.cpu_s, WALL_FACTOR * budget.cpu_s + WALL_S, budget.memory)
    with Worker(scratch, budget.threads) as worker:
        reply = worker.ask(Score(*map(str, paths)), allowed, cancel)
        entrant.cpu_s, entrant.peak_mb = worker.cpu_s, worker.peak_mb
    if isinstance(reply, Failed):
        raise InvalidInput(f"The brought model cannot run. {reply.error}")
    return np.asarray(np.load(paths[2], allow_pickle=False), np.float64)


def _gate(entrant: Entrant, data: Data, seed: int) -> None:
    """Keep rows of the gate with the graph's own answers: there is no native model to hold them against.

    A graph without a word on missing values may give no number for them; how often is noted, and such rows are left
    out.
    """
    test = np.flatnonzero(data.rows.roles == TEST)
    chosen = np.sort(np.random.default_rng(seed).permutation(test)[:PROBE_TEST_ROWS])
    probe, cases = probe_rows(data.x[chosen], (), {}, seed)
    graph = Graph(entrant.onnx)
    answers = graph.scores(probe).astype(np.float64)
    good = np.asarray(np.isfinite(answers).reshape(len(answers), -1).all(axis=1))
    ends = np.cumsum([0, *cases.values()])
    silent = {n: int((~good[a:b]).sum()) for n, a, b in zip(cases, ends[:-1], ends[1:], strict=True)}
    entrant.cases = {n: count - silent[n] for n, count in cases.items()}
    entrant.probe, entrant.native = probe[good], answers[good]
    parity = compare(graph, entrant.probe, entrant.native, entrant.cases, data.kind)
    if not parity.passed:
        raise InvalidInput(f"The brought model does not repeat its own answers: {parity.note}")
    told = ", ".join(f"{count} rows of case {name!r}" for name, count in silent.items() if count)
    note = "It was brought as a graph: there is no native model to compare it with."
    note += f" It gives no number on {told}." if told else ""
    entrant.parity = msgspec.structs.replace(parity, note=note)
    entrant.row_us, entrant.outcome = round(graph.row_us(probe), 1), "finished"
