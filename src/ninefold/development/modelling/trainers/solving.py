"""Weights of a linear model for every kind of task, and the link that turns its sums into answers."""

from typing import Any

import numpy as np

from ninefold.development.modelling.trainers.contract import LearningTask
from ninefold.development.modelling.trainers.importing import without
from ninefold.vocabulary.columns import Floats
from ninefold.vocabulary.task import TaskKind

_NEVER = -30.0  # the intercept of a class that the rows do not hold
_MANY = 500  # features beyond which Newton's steps cost more than many cheap ones


def solve(task: LearningTask, z: Floats, y: Floats, strength: float) -> tuple[Floats, Floats]:
    """Return weights (features, answers) and intercepts (answers,) of standardised rows.

    `strength` is that of the data against the penalty, scikit-learn's C; of a regression 1 / C is the ridge.
    """
    with without("pandas", "rich"):  # scikit-learn would import them, a fifth of its start
        from sklearn.linear_model import LogisticRegression, Ridge

    if task.kind == "regression":
        ridge = Ridge(alpha=1.0 / strength, solver="cholesky").fit(z, y)
        return ridge.coef_.reshape(-1, 1), np.array([float(ridge.intercept_)])
    # few features and many rows: Newton's steps are exact, and took a fifth of the time of lbfgs where features
    # say nearly the same, such as a mean over 5 and over 20 parts
    settings: dict[str, Any] = {"solver": "newton-cholesky", "max_iter": 100, "tol": 1e-6}
    if z.shape[1] * max(task.classes, 1) > _MANY:
        settings = {"solver": "lbfgs", "max_iter": 1000, "tol": 1e-4}
    found = LogisticRegression(C=strength, **settings).fit(z, y)
    if task.kind == "binary":
        return found.coef_.T, found.intercept_
    weights, intercepts = np.zeros((z.shape[1], task.classes)), np.full(task.classes, _NEVER)
    places = found.classes_.astype(int)
    if len(places) == 2:  # two classes have one sum: that of the second beside none of the first
        weights[:, places[1]], intercepts[places] = found.coef_[0], (0.0, float(found.intercept_[0]))
    else:
        weights[:, places], intercepts[places] = found.coef_.T, found.intercept_
    return weights, intercepts


def linked(raw: Floats, kind: TaskKind) -> Floats:
    """Return the answers of sums (n, answers)."""
    if kind == "multiclass":
        shares = np.exp(raw - raw.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))
    # the logistic function, without overflow
    return 0.5 * (1.0 + np.tanh(0.5 * raw[:, 0])) if kind == "binary" else raw[:, 0]
