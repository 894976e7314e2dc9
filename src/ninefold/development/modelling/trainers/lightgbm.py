"""Boosted trees by LightGBM on float32, with thresholds that float32 holds exactly."""

import sys
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from ninefold.development.modelling.snapping import snapped_text, trees_of
from ninefold.development.modelling.trainers.contract import Fitted, LearningTask, Matrix, Proposal
from ninefold.development.modelling.trainers.importing import without
from ninefold.development.modelling.tree_graph import tree_graph
from ninefold.vocabulary.columns import Floats

_CANDIDATES: tuple[tuple[dict[str, Any], float], ...] = (
    ({"rounds": 60, "num_leaves": 8, "learning_rate": 0.1, "min_data_in_leaf": 40}, 2.0),
    ({"rounds": 100, "num_leaves": 8, "learning_rate": 0.06, "min_data_in_leaf": 200, "lambda_l2": 5.0}, 3.0),
    ({"rounds": 150, "num_leaves": 15, "learning_rate": 0.06, "min_data_in_leaf": 40}, 5.0),
    ({"rounds": 300, "num_leaves": 31, "learning_rate": 0.03, "min_data_in_leaf": 40,
      "feature_fraction": 0.7, "bagging_fraction": 0.8, "bagging_freq": 1}, 12.0),
)  # fmt: skip
_FEW_ROWS: tuple[dict[str, Any], float] = (
    {"rounds": 60, "num_leaves": 4, "learning_rate": 0.1, "min_data_in_leaf": 3, "lambda_l2": 1.0}, 1.8,
)  # fmt: skip
_BALANCED: tuple[dict[str, Any], float] = (
    {"rounds": 100, "num_leaves": 15, "learning_rate": 0.06, "min_data_in_leaf": 20, "balanced": True}, 4.0,
)  # fmt: skip
_FEW, _RARE = 800, 0.05
_OBJECTIVES = {"binary": "binary", "multiclass": "multiclass", "regression": "regression"}
_LOWEST = 1e-12  # a class of no rows has no weight


class TreeModel:
    """A booster that was read back from its snapped text."""

    def __init__(self, text: str, features: int, task: LearningTask, offset: float = 0.0) -> None:
        self.text = text
        self.features, self.task, self.offset = features, task, offset
        self.trees = trees_of(text)
        self._booster = _lightgbm().Booster(model_str=text)

    def predict(self, x: Matrix) -> Floats:
        """Return the answers in float64."""
        if not len(x):
            return np.empty((0, self.task.classes) if self.task.kind == "multiclass" else 0)
        return np.asarray(self._booster.predict(x, num_threads=1), dtype=np.float64) + self.offset

    def thresholds(self) -> Sequence[tuple[int, float]]:
        """Return every split of every tree."""
        pairs = {(int(f), float(t)) for tree in self.trees for f, t in zip(tree.feature, tree.threshold, strict=True)}
        return sorted(pairs)

    def export(self) -> bytes:
        """Return the ONNX model."""
        kind, classes = self.task.kind, self.task.classes
        return tree_graph(self.trees, self.features, kind=kind, classes=classes, offset=self.offset)


class LightGbm:
    """A short portfolio, from small to large; every member is deterministic for a seed."""

    def propose(self, task: LearningTask) -> Iterable[Proposal]:
        """Return the candidates, cheapest first. Sums of a multiclass task take a tree per class and round."""
        rare = task.kind == "multiclass" or (task.kind == "binary" and task.positives < _RARE * task.rows)
        extra = ([_FEW_ROWS] if task.rows < _FEW else []) + ([_BALANCED] if rare else [])
        for params, cost in sorted((*_CANDIDATES, *extra), key=lambda pair: pair[1]):
            yield Proposal(dict(params), cost * max(task.classes, 1))

    def fit(self, task: LearningTask, params: dict[str, Any], x: Matrix, y: Floats, seed: int, threads: int) -> Fitted:
        """Return the model; equal arguments give equal models."""
        lightgbm = _lightgbm()
        settings = {k: v for k, v in params.items() if k not in {"rounds", "balanced"}} | {
            "objective": _OBJECTIVES[task.kind], "seed": seed, "num_threads": threads, "deterministic": True,
            "force_row_wise": True, "verbosity": -1, "zero_as_missing": False,
        }  # fmt: skip
        settings |= {"num_class": task.classes} if task.kind == "multiclass" else {}
        settings |= {"sigmoid": 1.0} if task.kind == "binary" else {}
        # the trees of a regression learn what is around the mean, so that float32 sums are of small numbers
        offset = float(np.float32(y.mean())) if task.kind == "regression" else 0.0
        finite = np.where(np.isinf(x), np.float32(np.nan), x)
        weight = _balancing(y) if params.get("balanced") else None
        data = lightgbm.Dataset(finite, y - offset, weight=weight, params={"verbosity": -1})
        booster = lightgbm.train(settings, data, num_boost_round=int(params["rounds"]))
        return TreeModel(snapped_text(booster.model_to_string()), x.shape[1], task, offset)


def _balancing(y: Floats) -> Floats:
    """Return row weights by which every class weighs halfway between its share and the same as the others.

    Full balance makes probabilities of rare classes useless; the square root of it still finds them.
    """
    counts = np.bincount(y.astype(int)).astype(np.float64)
    weights = np.sqrt(len(y) / np.maximum(counts, _LOWEST))[y.astype(int)]
    return np.asarray(weights / weights.mean())


def _lightgbm() -> ModuleType:
    """Return LightGBM without the scikit-learn and pandas that it would import for its other interfaces.

    Measured: 0.7 instead of 2.5 CPU seconds, which every worker would pay.
    """
    if "lightgbm" not in sys.modules:
        with without("sklearn", "pandas"):
            import lightgbm  # noqa: F401  # for its effect on sys.modules
    module: ModuleType = sys.modules["lightgbm"]
    return module


TRAINER = LightGbm()
