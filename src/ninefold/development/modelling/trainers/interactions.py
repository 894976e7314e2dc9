"""A linear model that also sees products of features: two signals that are harmless alone and matter together.

Features are standardised and kept within six standard deviations, so that no product of two strange values runs away.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

import numpy as np

from ninefold.development.modelling.graph import Builder
from ninefold.development.modelling.trainers.contract import Fitted, LearningTask, Matrix, Proposal
from ninefold.development.modelling.trainers.solving import linked, solve
from ninefold.development.modelling.trainers.standard import Standard, exact
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.task import TaskKind

REACH = 6.0  # standard deviations
_MOST = 20  # features whose products are looked at: 210 products
_MANY = 2000  # features beyond which it is not tried


class InteractionModel(NamedTuple):
    """Weights on standardised features and on products of them, (features + products, answers)."""

    standard: Standard
    first: Array  # (products,) places of features
    second: Array
    weights: Floats
    intercept: Floats
    kind: TaskKind

    def predict(self, x: Matrix) -> Floats:
        """Return the answers in float64."""
        z = np.clip(self.standard.scaled(x), -REACH, REACH)
        return linked(_with_products(z, self.first, self.second) @ self.weights + self.intercept, self.kind)

    def thresholds(self) -> Sequence[tuple[int, float]]:
        """Return none: the score has no jumps."""
        return ()

    def export(self) -> bytes:
        """Return the ONNX model."""
        n = len(self.standard.fill)
        graph = Builder(n)
        z = standardised(graph, self.standard)
        graph.node("Gather", [z, graph.constant("first", self.first, np.int64)], "left", axis=1)
        graph.node("Gather", [z, graph.constant("second", self.second, np.int64)], "right", axis=1)
        graph.node("Mul", ["left", "right"], "products")
        graph.node("Concat", [z, "products"], "terms", axis=1)
        weights = [graph.constant("weights", self.weights), graph.constant("intercept", self.intercept)]
        graph.linked(graph.node("Gemm", ["terms", *weights], "raw"), self.kind)
        return graph.finish(self.weights.shape[1] if self.kind == "multiclass" else 0)


def standardised(graph: Builder, standard: Standard) -> str:
    """Add the nodes that standardise the input and keep it within reach."""
    graph.node("Sub", [graph.filled(standard.fill), graph.constant("centre", standard.centre[None, :])], "centred")
    graph.node("Div", ["centred", graph.constant("scale", standard.scale[None, :])], "scaled")
    reach = [graph.constant("lowest", -REACH), graph.constant("highest", REACH)]
    return graph.node("Clip", ["scaled", *reach], "z")


def _with_products(z: Floats, first: Array, second: Array) -> Floats:
    return np.concatenate([z, z[:, first] * z[:, second]], axis=1)


def _strongest(z: Floats, y: Floats) -> Array:
    """Return the features whose values or squares go with the label the most."""
    label = (y - y.mean()) / max(float(y.std()), 1e-12)
    squares = z**2 - (z**2).mean(axis=0)
    alone = np.abs(z.T @ label) / len(y)
    squared = np.abs(squares.T @ label) / len(y) / np.maximum(squares.std(axis=0), 1e-12)
    return np.sort(np.argsort(-np.maximum(alone, squared), kind="stable")[:_MOST])


class Interactions:
    """Two strengths of the penalty."""

    def propose(self, task: LearningTask) -> Iterable[Proposal]:
        """Return the candidates, cheapest first; none for more than 2,000 features."""
        if task.features <= _MANY:
            for strength in (0.01, 0.3):
                yield Proposal({"C": strength}, (2.5 if strength < 0.1 else 3.5) * max(task.classes, 1) ** 0.5)

    def fit(
        self, task: LearningTask, params: dict[str, Any], x: Matrix, y: Floats, seed: int, threads: int  # noqa: ARG002 - the solver draws nothing and takes its threads from the environment
    ) -> Fitted:  # fmt: skip
        """Return the model; equal arguments give equal models."""
        standard = Standard.of(x)
        z = np.clip(standard.scaled(x), -REACH, REACH)
        pairs = np.array(list(combinations_with_replacement(_strongest(z, y), 2)), dtype=np.int64)
        first, second = pairs.T
        terms = _with_products(z, first, second)
        centre, spread = terms.mean(axis=0), terms.std(axis=0)
        scale = np.where(spread > 0, spread, 1.0)
        weights, intercept = solve(task, (terms - centre) / scale, y, float(params["C"]))
        weights = weights / scale[:, None]
        return InteractionModel(
            standard, first, second, exact(weights), exact(intercept - centre @ weights), task.kind
        )  # fmt: skip


TRAINER = Interactions()
