"""Material of examinations, made of arrays: a model of known weights on features of known meaning, for each kind of task."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ninefold.development.validation.examining import Material
from ninefold.development.validation.subjects import Rows, unseen
from ninefold.vocabulary.columns import Array, Columns
from ninefold.vocabulary.model import TEST, Model, Parity

MINUTE = 60_000_000


@dataclass
class Formula:
    """A session whose score is a function of the float32 matrix; text is read by its place in `codes`."""

    features: tuple[str, ...]
    of: Callable[[Array], Array]
    codes: Mapping[str, tuple[str, ...]]

    def matrix(self, features: Columns) -> Array:
        columns = []
        for name in self.features:
            values = features[name]
            if name in self.codes:
                values = np.array([self.codes[name].index(v) if v in self.codes[name] else np.nan for v in values])
            columns.append(values.astype(np.float32))
        return np.stack(columns, axis=1)

    def score_matrix(self, matrix: Array) -> Array:
        return self.of(matrix.astype(np.float64))

    def score(self, features: Columns) -> Array:
        return self.score_matrix(self.matrix(features))


@dataclass(frozen=True)
class KindedModel:
    """A model of any kind of task."""

    name: str
    task: str
    features: tuple[str, ...]
    threshold: float
    classes: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]
    candidate: str = "linear-1"


def material(
    features: dict[str, Array], label: Array, of: Callable[[Array], Array], *, kind: str = "binary",
    context: dict[str, Array] | None = None, assets: int = 8, test: float = 0.4, classes: tuple[str, ...] = (),
    codes: Mapping[str, tuple[str, ...]] | None = None, roles: Array | None = None, t: Array | None = None,
) -> Material:  # fmt: skip
    """Return rows that come in turn from the assets, a minute apart; the last share of them is the test."""
    n = len(label)
    asset = np.array([f"m{i % assets + 1}" for i in range(n)], object)
    frame = np.array([f"p{i}" for i in range(n)], object)
    moments = (1_790_000_000_000_000 + np.arange(n) * MINUTE).astype(np.int64) if t is None else t
    keys = {"asset": asset, "frame": frame, "t": moments}
    columns = {**keys, **(context or {}), **features}
    if roles is None:
        roles = np.where(np.arange(n) < (1 - test) * n, np.arange(n) * 5 // n, TEST).astype(np.int8)
    rows = Rows(columns, {**keys, "label": label}, roles)
    model: Any = KindedModel("m", kind, tuple(features), 0.5, classes, codes or {})
    session: Any = Formula(tuple(features), of, codes or {})
    tested = unseen(rows)
    if kind == "multiclass":
        places = {c: float(i) for i, c in enumerate(classes)}
        truth = np.array([places.get(v, np.nan) for v in tested.labels["label"]])
    else:
        truth = tested.labels["label"].astype(np.float64)
    scores = session.score(tested.features)
    return Material(model, rows, tested, truth, scores, session, np.random.default_rng(0))


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def a_model(onnx: str, roles: str, features: tuple[str, ...]) -> Model:
    """Return the record of a binary model whose blobs are given."""
    parity = Parity(passed=True, rows=10, cases={}, largest_difference=0.0, tolerance=1e-5)
    return Model("m", "linear-1", "binary", features, 0.5, onnx, 1.0, parity, 0, (), roles)


def machining(rng: np.random.Generator, n: int = 4000) -> Material:
    """Return a model that follows torque alone, with a speed and a constant that it ignores."""
    torque, speed = rng.normal(40, 5, n), rng.normal(1500, 50, n)
    label = (torque + rng.normal(0, 2, n) > 45).astype(float)
    product = np.array(["L", "M", "H"], object)[rng.integers(0, 3, n)]
    return material({"torque": torque, "speed": speed, "still": np.ones(n)}, label,
                    lambda x: sigmoid(x[:, 0] - 45), context={"product": product})  # fmt: skip
