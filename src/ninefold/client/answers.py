"""What the REST API answers. Times are µs UTC, as in records; an empty text stands for what is not there.

The nouns of the house (verdict, alarm, proposal, leaderboard) travel as they are; here is what puts them together.
"""

from typing import Any, Generic, Literal, TypeVar

import msgspec

from ninefold.vocabulary.alarm import AlarmEpisode
from ninefold.vocabulary.criterion import Bound, Outcome, Threshold, Where
from ninefold.vocabulary.desired import Reported
from ninefold.vocabulary.model import Leaderboard, Model, OperatingPoint
from ninefold.vocabulary.proposal import Proposal, ProposalDecision
from ninefold.vocabulary.ranking import Place
from ninefold.vocabulary.requirement import Link, Priority, RequirementType
from ninefold.vocabulary.use_case import Answer, Score, Stage, Value
from ninefold.vocabulary.verdict import Verdict

T = TypeVar("T")
TaskState = Literal["fresh", "stale", "missing", "blocked"]
Role = Literal["viewer", "editor", "approver", "administrator"]
GateDecision = Literal["pass", "fail", "insufficient", "stale", "unapproved"]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some items of a list; `next` is the cursor of the following page, "" on the last one."""

    items: tuple[T, ...]
    next: str = ""


class Issue(msgspec.Struct, frozen=True):
    """One thing that is wrong in what was sent: where, and why."""

    message: str
    key: str = ""
    source: str = ""


class Problem(msgspec.Struct, frozen=True):
    """The one body of every error (RFC 9457). `hint` begins with a verb and says what to do."""

    type: str
    title: str
    status: int
    detail: str
    hint: str = ""
    code: str = ""  # of a request that was turned away before it reached its route
    issues: tuple[Issue, ...] = ()
    diff: str = ""  # of a file that changed meanwhile: from what it holds now to what was sent
    etag: str = ""  # of what is there now


class FileProblem(msgspec.Struct, frozen=True):
    """One thing that is wrong in a project file."""

    file: str
    line: int  # 0 when the whole file is meant
    field: str
    message: str
    hint: str


class Me(msgspec.Struct, frozen=True):
    """Who asks, and what they may."""

    person: str
    name: str
    role: Role
    via: Literal["session", "token"]
    language: str
    zone: str  # IANA


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


class JobFailure(msgspec.Struct, frozen=True):
    """What could not be done, or is not fresh afterwards: why, and what to do."""

    name: str
    message: str
    hint: str


class Job(msgspec.Struct, frozen=True):
    """A run in the workbench: what was asked, how far it is, and what became of it."""

    id: str
    by: str
    tasks: tuple[str, ...]  # that were named; empty for everything
    state: Literal["running", "done", "failed", "cancelled"]
    cancelling: bool
    begun: int
    ended: int  # 0 while it runs
    task: str  # that is being run now
    said: str  # what it says of itself
    number: int  # of the task, from 1
    of: int  # how many there were to do at the start
    done: tuple[str, ...]
    reused: int
    failed: tuple[JobFailure, ...]
    unfinished: tuple[JobFailure, ...]
    error: JobFailure | None  # that ended the whole


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


class Made(msgspec.Struct, frozen=True):
    """The id of the record that says what was done."""

    record: str


class PublishedTarget(msgspec.Struct, frozen=True):
    """What one target gets from now on."""

    target: str
    bundle: str
    version: int
    record: str


class Publication(msgspec.Struct, frozen=True):
    """What a deployment's targets get from now on."""

    targets: tuple[PublishedTarget, ...]


class DeploymentLine(msgspec.Struct, frozen=True):
    """A deployment: which model goes where, and how its rollouts stand."""

    name: str
    model: str
    file: str
    targets: dict[str, TaskState]


class Device(msgspec.Struct, frozen=True):
    """A device: what it is to run and what it runs."""

    name: str
    enrolled: int
    seen: int  # 0 before its first request
    revoked: bool
    model: str
    deployment: str
    wanted: str  # digest of the bundle
    ordered: Literal["", "rollback", "stop"]
    settled: bool  # it runs what is wanted
    reported: Reported | None


class Invitation(msgspec.Struct, frozen=True):
    """The one-time token with which a device enrols; it is shown this once."""

    device: str
    token: str


class Decision(msgspec.Struct, frozen=True):
    """What a bundle said about one part, with the features that it rests on."""

    id: str
    asset: str
    origin: str
    segment: str  # record of the sealed segment; "" while it is not sealed
    fields: dict[str, Any]
    features: dict[str, Any]


class Alarm(msgspec.Struct, frozen=True):
    """An alarm in its present state, and the record that said it last."""

    episode: AlarmEpisode
    record: str
    raised_by: str
    etag: str  # what a change sends back


class Triaged(msgspec.Struct, frozen=True):
    """What a triage led to: a work order, or a proposal to train again."""

    work_order: str
    proposal: str  # record


class ProposalState(msgspec.Struct, frozen=True):
    """A proposal and what was decided about it."""

    id: str
    proposal: Proposal
    decision: ProposalDecision | None
    etag: str  # what a decision sends back


class ProposalDecided(msgspec.Struct, frozen=True):
    """What is to be run now that a proposal was accepted; nothing is promoted by it."""

    commands: tuple[str, ...]
    standing: str  # id of a standing approval that may cover the end; "" when a person must sign


class RecordLine(msgspec.Struct, frozen=True):
    """A record in a list."""

    id: str
    kind: str
    content: str
    step: str
    actor: str
    time: int
    origin: str
    sequence: int
    names: tuple[str, ...]  # the tasks that it was seen as


class RecordInput(msgspec.Struct, frozen=True):
    """An input of a record."""

    role: str
    id: str
    content: str


class RecordDetail(msgspec.Struct, frozen=True):
    """A record as it stands in the store; `body` is None once it was erased."""

    id: str
    kind: str
    content: str
    step: str
    actor: str
    time: int
    origin: str
    sequence: int
    names: tuple[str, ...]
    environment: str
    key: str
    as_of: int
    until: int
    inputs: tuple[RecordInput, ...]
    blobs: tuple[str, ...]
    erased: bool
    revoked: bool
    body: Any = None


class Event(msgspec.Struct, frozen=True):
    """One link of an origin's chain."""

    sequence: int
    previous: str
    payload: str  # id of the record
    hash: str


class Chain(msgspec.Struct, frozen=True):
    """The head of an origin's chain, and who else keeps one."""

    origin: str
    sequence: int
    hash: str
    witnesses: dict[str, int]  # who -> the sequence that they hold


class LineageLink(msgspec.Struct, frozen=True):
    """One record on the way from a start."""

    depth: int
    role: str
    id: str
    kind: str
    names: tuple[str, ...]


class FileLine(msgspec.Struct, frozen=True):
    """A project file in a list."""

    path: str
    problems: int


class FileText(msgspec.Struct, frozen=True):
    """A project file as it stands; the ETag is also in the header."""

    path: str
    text: str
    etag: str


class FileSaved(msgspec.Struct, frozen=True):
    """A file that was written or removed; `record` is "" when nothing changed, `etag` when it is gone."""

    path: str
    etag: str
    record: str


class Consequence(msgspec.Struct, frozen=True):
    """How a task would stand after an edit."""

    name: str
    state: TaskState
    reason: str
    waits: bool


class Rejudged(msgspec.Struct, frozen=True):
    """A verdict that an edit would turn; an outcome is None where only a measurement tells."""

    name: str
    before: Outcome | None
    after: Outcome | None
    reason: str
    certain: bool


class Impact(msgspec.Struct, frozen=True):
    """What an edit would do, before it is saved."""

    path: str
    diff: str
    problems: tuple[FileProblem, ...]
    mended: tuple[FileProblem, ...]
    facets: dict[str, str]  # name -> changed, new, gone
    tasks: tuple[Consequence, ...]
    gone: tuple[str, ...]
    verdicts: tuple[Rejudged, ...]
    approvals: tuple[str, ...]  # that would no longer hold


class Edit(msgspec.Struct, frozen=True):
    """One change of a file."""

    time: int  # 0 when nobody knows
    source: Literal["workbench", "git", "outside"]
    by: str
    reason: str
    sentences: tuple[str, ...]
    diff: str
    id: str


class Account(msgspec.Struct, frozen=True):
    """Somebody who may log in."""

    person: str
    name: str
    role: Role
    made: int
    has_password: bool
    has_key: bool


class Token(msgspec.Struct, frozen=True):
    """A token of one's own; its secret was shown once."""

    id: str
    name: str
    scope: Role
    made: int
    until: int
    used: int  # 0 for never


class TokenMade(msgspec.Struct, frozen=True):
    """A new token; the secret is shown this once."""

    name: str
    secret: str
