"""A model and how it was found: the leaderboard of a race, the operating point, and the model that ships.

Array contents (graphs, scores, rows) are blobs named by their digest; scores and rows are aligned with the features.
"""

from typing import Any, Literal

import msgspec

from ninefold.vocabulary.calibration import Calibration
from ninefold.vocabulary.task import AlarmRule, TaskKind

CandidateOutcome = Literal["finished", "dropped", "failed", "killed", "disqualified", "not_run"]

TEST = -1  # the role of a row in a split: fold number (0, 1, ...), or one of these
UNUSED = -2  # in a gap between training and test


class Parity(msgspec.Struct, frozen=True):
    """How the exported graph compares with the native model on test rows and on rows built to tell them apart."""

    passed: bool
    rows: int
    cases: dict[str, int]  # test, threshold, missing, infinite, unknown, empty -> rows
    largest_difference: float | None  # of the scores; None when one of the two gave no number
    tolerance: float
    note: str = ""


class Candidate(msgspec.Struct, frozen=True):
    """One row of the leaderboard; what failed is kept, with the reason."""

    name: str  # lightgbm-2
    trainer: str
    params: dict[str, Any]
    outcome: CandidateOutcome
    reason: str = ""  # one sentence for a person, empty when it finished
    score: float | None = None  # of the leaderboard's metric, on the out-of-fold predictions
    low: float | None = None  # two-sided 95 % bootstrap interval of the score
    high: float | None = None
    behind: float | None = None  # share of paired resamples in which it does worse than the best; None for the best
    folds: tuple[float | None, ...] = ()  # None for a fold whose metric is undefined
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    size_kb: float | None = None
    row_us: float | None = None  # one row through the graph, median, on the machine that trained it
    parity: Parity | None = None
    onnx: str = ""  # blob: float32 [n, features] -> float32 `score` [n], or `probabilities` [n, classes]
    out_of_fold: str = ""  # blob: float32 .npy, (n,) or (n, classes), NaN where no fold predicts
    probe: str = ""  # blob: float32 .npy, the rows of the parity gate
    calibration: Calibration | None = None  # graph, out-of-fold and native scores are calibrated ones; `score` is not
    native: str = ""  # blob: float64 .npy, the native scores of these rows
    members: dict[str, float] = {}  # of an ensemble: candidate -> weight


class SplitSummary(msgspec.Struct, frozen=True):
    """How the rows were divided. `roles` is an int8 .npy blob: a fold number, -1 for test, -2 for unused."""

    kind: Literal["time", "order", "group", "stratified"]
    roles: str
    rows: dict[str, int]  # train, test, unused, and censored: rows without a label, in any of them
    positives: dict[str, int]  # train, test; empty unless the task is binary
    folds: int
    test_from: int | None = None  # µs UTC, when the split is by time
    groups: dict[str, int] = {}  # train, test: how many are kept whole
    by_class: dict[str, dict[str, int]] = {}  # train, test -> class -> labelled rows; of a multiclass task


class Brought(msgspec.Struct, frozen=True):
    """An ONNX file that somebody else trained, as it was when it was read; its bytes are the blob."""

    file: str
    sha256: str
    size_kb: float
    features: tuple[str, ...]  # in the order of the graph's input; empty for those of the recipe
    width: int  # how many it reads
    input: str  # the graph's own names
    output: str
    columns: int | None  # of the answer; 0 for a vector, None when the graph does not say


class Leaderboard(msgspec.Struct, frozen=True):
    """What a race found under its budget."""

    metric: str
    higher_is_better: bool
    features: tuple[str, ...]  # in the order of the graph's input
    candidates: tuple[Candidate, ...]  # best first, then what did not finish
    winner: str
    why: str  # the sentence that says why it won
    split: SplitSummary
    budget_cpu_s: float
    used_cpu_s: float
    ended: str  # "all candidates were tried" or "the budget was used up"
    task: TaskKind = "binary"
    categories: dict[str, tuple[str, ...]] = {}  # text feature -> values; the code is the place, unknown is missing
    classes: tuple[str, ...] = ()  # of a multiclass task, in the order of the graph's `probabilities`
    target: str = "label"  # the column of the labels that was learnt

    def candidate(self, name: str) -> Candidate:
        """Return a candidate by name.

        Raises:
            KeyError: it is not on the board.
        """
        for row in self.candidates:
            if row.name == name:
                return row
        raise KeyError(name)


class Expectation(msgspec.Struct, frozen=True):
    """What one criterion is expected to show on the test set at the chosen threshold."""

    criterion: str  # REQ-x/recall
    value: float | None  # out of fold, the point value
    probability: float | None  # that the test set passes it
    note: str = ""


class Baseline(msgspec.Struct, frozen=True):
    """A rule without learning, measured on the same rows as the model."""

    rule: str
    expectations: tuple[Expectation, ...]
    note: str = ""


class OperatingPoint(msgspec.Struct, frozen=True):
    """What turns an answer into an alarm: a threshold chosen out of fold, or the rule of the model file.

    Binary: a score at or above the threshold alarms. Other kinds have no threshold, and `alarm` instead; without
    one nothing ever alarms.
    """

    candidate: str
    threshold: float | None  # exact in float32; None unless the task is binary
    chosen_on: Literal["out_of_fold"]
    probability: float | None  # that the test set passes every criterion named
    satisfied: bool  # whether the point values meet every threshold out of fold
    expectations: tuple[Expectation, ...]
    reason: str  # why this threshold, and, when none can satisfy, that it is so
    baseline: Baseline | None = None
    alarm: AlarmRule | None = None
    of: dict[str, str] = {}  # role -> content, filled by the runner


class Limit(msgspec.Struct, frozen=True):
    """A limit of the target device; `value` is None when only the device can measure it."""

    name: str
    limit: float
    value: float | None
    held: bool | None


class Model(msgspec.Struct, frozen=True):
    """The model that is validated, signed and shipped: one graph, and one threshold or rule."""

    name: str
    candidate: str
    task: TaskKind
    features: tuple[str, ...]  # in the order of the graph's input
    threshold: float | None  # None unless the task is binary
    onnx: str  # blob
    size_kb: float
    parity: Parity
    label_flips: int  # rows of the parity gate on which graph and native model decide differently
    limits: tuple[Limit, ...]
    roles: str  # blob: which rows of the features were test (-1); training rows are no evidence
    test_from: int | None = None
    categories: dict[str, tuple[str, ...]] = {}
    classes: tuple[str, ...] = ()  # of a multiclass task, in the order of the graph's `probabilities`
    alarm: AlarmRule | None = None  # of the other kinds than binary; without one nothing alarms
