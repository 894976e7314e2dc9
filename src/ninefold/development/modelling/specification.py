"""The model file as nouns: what to learn, how rows are divided, under which budget, and how the threshold is chosen."""

import re
from typing import Literal

import msgspec

from ninefold.vocabulary.quantity import Duration, Share, Size
from ninefold.vocabulary.task import AlarmRule, TaskKind

Metric = Literal[
    "average_precision", "auc", "log_loss", "brier", "rmse", "mae", "r2", "macro_f1", "accuracy"
]  # which of them suits which kind of task: ranking.METRICS


class TaskSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is learnt: the kind of answer and the column of the labels that holds it."""

    kind: TaskKind = "binary"
    target: str = "label"
    classes: tuple[str, ...] = ()  # of a multiclass task, in the order of the answer; empty for all, sorted

    def __post_init__(self) -> None:
        if self.classes and self.kind != "multiclass":
            raise ValueError(f"Classes belong to a multiclass task; this one is {self.kind}.")
        if len(set(self.classes)) < len(self.classes) or len(self.classes) == 1:
            raise ValueError("Expected at least two different classes, or none.")


class TimeSplit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last part of the time is the test; training ends a gap before it."""

    test: Share
    gap: Duration = Duration(0)


class RowSplit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A share of the rows is the test."""

    test: Share


class Split(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How rows are divided; exactly one of time, order, group and stratified.

    `order` takes the row order for the time; `group` and `stratified` draw, whole groups or rows by label.
    """

    time: TimeSplit | None = None
    order: RowSplit | None = None
    group: RowSplit | None = None
    stratified: RowSplit | None = None
    keep_whole: tuple[str, ...] = ()  # columns whose common values are never cut
    folds: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        chosen = [k for k in ("time", "order", "group", "stratified") if getattr(self, k) is not None]
        if len(chosen) != 1:
            raise ValueError(f"Expected exactly one of time, order, group, stratified; found {len(chosen)}.")
        if not 0.0 < self.share < 1.0:
            raise ValueError(f"The test share must lie between 0 and 1, found {self.share:g}.")
        if not 2 <= self.folds <= 20:
            raise ValueError(f"The number of folds must lie between 2 and 20, found {self.folds}.")
        if chosen == ["group"] and not self.keep_whole:
            raise ValueError("A group split needs keep_whole: the columns that make a group.")

    @property
    def kind(self) -> Literal["time", "order", "group", "stratified"]:
        """Which of the four it is."""
        if self.time is not None:
            return "time"
        if self.order is not None:
            return "order"
        return "group" if self.group is not None else "stratified"

    @property
    def share(self) -> float:
        """The share of the test, 0 to 1."""
        part = self.time or self.order or self.group or self.stratified
        return float(part.test) if part is not None else 0.0

    @property
    def gap_s(self) -> float:
        """The seconds between training and test."""
        return float(self.time.gap) if self.time is not None else 0.0


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a race may use: CPU seconds over all of its processes, and memory of each."""

    cpu: Duration
    memory: Size = Size(2 * 2**30)
    threads: int = 1

    def __post_init__(self) -> None:
        if self.cpu <= 0:
            raise ValueError("A budget of no CPU time trains nothing.")
        if self.memory < 128 * 2**20:
            raise ValueError(f"A worker needs at least 128 MiB of memory, found {self.memory / 2**20:.0f} MiB.")
        if not 1 <= self.threads <= 256:
            raise ValueError(f"The number of threads must lie between 1 and 256, found {self.threads}.")


class BringSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model that is brought as ONNX, instead of trained."""

    file: str  # in the project: models/net.onnx
    sha256: str = ""  # of the file; checked when it is named
    input: str = ""  # the graph's own name for it; any when empty
    output: str = ""  # the graph's own name for its answer; score or probabilities, or the only one, when empty
    features: tuple[str, ...] = ()  # in the order of the graph's input; those of the recipe when empty

    def __post_init__(self) -> None:
        if not self.file.endswith(".onnx") or self.file.startswith("/") or ".." in self.file.split("/"):
            raise ValueError(f"Expected a file of the project that ends in .onnx, found {self.file!r}.")
        if self.sha256 and not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError("A sha256 has 64 digits 0-9 a-f.")
        if len(set(self.features)) < len(self.features):
            raise ValueError("A feature is named twice.")


class TrainSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that the race depends on."""

    use_case: str
    dataset: str  # recipe:NAME
    task: TaskSpec
    split: Split
    metric: Metric
    budget: Budget
    trainers: tuple[str, ...]  # empty for all that are installed
    leave_out: tuple[str, ...] = ()  # columns of the recipe that the model does not see
    calibration: Literal["none", "choose"] = "none"

    @property
    def recipe(self) -> str:
        """The name of the recipe."""
        return self.dataset.removeprefix("recipe:")


class DecisionSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the threshold is chosen, only on out-of-fold predictions; or, for other kinds than binary, what alarms."""

    satisfy: tuple[str, ...] = ()  # REQ-x/recall
    minimise: str = ""  # a metric of the same requirements, or REQ-x/ID
    choose_on: Literal["out_of_fold"] = "out_of_fold"
    baseline: str = ""  # a rule over features, shown beside the model: torque_lift > 1.5
    alarm: AlarmRule | None = None  # of a regression or multiclass task; without one nothing ever alarms


class LimitsSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the target device allows."""

    latency_p99_ms: float | None = None  # measured on the device, at its self-test
    size_kb: float | None = None


class AnswerSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a decision says beside its score: an answer that holds the truth in a share of cases."""

    conformal: float  # one of vocabulary.conformal.SHARES


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """models/NAME.yaml."""

    use_case: str
    dataset: str
    task: TaskSpec
    split: Split
    metric: Metric
    budget: Budget | None = None  # of a race; what a brought model may use for its scores has a default
    decision: DecisionSpec = DecisionSpec()
    trainers: tuple[str, ...] | Literal["all"] | None = None  # all when it is left out
    bring: str | BringSpec | None = None  # instead of trainers
    limits: LimitsSpec = LimitsSpec()
    leave_out: tuple[str, ...] = ()  # columns of the recipe that the model does not see: watched for drift only
    calibration: Literal["none", "choose"] = "none"  # choose: out of fold, the simplest that is enough
    answer: AnswerSpec | None = None  # what decisions carry beside their score

    @property
    def brought(self) -> BringSpec | None:
        """What is brought; a bare name is a file."""
        return BringSpec(self.bring) if isinstance(self.bring, str) else self.bring
