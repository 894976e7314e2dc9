"""Answers about deployments, devices, decisions, alarms and proposals."""

from typing import Any, Literal

import msgspec

from ninefold.client.answers.shared import TaskState
from ninefold.vocabulary.alarm import AlarmEpisode
from ninefold.vocabulary.desired import Reported
from ninefold.vocabulary.proposal import Proposal, ProposalDecision


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
