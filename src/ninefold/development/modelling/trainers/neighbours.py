"""Nearest neighbours: the floor. What a model cannot beat that only remembers, has not learnt.

The graph is MatMul and TopK over a sample of the training rows, in float64. A neighbour weighs by how much nearer it
is than the first one left out, so that which of two equally far rows is taken changes nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ninefold.development.modelling.graph import Builder
from ninefold.development.modelling.trainers.contract import Fitted, LearningTask, Matrix, Proposal
from ninefold.development.modelling.trainers.interactions import REACH, standardised
from ninefold.development.modelling.trainers.standard import Standard, exact
from ninefold.vocabulary.columns import Floats
from ninefold.vocabulary.task import TaskKind

_KEPT = 800  # rows that are remembered
_MANY = 200  # features beyond which all rows are equally far
_LEAST = 1e-6  # weight of a neighbour that is as far as the first one left out


class NeighbourModel(NamedTuple):
    """Remembered rows, standardised, and what they answer, (rows, answers)."""

    standard: Standard
    rows: Floats
    answers: Floats
    neighbours: int
    kind: TaskKind

    def predict(self, x: Matrix) -> Floats:
        """Return the answers in float64."""
        parts = [self._answer(x[i : i + 2000]) for i in range(0, max(len(x), 1), 2000)]
        found = np.concatenate(parts)
        found = found if self.kind == "regression" else np.clip(found, 0.0, 1.0)  # shares may sum to 1 + 1e-16
        return found if self.kind == "multiclass" else found[:, 0]

    def _answer(self, x: Matrix) -> Floats:
        # divided in float32, as the graph does: distances of rows that agree must agree
        scaled = self.standard.filled(x).astype(np.float32) - self.standard.centre.astype(np.float32)
        z = np.clip(scaled / self.standard.scale.astype(np.float32), -REACH, REACH).astype(np.float64)
        far = self._lengths() - 2.0 * (z @ self.rows.T)
        nearest = np.argsort(far, axis=1, kind="stable")[:, : self.neighbours + 1]
        distance = np.take_along_axis(far, nearest, axis=1)
        weight = distance[:, -1:] - distance[:, :-1] + _LEAST
        weight = weight / weight.sum(axis=1, keepdims=True)
        return np.asarray((weight[:, :, None] * self.answers[nearest[:, :-1]]).sum(axis=1))

    def _lengths(self) -> Floats:
        return np.asarray((self.rows**2).sum(axis=1)[None, :])

    def thresholds(self) -> Sequence[tuple[int, float]]:
        """Return none: the weights make the score continuous."""
        return ()

    def export(self) -> bytes:
        """Return the ONNX model."""
        graph, k = Builder(len(self.standard.fill)), self.neighbours
        graph.node("Cast", [standardised(graph, self.standard)], "wide", to=11)  # double
        rows = graph.node("Cast", [graph.constant("rows", self.rows.T)], "rows64", to=11)
        graph.node("MatMul", ["wide", rows], "dots")
        graph.node("Mul", ["dots", graph.constant("two", 2.0, np.float64)], "doubled")
        graph.node("Sub", ["doubled", graph.constant("lengths", self._lengths(), np.float64)], "near")
        graph.topk("near", k + 1, "top", "places")
        graph.node("Slice", ["top", *_slice(graph, "last", k, k + 1)], "edge")
        graph.node("Slice", ["top", *_slice(graph, "kept", 0, k)], "taken")
        graph.node("Slice", ["places", *_slice(graph, "kept_places", 0, k)], "chosen")
        graph.node("Sub", ["taken", "edge"], "nearer")
        graph.node("Add", ["nearer", graph.constant("least", _LEAST, np.float64)], "weight")
        graph.node("ReduceSum", ["weight", graph.constant("across", [1], np.int64)], "total", keepdims=1)
        graph.node("Div", ["weight", "total"], "share")
        graph.node("Unsqueeze", ["share", graph.constant("behind", [2], np.int64)], "share3")
        graph.node("Gather", [graph.constant("answers", self.answers, np.float64), "chosen"], "told", axis=0)
        graph.node("Mul", ["told", "share3"], "weighted")
        graph.node("ReduceSum", ["weighted", graph.constant("over", [1], np.int64)], "mean", keepdims=0)
        if self.kind == "multiclass":
            graph.node("Cast", ["mean"], "probabilities", to=1)
            return graph.finish(self.answers.shape[1])
        graph.flat(graph.node("Cast", ["mean"], "narrow", to=1))
        return graph.finish()


def _slice(graph: Builder, name: str, start: int, end: int) -> list[str]:
    return [graph.constant(f"{name}_{part}", [value], np.int64) for part, value in
            (("start", start), ("end", end), ("axis", 1))]  # fmt: skip


class Neighbours:
    """One candidate: a floor needs no tuning."""

    def propose(self, task: LearningTask) -> Iterable[Proposal]:
        """Return the candidate; none for more than 200 features."""
        if task.features <= _MANY:
            yield Proposal({"neighbours": 15}, 1.2)

    def fit(
        self, task: LearningTask, params: dict[str, Any], x: Matrix, y: Floats, seed: int, threads: int  # noqa: ARG002 - nothing runs in threads
    ) -> Fitted:  # fmt: skip
        """Return the model; equal arguments give equal models."""
        standard = Standard.of(x)
        rng = np.random.default_rng(seed)
        kept = np.sort(rng.permutation(len(y))[:_KEPT])
        z = exact(np.clip(standard.scaled(x[kept]), -REACH, REACH))
        answers = np.eye(task.classes)[y[kept].astype(int)] if task.kind == "multiclass" else y[kept][:, None]
        rows, place, counts = np.unique(z, axis=0, return_inverse=True, return_counts=True)
        sums = np.zeros((len(rows), answers.shape[1]))
        np.add.at(sums, place.reshape(-1), answers)  # rows that are the same are one, with the mean of their answers
        neighbours = max(1, min(int(params["neighbours"]), len(rows) - 1))
        if len(rows) == 1:  # all rows are the same: it stands beside itself
            rows, sums, counts = np.repeat(rows, 2, axis=0), np.repeat(sums, 2, axis=0), np.repeat(counts, 2)
        return NeighbourModel(standard, rows, sums / counts[:, None], neighbours, task.kind)


TRAINER = Neighbours()
