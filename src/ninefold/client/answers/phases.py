"""Answers about how the project stands, its design and its development."""

from typing import Any, Literal

import msgspec

from ninefold.client.answers.shared import FileProblem, GateDecision, TaskState
from ninefold.vocabulary.criterion import Bound, Outcome, SensorFaults, Threshold, Where
from ninefold.vocabulary.model import Leaderboard, Model, OperatingPoint
from ninefold.vocabulary.ranking import Place
from ninefold.vocabulary.requirement import Link, Priority, RequirementType
from ninefold.vocabulary.use_case import Answer, Score, Stage, Value
from ninefold.vocabulary.verdict import Verdict


class Standing(msgspec.Struct, frozen=True):
    """How the project stands."""

    project: str
    now: int
    counts: dict[str, int]  # state -> tasks
    waiting: int  # tasks that are not fresh only because something before them is not
    problems: tuple[FileProblem, ...]


class TaskLine(msgspec.Struct, frozen=True):
    """How one task stands, why, and the next command."""

    name: str
    state: TaskState
    reason: str
    command: str
    waits: bool
    record: str  # id of its result, or of what it last said


class TaskDetail(msgspec.Struct, frozen=True):
    """One task with what it is made of and what it found."""

    name: str
    state: TaskState
    reason: str
    command: str
    waits: bool
    record: str
    step: str
    kind: Literal["derive", "observe", "decide", "apply"]
    facets: dict[str, str]  # role -> facet
    inputs: dict[str, str]  # role -> task
    gates: tuple[str, ...]
    roots: tuple[str, ...]  # blocked: where the blocking begins
    notes: tuple[str, ...]
    result: Any = None  # the body of the record


class RequirementLine(msgspec.Struct, frozen=True):
    """A requirement in a list."""

    id: str
    title: str
    type: RequirementType
    owner: str
    priority: Priority
    file: str
    criteria: tuple[str, ...]


class CriterionState(msgspec.Struct, frozen=True):
    """A criterion and the verdicts on it."""

    id: str
    where: tuple[Where, ...]
    metric: str
    threshold: Threshold
    min_samples: int
    slices: Literal["required", "report"]
    params: dict[str, Any]
    bound: Bound | None
    breach: str
    verdicts: tuple[str, ...]  # tasks
    faults: SensorFaults | None = None  # the worst of these decides


class RequirementDetail(msgspec.Struct, frozen=True):
    """A requirement with its statement and its criteria."""

    id: str
    title: str
    type: RequirementType
    owner: str
    priority: Priority
    file: str
    statement: str
    links: tuple[Link, ...]
    criteria: tuple[CriterionState, ...]


class UseCaseLine(msgspec.Struct, frozen=True):
    """A use case in a list; `rank` is None while it is not ranked."""

    id: str
    title: str
    stage: Stage
    owner: str
    file: str
    rank: int | None
    first: float | None  # share of the weightings in which it is first


class UseCaseDetail(msgspec.Struct, frozen=True):
    """A use case with its scores and its place."""

    id: str
    title: str
    stage: Stage
    owner: str
    file: str
    scores: dict[str, Score]
    gates: dict[str, Answer]
    value: Value | None
    needs: tuple[str, ...]  # signals and events
    place: Place | None
    excluded: tuple[str, ...]  # the gates that keep it out


class ModelLine(msgspec.Struct, frozen=True):
    """A model in a list: its file, and what its gate says."""

    name: str
    file: str
    gate: GateDecision
    approval: TaskState
    bundle: str  # digest of the payload; "" before there is one


class ModelDetail(msgspec.Struct, frozen=True):
    """A model with the race that found it; what has no result yet is None."""

    name: str
    file: str
    gate: GateDecision
    approval: TaskState
    bundle: str
    leaderboard: Leaderboard | None
    operating_point: OperatingPoint | None
    model: Model | None


class VerdictLine(msgspec.Struct, frozen=True):
    """A verdict, or why there is none."""

    task: str
    model: str
    requirement: str
    criterion: str
    state: TaskState
    reason: str
    verdict: Verdict | None


class GateCheck(msgspec.Struct, frozen=True):
    """One line of the gate."""

    name: str
    decision: GateDecision
    reason: str
    command: str


class GateAnswer(msgspec.Struct, frozen=True):
    """What the gate says."""

    decision: GateDecision
    checks: tuple[GateCheck, ...]


class OpenPoint(msgspec.Struct, frozen=True):
    """What does not pass before an approval; `waiver` is the record that opens it, or ""."""

    requirement: str
    criterion: str
    where: dict[str, str]
    outcome: Outcome
    reason: str
    waiver: str
