"""What a target of a rollout is told to run, and what it reports: the two halves of a device's twin."""

from typing import Literal

import msgspec

from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec
from ninefold.vocabulary.quantity import Duration, Share

DESIRED = "desired@1"
REPORTED = "reported@1"

StageName = Literal["self-test", "shadow", "canary", "active"]
FallbackWhen = Literal["stale_input", "bad_quality", "model_late"]


class Until(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a stage may end: after so many parts, and at the latest after a time."""

    parts: int = 0
    at_most: Duration | None = None


class Require(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The criteria (REQ/ID or ID) that must pass, and those that must only not fail."""

    pass_: tuple[str, ...] = msgspec.field(default=(), name="pass")
    not_fail: tuple[str, ...] = ()


class Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One stage of a rollout."""

    stage: StageName
    until: Until = Until()
    require: Require = Require()
    share: Share = Share(1.0)  # of the assets, in a canary
    pending: Literal["named_person", "refuse"] = "refuse"  # active: who takes over what is insufficient


class Fallback(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What decides when the model cannot."""

    when: tuple[FallbackWhen, ...] = ()
    then: Literal["rule", "abstain"] = "abstain"
    rule: str = ""  # an expression over the features


class Acceptance(msgspec.Struct, frozen=True):
    """A person took over a criterion that is still insufficient: the record that says so, and until when."""

    criterion: str
    record: str
    until: int  # µs UTC


class BundleRef(msgspec.Struct, frozen=True):
    """A bundle: its payload, by which devices and records name it, the signed file that carries it, and its record."""

    digest: str  # of the payload
    file: str = ""  # digest of the signed *.9fb file, which is downloaded; "" before it is published
    size: int = 0  # bytes of the file
    record: str = ""  # id at the centre
    content: str = ""


class DeviceLimits(msgspec.Struct, frozen=True):
    """What a bundle may cost on the target device; measured there before it may decide anything."""

    latency_p99_ms: float | None = None  # of the model alone, in the self-test
    size_kb: float | None = None  # of the graph


class StageCriterion(msgspec.Struct, frozen=True):
    """A criterion that a stage requires: what is measured, and what it is held against."""

    metric: MetricSpec
    criterion: CriterionSpec

    @property
    def name(self) -> str:
        """The full name: REQ/ID."""
        return f"{self.criterion.requirement}/{self.criterion.criterion}"


class Desired(msgspec.Struct, frozen=True):
    """What one target is to run. Its digest makes applying it idempotent."""

    target: str  # edge:gateway-1
    deployment: str
    model: str
    bundle: BundleRef
    rollout: tuple[Stage, ...]
    criteria: tuple[StageCriterion, ...] = ()  # that the stages require, under their full names
    on_failure: Literal["rollback", "stop"] = "rollback"
    fallback: Fallback = Fallback()
    limits: DeviceLimits = DeviceLimits()
    actions: tuple[str, ...] = ()  # what an alarm does besides being recorded: opcua_tag
    accepted: tuple[Acceptance, ...] = ()
    command: Literal["", "rollback", "stop"] = ""  # of a person; never blocked by anything
    again: int = 0  # counts the attempts: a device does not repeat by itself what it gave up


class Published(msgspec.Struct, frozen=True):
    """What the reference `desired/TARGET` of the centre's store holds, as JSON: which document a target gets."""

    record: str  # id of the desired document
    key: str  # of the task that wants it
    file: str = ""  # digest and size of the signed bundle file
    size: int = 0


def reference_of(target: str) -> str:
    """Return the name of the reference that says what a target gets."""
    return f"desired/{target}"


class DesiredDocument(msgspec.Struct, frozen=True):
    """The desired document as it travels: with the record that it is."""

    record: str
    content: str
    desired: Desired
    key: str = ""  # of the task that wants it; a report names it


State = Literal["staging", "self-test", "shadow", "canary", "waits", "active", "rolled-back", "refused", "stopped"]


class CriterionState(msgspec.Struct, frozen=True):
    """How a criterion stands on the device."""

    criterion: str
    outcome: Literal["pass", "fail", "insufficient"]
    reason: str
    value: float | None = None
    samples: int = 0


class Reported(msgspec.Struct, frozen=True):
    """What one target runs. `desired` is the key of the document that it works on or has settled."""

    target: str
    desired: str
    stage: State
    reason: str = ""
    active: str = ""  # digest of the bundle that decides; "" while only the fallback does
    candidate: str = ""
    previous: str = ""
    parts: int = 0  # seen in this stage
    criteria: tuple[CriterionState, ...] = ()
    device: dict[str, str] = {}  # hardware class: machine, cores, python, onnxruntime
    measured: dict[str, float] = {}  # p50_ms, p99_ms, rss_mb
    agent: str = ""  # version
