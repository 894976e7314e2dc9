"""From files to what a device fetches: planned for each target, gated by the approval, signed, versioned, idempotent."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ninefold.bundle.file import read_file
from ninefold.bundle.verification import verify
from ninefold.fleet.service import FleetService
from ninefold.kernel.decisions import check_body, sign_body
from ninefold.kernel.errors import InvalidInput, NotFound, Refused
from ninefold.kernel.people import People
from ninefold.kernel.plan import Plan, Status
from ninefold.kernel.progress import Cancel, Silent
from ninefold.kernel.records import Draft, Input, encode
from ninefold.kernel.signing import SigningKey
from ninefold.kernel.steps import Answer, Blocked, Context, Evidence, Task
from ninefold.kernel.view import Facet, View
from ninefold.operations.deployment import accept, order, publish, retry
from ninefold.operations.deployment.files import DeploymentFiles
from ninefold.operations.deployment.step import RolloutStep
from ninefold.testing.bundles import small_payload
from ninefold.testing.clock import FakeClock
from ninefold.vocabulary.approval import Approval
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec, Threshold
from ninefold.vocabulary.desired import Desired
from ninefold.vocabulary.takeover import TakeOver

FILE = """\
model: tool-failure
targets: [edge:gateway-1, edge:gateway-2]
rollout:
  - {stage: self-test}
  - {stage: shadow, until: {parts: 200, at_most: 60 s}, require: {not_fail: [recall]}}
  - {stage: active, pending: named_person}
actions: {alarm: [opcua_tag, webhook: cmms]}
"""
STEP = RolloutStep()


def ask(name: str) -> Answer:
    return Answer(fresh=True, body=None)


def view(value: float = 0.7, file: str = FILE) -> View:
    facets = [
        *DeploymentFiles().facets(file, "deployments/cell.yaml"),
        Facet("model:tool-failure#train", "train", {"use_case": "UC-1"}),
        Facet("model:tool-failure#limits", "limits", {"latency_p99_ms": 5.0, "size_kb": None}),
        Facet("REQ-x#index", "index", {"links": [{"to": "UC-1", "role": "refines"}]}),
        Facet("REQ-x#metric/recall", "metric", MetricSpec("REQ-x", "recall", "recall", ("shadow",))),
        Facet("REQ-x#criterion/recall", "criterion", CriterionSpec("REQ-x", "recall", Threshold(">=", value), 100)),
    ]
    return View(facets, {}, 0)


class Centre:
    """A store with an approved bundle, and the plan over it."""

    def __init__(self, folder: Path) -> None:
        self.service = FleetService(folder / ".ninefold", FakeClock())
        self.store, self.blobs, self.view = self.service.store, self.service.blobs, view()
        payload = self.blobs.put(small_payload())
        data = encode("bundle@1", {"model": "tool-failure", "payload": payload}, (payload,))
        [bundle] = self.store.put([Draft("bundle@1", data, "bundle@1", "a", 1, key="b", name="bundle:tool-failure")])
        self.bundle = self.store.get(bundle)
        terms = Approval("tool-failure", "exactly", {}, "person:p", "", "looks good")
        approval = encode("approval@1", sign_body(terms, SigningKey.new(), "approval"))
        inputs = (Input("bundle", bundle, self.bundle.content),)
        [id] = self.store.put([Draft("approval@1", approval, "sign@1", "person:p", 1, inputs, key="a")])
        self.approval = self.store.get(id)
        self.folder = folder

    def tasks(self) -> list[Task]:
        return [t for t in STEP.plan(self.view, ask) if isinstance(t, Task)]

    def run(self) -> Plan:
        """Run the tasks as the runner does, and return the plan."""
        statuses = {"approval:tool-failure": Status("approval:tool-failure", STEP, "fresh", record=self.approval)}
        for task in self.tasks():
            inputs = self.inputs(task)
            result = STEP.run(task, self.context(inputs))
            links = tuple(Input(r, e.id or self.facet(e), e.content) for r, e in inputs.items())
            data = encode(result.kind, result.body)
            self.store.put([Draft(result.kind, data, "rollout@1", "a", 2, links, name=task.name)])
            contents = {role: e.content for role, e in inputs.items()}
            statuses[task.name] = Status(task.name, STEP, "missing", task, key=f"key-{task.name}", contents=contents)
        return Plan(statuses.values())

    def facet(self, evidence: Evidence) -> str:
        facet = self.view.facets[evidence.name]
        [id] = self.store.put([Draft(facet.record_kind, facet.data, "files@1", "a", 1)])
        return id

    def inputs(self, task: Task) -> dict[str, Evidence]:
        found = {}
        for role, name in task.facets.items():
            body = msgspec.json.decode(self.view.facets[name].data)[1]["body"]
            found[role] = Evidence(name, "", self.view.content(name), self.view.facets[name].record_kind, body)
        record = self.bundle
        found["bundle"] = Evidence("bundle:tool-failure", record.id, record.content, record.kind, record.plain)
        return found

    def context(self, inputs: dict[str, Evidence]) -> Context:
        rng = np.random.default_rng(1)
        return Context(inputs, self.folder, self.blobs, FakeClock(), rng, Silent(), Cancel(), self.folder)


@pytest.fixture
def centre(tmp_path: Path) -> Any:
    found = Centre(tmp_path)
    yield found
    found.service.close()


def test_each_target_is_a_task_behind_the_approval() -> None:
    """It reads the criteria that the rollout names, and no others."""
    first, second = (t for t in STEP.plan(view(), ask) if isinstance(t, Task))
    assert (first.name, second.name) == ("rollout:cell/gateway-1", "rollout:cell/gateway-2")
    assert first.gates == ("approval:tool-failure",)
    assert first.results == {"bundle": "bundle:tool-failure"}
    assert set(first.facets.values()) == {
        "deployment:cell#targets", "deployment:cell#rollout", "deployment:cell#fallback", "model:tool-failure#limits",
        "REQ-x#metric/recall", "REQ-x#criterion/recall",
    }  # fmt: skip


def test_a_criterion_that_nobody_wrote_blocks_with_its_reason() -> None:
    """As the file says it."""
    found = list(STEP.plan(view(file=FILE.replace("[recall]", "[precision]")), ask))
    assert all(isinstance(f, Blocked) for f in found)
    assert "There is no criterion 'precision'" in str(found[0])


def test_the_document_carries_full_names_limits_and_actions(centre: Any) -> None:
    """What the device needs to decide by itself."""
    centre.run()
    desired = centre.store.latest("rollout:cell/gateway-1").body(Desired)
    assert desired.rollout[1].require.not_fail == ("REQ-x/recall",)
    assert [c.name for c in desired.criteria] == ["REQ-x/recall"]
    assert desired.criteria[0].criterion.threshold == Threshold(">=", 0.7)
    assert desired.limits.latency_p99_ms == 5.0
    assert desired.actions == ("opcua_tag", "webhook:cmms")
    assert desired.bundle.record == centre.bundle.id


def test_published_is_what_the_device_fetches_and_verifies(centre: Any) -> None:
    """Signed, in version 1, with the approval in its evidence; publishing again changes nothing."""
    key, plan = SigningKey.new(), centre.run()
    first = publish(plan, centre.store, centre.blobs, "cell", key)
    assert [(d.target, d.version) for d in first] == [("edge:gateway-1", 1), ("edge:gateway-2", 1)]
    document = centre.service.desired("gateway-1")
    assert document.key == "key-rollout:cell/gateway-1"
    report = verify(read_file(centre.blobs.read(document.desired.bundle.file)), [key.public])
    assert (report.payload, report.version) == (document.desired.bundle.digest, 1)
    assert report.approvals == (centre.approval.id,)
    again = publish(plan, centre.store, centre.blobs, "cell", key)
    assert [d.version for d in again] == [1, 1]
    assert centre.service.desired("gateway-1") == document


def test_what_has_not_run_or_is_not_approved_is_not_published(centre: Any) -> None:
    """A changed threshold needs its own run; without a signature nothing leaves."""
    key, plan = SigningKey.new(), centre.run()
    name = "rollout:cell/gateway-1"
    moved = plan[name].but("missing", "", contents={**plan[name].contents, "bundle": "another"})
    with pytest.raises(Refused, match="has not run"):
        publish(Plan({**plan.statuses, name: moved}.values()), centre.store, centre.blobs, "cell", key)
    blocked = plan[name].but("blocked", "the approval is lacking", command="ninefold sign approval:tool-failure")
    with pytest.raises(Refused, match="the approval is lacking"):
        publish(Plan({**plan.statuses, name: blocked}.values()), centre.store, centre.blobs, "cell", key)
    without = plan["approval:tool-failure"].but("missing", "", record=None)
    with pytest.raises(Refused, match="not approved"):
        publish(Plan({**plan.statuses, without.name: without}.values()), centre.store, centre.blobs, "cell", key)
    with pytest.raises(NotFound, match="No deployment is called x"):
        publish(plan, centre.store, centre.blobs, "x", key)
    assert centre.service.desired("gateway-1") is None


def test_a_named_person_lets_a_target_go_on(centre: Any) -> None:
    """Signed, with a reason and an end; the role, the criterion and the end are checked; it is a record of its own."""
    clock, target, key = FakeClock(), "edge:gateway-1", SigningKey.new()
    publish(centre.run(), centre.store, centre.blobs, "cell", SigningKey.new())
    end = clock.now() + 10_000_000

    def take(*criteria: str, reason: str = "few labels", until: int = end) -> str:
        return accept(centre.store, target, criteria, key, reason, until, clock)

    with pytest.raises(Refused, match="Nobody with the role approver"):
        take("REQ-x/recall")
    person = People(centre.store).add("Somebody", roles=("approver",), public_key=key.public)
    with pytest.raises(Refused, match="requires no REQ-x/other"):
        take("REQ-x/recall", "REQ-x/other")
    with pytest.raises(InvalidInput, match="needs a reason"):
        take("REQ-x/recall", reason=" ")
    with pytest.raises(InvalidInput, match="an end that is to come"):
        take("REQ-x/recall", until=clock.now())
    before = centre.service.desired("gateway-1")
    take("REQ-x/recall")
    after = centre.service.desired("gateway-1")
    [taken] = after.desired.accepted
    record = centre.store.get(taken.record)
    assert (taken.criterion, taken.until) == ("REQ-x/recall", end)
    assert check_body(record.plain, "takeover") == key.public
    assert record.body(TakeOver).by == person.key
    assert {i.role for i in record.inputs} == {"bundle", "criterion:REQ-x/recall"}
    assert (after.key, after.desired.bundle) == (before.key, before.desired.bundle)
    assert after.content != before.content


def test_orders_and_retries_reach_the_device_as_new_documents(centre: Any) -> None:
    """An order needs no gate; a retry counts the attempts, because a device repeats nothing by itself."""
    clock, target = FakeClock(), "edge:gateway-1"
    publish(centre.run(), centre.store, centre.blobs, "cell", SigningKey.new())
    order(centre.store, target, "rollback", "person:p", clock)
    assert centre.service.desired("gateway-1").desired.command == "rollback"
    retry(centre.store, target, "person:p", clock)
    after = centre.service.desired("gateway-1").desired
    assert (after.command, after.again) == ("", 1)
    with pytest.raises(Refused, match="no order"):
        order(centre.store, target, "dance", "person:p", clock)
    with pytest.raises(NotFound, match="never told"):
        order(centre.store, "edge:gateway-9", "stop", "person:p", clock)
