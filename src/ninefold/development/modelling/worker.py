"""The process in which trainers run: reads orders from standard input, answers on standard output, holds no state.

Started by `ninefold.development.modelling.process`, which kills it at its budget. What a trainer prints goes to
standard error, so that it cannot be taken for an answer.
"""

import ctypes
import os
import signal
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TextIO

import msgspec
import numpy as np

from ninefold.development.modelling.files import TRAINERS_GROUP
from ninefold.development.modelling.orders import Done, Export, Failed, Fit, Order, Propose, Proposed, Reply, Score
from ninefold.development.modelling.probe import probe_rows
from ninefold.development.modelling.trainers.contract import Fitted, Matrix, Trainer
from ninefold.kernel.errors import NotFound
from ninefold.vocabulary.columns import Floats

BATCH = 16_384  # rows of one call of the runtime; bounds its memory
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve orders until standard input ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # a race that was killed leaves no trainer behind
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    decoder = msgspec.json.Decoder(Order)
    for line in sys.stdin:
        _answer(answers, _carry_out(decoder.decode(line)))


def _answer(answers: TextIO, reply: Reply) -> None:
    answers.write(msgspec.json.encode(reply).decode() + "\n")
    answers.flush()


def _carry_out(order: Order) -> Reply:
    try:
        if isinstance(order, Propose):
            return Proposed([(p.params, float(p.cost)) for p in trainer_named(order.trainer).propose(order.task)])
        if isinstance(order, Score):
            return _score(order)
        return _fit(order) if isinstance(order, Fit) else _export(order)
    except Exception as error:  # a trainer is anybody's code; its failure is kept on the board
        return Failed(f"{type(error).__name__}: {error}"[:500])


def trainer_named(name: str) -> Trainer:
    """Return a trainer by the name of its entry point.

    Raises:
        NotFound: no such trainer is installed.
    """
    found = list(entry_points(group=TRAINERS_GROUP, name=name))
    if not found:
        raise NotFound(f"The trainer {name!r} is not installed.", hint="Install the package that brings it.")
    trainer: Trainer = found[0].load()
    return trainer


def _load(path: str) -> Any:
    return np.load(path, mmap_mode="r", allow_pickle=False)


def _fitted(order: Fit | Export, x: Matrix, y: Floats) -> Fitted:
    return trainer_named(order.trainer).fit(order.task, order.params, x, y, order.seed, order.threads)


def _fit(order: Fit) -> Done:
    x, rows = _load(order.x), _load(order.fit_rows)
    fitted = _fitted(order, x[rows], np.asarray(_load(order.y)[rows]))
    np.save(order.scores, fitted.predict(x[_load(order.predict_rows)]), allow_pickle=False)
    return Done()


def _export(order: Export) -> Done:
    x, rows = _load(order.x), _load(order.fit_rows)
    fitted = _fitted(order, x[rows], np.asarray(_load(order.y)[rows]))
    Path(order.onnx).write_bytes(fitted.export())
    categories = {int(place): count for place, count in order.cases.items()}
    probe, cases = probe_rows(x[_load(order.test_rows)], fitted.thresholds(), categories, order.seed)
    np.save(order.probe, probe, allow_pickle=False)
    np.save(order.native, fitted.predict(probe), allow_pickle=False)
    return Done(cases)


def _score(order: Score) -> Done:
    from ninefold.development.modelling.parity import Graph

    x, graph = _load(order.x), Graph(Path(order.onnx).read_bytes())
    parts = [graph.scores(x[i : i + BATCH]) for i in range(0, len(x), BATCH)]
    np.save(order.scores, np.concatenate(parts), allow_pickle=False)
    return Done()


if __name__ == "__main__":
    main()
