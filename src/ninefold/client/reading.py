"""What a client reads: the project, its three phases, and the chain of evidence."""

from collections.abc import Iterator
from typing import Literal

from ninefold.client import answers as a
from ninefold.client.api import Api, place
from ninefold.vocabulary.availability import Availability
from ninefold.vocabulary.ranking import Ranking


class Reading:
    """Methods that change nothing. Lists are iterators that fetch page after page."""

    api: Api

    def me(self) -> a.Me:
        """Return who asks, and what they may."""
        return self.api.get(a.Me, "/me")

    def status(self) -> a.Standing:
        """Return how the project stands."""
        return self.api.get(a.Standing, "/status")

    def tasks(self, in_state: a.TaskState | None = None) -> Iterator[a.TaskLine]:
        """Yield the tasks of the plan by name, or those in one state."""
        return self.api.all(a.TaskLine, "/tasks", in_state=in_state)

    def task(self, name: str) -> a.TaskDetail:
        """Return a task with its inputs and its result."""
        return self.api.get(a.TaskDetail, place("/tasks/{}", name))

    def run_state(self, id: str) -> a.Job:
        """Return how far a run is."""
        return self.api.get(a.Job, place("/runs/{}", id))

    def files(self) -> Iterator[a.FileLine]:
        """Yield the project's files by path."""
        return self.api.all(a.FileLine, "/files")

    def file(self, path: str) -> a.FileText:
        """Return a file's text and its ETag."""
        return self.api.get(a.FileText, place("/files/{}", path))

    def edits(self, path: str) -> Iterator[a.Edit]:
        """Yield the changes of a file, the newest first."""
        return self.api.all(a.Edit, place("/edits/{}", path))

    def requirements(self) -> Iterator[a.RequirementLine]:
        """Yield the requirements by id."""
        return self.api.all(a.RequirementLine, "/requirements")

    def requirement(self, id: str) -> a.RequirementDetail:
        """Return a requirement with its statement and criteria."""
        return self.api.get(a.RequirementDetail, place("/requirements/{}", id))

    def use_cases(self) -> Iterator[a.UseCaseLine]:
        """Yield the use cases by id."""
        return self.api.all(a.UseCaseLine, "/use-cases")

    def use_case(self, id: str) -> a.UseCaseDetail:
        """Return a use case with its scores and its place."""
        return self.api.get(a.UseCaseDetail, place("/use-cases/{}", id))

    def ranking(self) -> Ranking:
        """Return the ranking of the use cases."""
        return self.api.get(Ranking, "/ranking")

    def availability(self) -> Iterator[Availability]:
        """Yield what is known of the data of each use case."""
        return self.api.all(Availability, "/availability")

    def availability_of(self, use_case: str) -> Availability:
        """Return the verdicts on the data needs of one use case."""
        return self.api.get(Availability, place("/availability/{}", use_case))

    def models(self) -> Iterator[a.ModelLine]:
        """Yield the models by name."""
        return self.api.all(a.ModelLine, "/models")

    def model(self, name: str) -> a.ModelDetail:
        """Return a model with its leaderboard and operating point."""
        return self.api.get(a.ModelDetail, place("/models/{}", name))

    def verdicts(self, model: str = "") -> Iterator[a.VerdictLine]:
        """Yield the verdicts, or those on one model."""
        return self.api.all(a.VerdictLine, "/verdicts", model=model)

    def gate(self, model: str = "") -> a.GateAnswer:
        """Return what the gate says of everything, or of one model."""
        return self.api.get(a.GateAnswer, "/gate", model=model)

    def open_points(self, name: str) -> Iterator[a.OpenPoint]:
        """Yield what does not pass before the approval of a model."""
        return self.api.all(a.OpenPoint, place("/models/{}/open-points", name))

    def deployments(self) -> Iterator[a.DeploymentLine]:
        """Yield the deployments by name."""
        return self.api.all(a.DeploymentLine, "/deployments")

    def devices(self) -> Iterator[a.Device]:
        """Yield the devices by name."""
        return self.api.all(a.Device, "/devices")

    def device(self, name: str) -> a.Device:
        """Return a device."""
        return self.api.get(a.Device, place("/devices/{}", name))

    def decisions(self, asset: str = "", limit: int = 20) -> tuple[a.Decision, ...]:
        """Return the latest decisions of all agents, or on one asset."""
        return self.api.get(a.Page[a.Decision], "/decisions", asset=asset, limit=limit).items

    def decision(self, id: str) -> a.Decision:
        """Return a decision by its id or the beginning of it."""
        return self.api.get(a.Decision, place("/decisions/{}", id))

    def alarms(self, asset: str = "", *, everything: bool = False) -> Iterator[a.Alarm]:
        """Yield the open alarms, or all of them."""
        return self.api.all(a.Alarm, "/alarms", asset=asset, everything=everything)

    def alarm(self, id: str) -> a.Alarm:
        """Return an alarm."""
        return self.api.get(a.Alarm, place("/alarms/{}", id))

    def all_proposals(self) -> Iterator[a.ProposalState]:
        """Yield the proposals to train again."""
        return self.api.all(a.ProposalState, "/proposals")

    def proposal(self, id: str) -> a.ProposalState:
        """Return a proposal."""
        return self.api.get(a.ProposalState, place("/proposals/{}", id))

    def records(self, kind: str = "") -> Iterator[a.RecordLine]:
        """Yield the records, the newest first, or those of one kind."""
        return self.api.all(a.RecordLine, "/records", kind=kind, limit=500)

    def record(self, id: str) -> a.RecordDetail:
        """Return a record by its id, or a beginning of it that no other has."""
        return self.api.get(a.RecordDetail, place("/records/{}", id))

    def lineage(self, start: str, direction: Literal["up", "down"] = "up") -> tuple[a.LineageLink, ...]:
        """Return all that something rests on, or that rests on it."""
        return self.api.get(a.Page[a.LineageLink], place("/lineage/{}", start), direction=direction).items

    def chains(self) -> Iterator[a.Chain]:
        """Yield the heads of all chains."""
        return self.api.all(a.Chain, "/chains")

    def events(self, origin: str, after: int = 0) -> Iterator[a.Event]:
        """Yield the links of a chain in order, after a sequence."""
        return self.api.all(a.Event, place("/chains/{}/events", origin), after=after, limit=500)

    def tokens(self) -> Iterator[a.Token]:
        """Yield one's own tokens."""
        return self.api.all(a.Token, "/tokens")

    def accounts(self) -> Iterator[a.Account]:
        """Yield who may log in; for administrators."""
        return self.api.all(a.Account, "/accounts")
