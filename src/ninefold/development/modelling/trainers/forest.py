"""Forests of scikit-learn: random forest and extra trees, their leaves averaged in one graph.

No scaler stands before the trees, and thresholds go down to float32, so that the graph takes every branch as the
native trees do. Missing and infinite values are filled by the median of the training rows.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ninefold.development.modelling.snapping import Tree, floor32
from ninefold.development.modelling.trainers.contract import Fitted, LearningTask, Matrix, Proposal
from ninefold.development.modelling.trainers.standard import Standard
from ninefold.development.modelling.tree_graph import forest_graph
from ninefold.vocabulary.columns import Array, Floats

_SIZES: tuple[tuple[dict[str, Any], float], ...] = (
    ({"trees": 60, "max_leaf_nodes": 64, "min_samples_leaf": 5}, 3.0),
    ({"trees": 120, "max_leaf_nodes": 200, "min_samples_leaf": 2}, 8.0),
)
_MANY = 1000  # features beyond which a forest is not tried: every tree would look at few of them


class ForestModel:
    """A forest, and what it reads in place of what is missing."""

    def __init__(self, forest: Any, standard: Standard, task: LearningTask, offset: float) -> None:
        self.forest, self.standard, self.task, self.offset = forest, standard, task, offset

    def predict(self, x: Matrix) -> Floats:
        """Return the answers in float64."""
        task = self.task
        if not len(x):
            return np.empty((0, task.classes) if task.kind == "multiclass" else 0)
        filled = self.standard.filled(x).astype(np.float32)
        if task.kind == "regression":
            return np.asarray(self.forest.predict(filled), np.float64) + self.offset
        return self._placed(np.asarray(self.forest.predict_proba(filled), np.float64))

    def thresholds(self) -> Sequence[tuple[int, float]]:
        """Return every split of every tree."""
        pairs = {
            (int(f), float(t)) for tree in self._trees() for f, t in zip(tree.feature, tree.threshold, strict=True)
        }
        return sorted(pairs)

    def export(self) -> bytes:
        """Return the ONNX model."""
        task = self.task
        fill = self.standard.fill
        return forest_graph(self._trees(), len(fill), fill, task.kind, task.classes, self.offset)

    def _placed(self, shares: Array) -> Floats:
        """Return shares of the classes that training held, at their places: of a binary task that of class 1."""
        places = self.forest.classes_.astype(int)
        full = np.zeros((*shares.shape[:-1], max(self.task.classes, 2)))
        full[..., places] = shares
        return full if self.task.kind == "multiclass" else full[..., 1]

    def _trees(self) -> list[Tree]:
        return [self._tree(estimator.tree_) for estimator in self.forest.estimators_]

    def _tree(self, tree: Any) -> Tree:
        """Return a tree with its inner nodes and its leaves counted apart."""
        leaf = tree.children_left < 0
        place = np.where(leaf, ~(np.cumsum(leaf) - 1), np.cumsum(~leaf) - 1)
        inner = ~leaf
        values = np.asarray(tree.value[leaf][:, 0, :], np.float64)
        if self.task.kind == "regression":
            leaves = values[:, 0]
        else:
            leaves = self._placed(values / values.sum(axis=1, keepdims=True))
        return Tree(
            tree.feature[inner].astype(np.int64), floor32(tree.threshold[inner]).astype(np.float64),
            place[tree.children_left[inner]], place[tree.children_right[inner]],
            np.zeros(int(inner.sum()), dtype=bool), leaves,
        )  # fmt: skip


class Forest:
    """Two sizes of one family."""

    def __init__(self, family: str, dearer: float) -> None:
        self.family, self.dearer = family, dearer

    def propose(self, task: LearningTask) -> Iterable[Proposal]:
        """Return the candidates, cheapest first; none for more than 1,000 features."""
        if task.features <= _MANY:
            for params, cost in _SIZES:
                yield Proposal(dict(params), cost * self.dearer)

    def fit(self, task: LearningTask, params: dict[str, Any], x: Matrix, y: Floats, seed: int, threads: int) -> Fitted:
        """Return the model; equal arguments give equal models."""
        import sklearn.ensemble

        standard = Standard.of(x)
        offset = float(np.float32(y.mean())) if task.kind == "regression" else 0.0
        kind = "Regressor" if task.kind == "regression" else "Classifier"
        settings = {"n_estimators": int(params["trees"])} | {k: v for k, v in params.items() if k != "trees"}
        if task.kind == "regression":
            settings["max_features"] = 0.34  # of a regression scikit-learn would look at all of them
        forest = getattr(sklearn.ensemble, self.family + kind)(**settings, random_state=seed, n_jobs=threads)
        forest.fit(standard.filled(x).astype(np.float32), y - offset)
        return ForestModel(forest, standard, task, offset)


RANDOM_FOREST = Forest("RandomForest", 4.0)  # it looks for the best cut of every feature, extra trees draw theirs
EXTRA_TREES = Forest("ExtraTrees", 1.0)
