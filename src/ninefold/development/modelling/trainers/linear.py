"""Linear models on standardised features: logistic, multinomial or ridge. The scale is folded into the weights, so the
graph is a plain Gemm.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ninefold.development.modelling.graph import linear_graph
from ninefold.development.modelling.trainers.contract import Fitted, LearningTask, Matrix, Proposal
from ninefold.development.modelling.trainers.solving import linked, solve
from ninefold.development.modelling.trainers.standard import Standard, exact
from ninefold.vocabulary.columns import Floats
from ninefold.vocabulary.task import TaskKind


class LinearModel(NamedTuple):
    """Weights on raw features, float32-exact; missing and infinite values are read as `fill`."""

    fill: Floats
    centre: Floats
    weights: Floats  # (features, answers)
    intercept: Floats  # (answers,)
    kind: TaskKind

    def predict(self, x: Matrix) -> Floats:
        """Return the answers in float64."""
        filled = np.where(np.isfinite(x), x, self.fill)
        return linked((filled - self.centre) @ self.weights + self.intercept, self.kind)

    def thresholds(self) -> Sequence[tuple[int, float]]:
        """Return none: the score has no jumps."""
        return ()

    def export(self) -> bytes:
        """Return the ONNX model."""
        return linear_graph(self.fill, self.centre, self.weights, self.intercept, self.kind)


class Linear:
    """Two strengths of the penalty: enough to see whether more is asked for."""

    def propose(self, task: LearningTask) -> Iterable[Proposal]:  # noqa: ARG002 - the same for every kind of task
        """Return the candidates, cheapest first."""
        yield Proposal({"C": 0.01}, 1.0)
        yield Proposal({"C": 1.0}, 1.5)

    def fit(
        self, task: LearningTask, params: dict[str, Any], x: Matrix, y: Floats, seed: int, threads: int  # noqa: ARG002 - the solver draws nothing and takes its threads from the environment
    ) -> Fitted:  # fmt: skip
        """Return the model; equal arguments give equal models."""
        standard = Standard.of(x)
        weights, intercepts = solve(task, standard.scaled(x), y, float(params["C"]))
        return LinearModel(
            standard.fill, standard.centre, exact(weights / standard.scale[:, None]), exact(intercepts), task.kind
        )


TRAINER = Linear()
