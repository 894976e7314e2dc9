"""What every examination of a model looks at, and the step that they share: one task a model, on its test rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ninefold.bundle.session import Session
from ninefold.development.validation.measuring import TARGET, _roles, _table
from ninefold.development.validation.planning import models
from ninefold.development.validation.subjects import Rows, unseen
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.steps import Ask, Blocked, Context, Kind, Result, Task
from ninefold.kernel.view import View
from ninefold.vocabulary.columns import Array, Columns, Floats
from ninefold.vocabulary.model import Model

LEVEL = 0.95
KEYS = frozenset({"asset", "frame", "t", "t_start"})  # what names a row and says nothing about it


@dataclass(frozen=True)
class Material:
    """A model with its rows. `scores` are those of the test rows: (n,), or (n, classes) for several classes.

    `truth` is the label of each test row, NaN where unknown; for several classes the place of the class.
    """

    model: Model
    rows: Rows  # training and test
    test: Rows
    truth: Floats
    scores: Array
    session: Session
    rng: np.random.Generator

    @property
    def kind(self) -> str:
        """The kind of task."""
        return self.model.task

    @property
    def features(self) -> tuple[str, ...]:
        """The features that the model reads."""
        return self.model.features

    @property
    def context(self) -> tuple[str, ...]:
        """The columns that are carried along: no features, no keys."""
        return tuple(n for n in self.rows.features if n not in KEYS and n not in self.features)

    @property
    def known(self) -> Array:
        """Whether the truth of a test row is known and the model gives it a score."""
        finite = np.isfinite(self.scores)
        return ~np.isnan(self.truth) & (finite if finite.ndim == 1 else finite.all(axis=1))

    def decided(self, scores: Array) -> Array | None:
        """Return the answers to scores: alarms, or places of classes; None for a number."""
        if self.kind == "multiclass":
            return np.asarray(scores.argmax(axis=1)) if len(scores) else np.zeros(0, np.int64)
        if self.kind == "regression":
            return None
        with np.errstate(invalid="ignore"):
            return np.asarray(scores >= self.model.threshold)


class Examination:
    """A step that examines each model. A subclass names itself and says in `examine` what it finds."""

    name: str
    version: str
    kind: Kind = "derive"
    consumes = frozenset({"model", "features", "labels"})
    produces: frozenset[str]
    record: str  # the kind of its record, with the schema
    environment: tuple[str, ...] = ("numpy", "onnxruntime")
    candidates: ClassVar[bool] = False  # whether it also reads the out-of-fold predictions

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:  # noqa: ARG002 - the contract of a step
        """Return one task a model."""
        for model in models(view):
            recipe = str(view.facets[f"model:{model}#train"].plain["dataset"]).removeprefix("recipe:")
            results = {"model": f"model:{model}", "features": f"features:{recipe}", "labels": f"labels:{recipe}"}
            if self.candidates:
                results["candidates"] = f"candidates:{model}"
            yield Task(f"{self.name}:{model}", results=results, of=("model",))

    def run(self, task: Task, ctx: Context) -> Result:
        """Examine one model.

        Raises:
            InvalidInput: there are no test rows, or model, features and labels do not fit together.
        """
        ctx.progress.say(task.name)
        return Result(self.record, self.examine(material(ctx), ctx))

    def examine(self, found: Material, ctx: Context) -> Any:
        """Return the body of the record."""
        raise NotImplementedError


def material(ctx: Context) -> Material:
    """Return what an examination looks at, from the inputs of its task.

    Raises:
        InvalidInput: there are no test rows, or model, features and labels do not fit together.
    """
    model = ctx.inputs["model"].body(Model)
    rows = Rows(_table(ctx, "features"), _table(ctx, "labels"), _roles(ctx, model))
    test = unseen(rows)
    session = Session(ctx.blobs.read(model.onnx), model.features, dict(model.categories))
    return Material(model, rows, test, truth_of(model, test.labels), session.score(test.features), session, ctx.rng)


def truth_of(model: Model, labels: Columns) -> Floats:
    """Return the labels as numbers, NaN where unknown; those of several classes as their places.

    Raises:
        InvalidInput: there is no column of labels.
    """
    if TARGET not in labels:
        raise InvalidInput(f"The labels have no column {TARGET!r}.", hint=f"Use one of: {', '.join(labels)}.")
    column = labels[TARGET]
    kind: str = model.task
    if kind != "multiclass":
        return column.astype(np.float64)
    places = {name: float(place) for place, name in enumerate(classes_of(model))}
    return np.array([places.get(v, np.nan) for v in column.tolist()], dtype=np.float64)


def classes_of(model: Model) -> tuple[str, ...]:
    """Return the names of the classes in the order of the probabilities; none unless there are several."""
    classes: tuple[str, ...] = getattr(model, "classes", ())
    return classes


def drawn(material: Material, most: int) -> Array:
    """Return the places of labelled test rows, all or `most` of them, in order: of each class as many.

    Neither the AUC nor the balanced accuracy depends on how often a class occurs.
    """
    known = np.flatnonzero(material.known)
    if len(known) <= most:
        return known
    truth = material.truth[known]
    if material.kind == "regression":
        return np.sort(material.rng.choice(known, most, replace=False))
    classes = np.unique(truth)
    parts = []
    room = most
    for left, place in enumerate(sorted(classes, key=lambda c: int((truth == c).sum()))):
        members = known[truth == place]
        share = room // (len(classes) - left)
        taken = members if len(members) <= share else material.rng.choice(members, share, replace=False)
        parts.append(taken)
        room -= len(taken)
    return np.sort(np.concatenate(parts))


def units_of(features: Columns) -> Array | None:
    """Return a code a row: rows of one asset belong together when there are several assets; None for single rows."""
    codes = np.unique(features["asset"].astype(str), return_inverse=True)[1] if "asset" in features else np.zeros(0)
    return codes.astype(np.int64) if len(codes) and codes.max() > 0 else None
