"""Boosted trees by LightGBM on float32, with thresholds that float32 holds exactly."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from ninefold.development.modelling.graph import tree_graph
from ninefold.development.modelling.snapping import snapped_text, trees_of
from ninefold.development.modelling.trainers.contract import Fitted, LearningTask, Matrix, Proposal
from ninefold.vocabulary.columns import Floats

_CANDIDATES: tuple[tuple[dict[str, Any], float], ...] = (
    ({"rounds": 60, "num_leaves": 8, "learning_rate": 0.1, "min_data_in_leaf": 40}, 2.0),
    ({"rounds": 100, "num_leaves": 8, "learning_rate": 0.06, "min_data_in_leaf": 200, "lambda_l2": 5.0}, 3.0),
    ({"rounds": 150, "num_leaves": 15, "learning_rate": 0.06, "min_data_in_leaf": 40}, 5.0),
    ({"rounds": 300, "num_leaves": 31, "learning_rate": 0.03, "min_data_in_leaf": 40,
      "feature_fraction": 0.7, "bagging_fraction": 0.8, "bagging_freq": 1}, 12.0),
)  # fmt: skip


class TreeModel:
    """A booster that was read back from its snapped text."""

    def __init__(self, text: str, features: int) -> None:
        self.text = text
        self.features = features
        self.trees = trees_of(text)
        self._booster = _lightgbm().Booster(model_str=text)

    def predict(self, x: Matrix) -> Floats:
        """Return the scores in float64."""
        if not len(x):
            return np.empty(0)
        return np.asarray(self._booster.predict(x, num_threads=1), dtype=np.float64)

    def thresholds(self) -> Sequence[tuple[int, float]]:
        """Return every split of every tree."""
        pairs = {(int(f), float(t)) for tree in self.trees for f, t in zip(tree.feature, tree.threshold, strict=True)}
        return sorted(pairs)

    def export(self) -> bytes:
        """Return the ONNX model."""
        return tree_graph(self.trees, self.features, sigmoid=1.0)


class LightGbm:
    """A short portfolio, from small to large; every member is deterministic for a seed."""

    def propose(self, task: LearningTask) -> Iterable[Proposal]:
        """Return the candidates, cheapest first."""
        if task.kind == "binary":
            for params, cost in _CANDIDATES:
                yield Proposal(dict(params), cost)

    def fit(self, params: dict[str, Any], x: Matrix, y: Floats, seed: int, threads: int) -> Fitted:
        """Return the model; equal arguments give equal models."""
        lightgbm = _lightgbm()
        settings = {k: v for k, v in params.items() if k != "rounds"} | {
            "objective": "binary", "sigmoid": 1.0, "seed": seed, "num_threads": threads, "deterministic": True,
            "force_row_wise": True, "verbosity": -1, "zero_as_missing": False,
        }  # fmt: skip
        finite = np.where(np.isinf(x), np.float32(np.nan), x)
        data = lightgbm.Dataset(finite, y, params={"verbosity": -1})
        booster = lightgbm.train(settings, data, num_boost_round=int(params["rounds"]))
        return TreeModel(snapped_text(booster.model_to_string()), x.shape[1])


def _lightgbm() -> ModuleType:
    """Return LightGBM without the scikit-learn and pandas that it would import for its other interfaces.

    Measured: 0.7 instead of 2.5 CPU seconds, which every worker would pay.
    """
    if "lightgbm" not in sys.modules:
        with _hidden("sklearn", "pandas"):
            import lightgbm  # noqa: F401  # imported here for its effect on sys.modules
    module: ModuleType = sys.modules["lightgbm"]
    return module


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """Let imports of packages that are not loaded yet fail for a while, as if they were not installed."""
    absent = [n for n in names if n not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None is how Python marks a module as absent
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


TRAINER = LightGbm()
