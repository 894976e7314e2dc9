"""The contract of a trainer. It runs in a worker process that is killed at its budget, so it needs no deadline of its
own; importing its module must be light, and nothing of it is ever pickled.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ninefold.vocabulary.columns import Floats
from ninefold.vocabulary.task import TaskKind

Matrix = NDArray[np.float32]  # (n_rows, n_features), NaN for null


class LearningTask(NamedTuple):
    """What a trainer may look at before it proposes."""

    kind: TaskKind
    rows: int  # labelled rows of the final model
    features: int
    positives: int = 0  # of a binary task
    classes: int = 0  # of a multiclass task


class Proposal(NamedTuple):
    """One candidate: its parameters (plain values), and its cost beside others' (1 is a linear model)."""

    params: dict[str, Any]
    cost: float


class Fitted(Protocol):
    """A trained model that can say how its graph must behave."""

    def predict(self, x: Matrix) -> Floats:
        """Return the native answers.

        Binary: scores from 0 to 1, (n_rows,). Regression: values, (n_rows,). Multiclass: probabilities that sum to 1,
        (n_rows, classes).
        """

    def thresholds(self) -> Sequence[tuple[int, float]]:
        """Return (feature, value) wherever the score may jump; empty for a smooth model."""

    def export(self) -> bytes:
        """Return the ONNX model: input float32 [n, features]; output `score` float32 [n], or `probabilities` float32
        [n, classes] of a multiclass task.
        """


class Trainer(Protocol):
    """One family of models."""

    def propose(self, task: LearningTask) -> Iterable[Proposal]:
        """Return the candidates, cheapest first; nothing for a kind of task that it cannot learn."""

    def fit(self, task: LearningTask, params: dict[str, Any], x: Matrix, y: Floats, seed: int, threads: int) -> Fitted:
        """Return the model trained on the rows; equal arguments give equal models.

        Of a multiclass task `y` holds places in the classes, and a fold may lack one of them.
        """
