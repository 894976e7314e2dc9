"""The contract of a trainer. It runs in a worker process that is killed at its budget, so it needs no deadline of its
own; importing its module must be light, and nothing of it is ever pickled.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ninefold.vocabulary.columns import Floats

Matrix = NDArray[np.float32]  # (n_rows, n_features), NaN for null


class LearningTask(NamedTuple):
    """What a trainer may look at before it proposes."""

    kind: str  # binary
    rows: int
    features: int
    positives: int


class Proposal(NamedTuple):
    """One candidate: its parameters (plain values), and its cost beside others' (1 is a linear model)."""

    params: dict[str, Any]
    cost: float


class Fitted(Protocol):
    """A trained model that can say how its graph must behave."""

    def predict(self, x: Matrix) -> Floats:
        """Return the native scores, 0 to 1, of shape (n_rows,)."""

    def thresholds(self) -> Sequence[tuple[int, float]]:
        """Return (feature, value) wherever the score may jump; empty for a smooth model."""

    def export(self) -> bytes:
        """Return the ONNX model: input float32 [n, features], output `score` float32 [n]."""


class Trainer(Protocol):
    """One family of models."""

    def propose(self, task: LearningTask) -> Iterable[Proposal]:
        """Return the candidates, cheapest first; nothing for a kind of task that it cannot learn."""

    def fit(self, params: dict[str, Any], x: Matrix, y: Floats, seed: int, threads: int) -> Fitted:
        """Return the model trained on the rows; equal arguments give equal models."""
