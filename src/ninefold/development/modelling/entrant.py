"""What takes part in a race, and how a race ends."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ninefold.development.modelling.ranking import Standing
from ninefold.development.modelling.split import Rows
from ninefold.development.modelling.trainers.contract import LearningTask, Matrix
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.model import Candidate, CandidateOutcome, Parity
from ninefold.vocabulary.task import TaskKind

SUMS_TO_ONE = 1e-4  # how far the probabilities of a row may be from it


class Budgeted(NamedTuple):
    """What a race may use."""

    cpu_s: float
    memory: float  # bytes, each worker
    threads: int


class Data(NamedTuple):
    """What is learnt from."""

    x: Matrix
    y: Floats  # NaN for unlabelled
    rows: Rows
    features: tuple[str, ...]
    folds: int
    categories: dict[int, int]  # place of a text feature -> number of its values
    kind: TaskKind = "binary"
    classes: int = 0  # of a multiclass task

    @property
    def learning(self) -> LearningTask:
        """What a trainer is told of it."""
        y = self.y[self.rows.fit_rows(None, self.y)]
        positives = int(y.sum()) if self.kind == "binary" else 0
        return LearningTask(self.kind, len(y), len(self.features), positives, self.classes)

    def answer_shape(self, rows: int) -> tuple[int, ...]:
        """The shape of the answers for so many rows."""
        return (rows, self.classes) if self.kind == "multiclass" else (rows,)

    def flaw(self, answers: Array, rows: int) -> str:
        """Return what is wrong with answers for so many rows, "" when nothing is."""
        right = answers.shape == self.answer_shape(rows) and bool(np.isfinite(answers).all())
        if self.kind == "regression":
            return "" if right else "Its scores are not one finite number per row."
        right = right and bool(answers.min(initial=0) >= 0 and answers.max(initial=0) <= 1)
        if self.kind == "binary":
            return "" if right else "Its scores are not one number between 0 and 1 per row."
        right = right and bool((np.abs(answers.sum(axis=1) - 1) < SUMS_TO_ONE).all())
        return "" if right else f"Its scores are not {self.classes} probabilities per row that sum to 1."


@dataclass
class Entrant:
    """A candidate on its way, and the files that it leaves."""

    trainer: str
    params: dict[str, Any]
    cost: float
    name: str = ""
    outcome: CandidateOutcome = "not_run"
    reason: str = ""
    folds: list[float | None] = field(default_factory=list)
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    scores: Floats | None = None  # out of fold, NaN elsewhere
    onnx: bytes = b""
    probe: Matrix | None = None
    native: Floats | None = None
    cases: dict[str, int] = field(default_factory=dict)  # adversarial rows of the probe, by kind
    row_us: float | None = None
    parity: Parity | None = None
    members: dict[str, float] = field(default_factory=dict)  # of an ensemble

    def row(self, standing: Standing | None = None) -> Candidate:
        """Return the row of the leaderboard; blobs are filled in by the step."""
        shown = standing or Standing(float("nan"), float("nan"), float("nan"), None)
        return Candidate(
            self.name, self.trainer, self.params, self.outcome, self.reason, number(shown.point), number(shown.low),
            number(shown.high), shown.behind, tuple(self.folds), round(self.cpu_s, 3), round(self.peak_mb, 1),
            len(self.onnx) / 1e3 if self.onnx else None, self.row_us, self.parity, members=self.members,
        )  # fmt: skip


class Finish(NamedTuple):
    """How a race ended."""

    entrants: list[Entrant]  # best first, then what did not finish
    standings: dict[str, Standing]
    winner: str
    why: str
    used_cpu_s: float
    ended: str


def number(value: float) -> float | None:
    """Return the value for a record, which holds no NaN and no infinity."""
    return float(value) if np.isfinite(value) else None
