"""Logistic regression on standardised features; the scale is folded into the weights, so the graph is a plain Gemm."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ninefold.development.modelling.graph import linear_graph
from ninefold.development.modelling.trainers.contract import Fitted, LearningTask, Matrix, Proposal
from ninefold.vocabulary.columns import Floats


class LinearModel(NamedTuple):
    """Weights on raw features, float32-exact; missing and infinite values are read as `fill`."""

    fill: Floats
    centre: Floats
    weights: Floats
    intercept: float

    def predict(self, x: Matrix) -> Floats:
        """Return the scores in float64."""
        filled = np.where(np.isfinite(x), x, self.fill)
        logit = (filled - self.centre) @ self.weights + self.intercept
        return 0.5 * (1.0 + np.tanh(0.5 * logit))  # the logistic function, without overflow

    def thresholds(self) -> Sequence[tuple[int, float]]:
        """Return none: the score has no jumps."""
        return ()

    def export(self) -> bytes:
        """Return the ONNX model."""
        return linear_graph(self.fill, self.centre, self.weights, self.intercept)


class Linear:
    """Two strengths of the penalty: enough to see whether more is asked for."""

    def propose(self, task: LearningTask) -> Iterable[Proposal]:
        """Return the candidates, cheapest first."""
        if task.kind == "binary":
            yield Proposal({"C": 0.01}, 1.0)
            yield Proposal({"C": 1.0}, 1.5)

    def fit(self, params: dict[str, Any], x: Matrix, y: Floats, seed: int, threads: int) -> Fitted:  # noqa: ARG002  # the solver draws nothing and takes its threads from the environment
        """Return the model; equal arguments give equal models."""
        from sklearn.linear_model import LogisticRegression

        values = np.where(np.isfinite(x), x, np.nan).astype(np.float64)
        seen = ~np.isnan(values)
        fill = np.array([np.median(c[s]) if s.any() else 0.0 for c, s in zip(values.T, seen.T, strict=True)])
        fill = fill.astype(np.float32).astype(np.float64)
        values = np.where(seen, values, fill)
        centre = values.mean(axis=0).astype(np.float32).astype(np.float64)
        spread = values.std(axis=0)
        scale = np.where(spread > 0, spread, 1.0)
        # few features and many rows: Newton's steps are exact, and took a fifth of the time of lbfgs where features
        # say nearly the same, such as a mean over 5 and over 20 parts
        solver = LogisticRegression(C=float(params["C"]), solver="newton-cholesky", max_iter=100, tol=1e-6)
        solver.fit((values - centre) / scale, y)
        weights = (solver.coef_[0] / scale).astype(np.float32).astype(np.float64)
        return LinearModel(fill, centre, weights, float(np.float32(solver.intercept_[0])))


TRAINER = Linear()
