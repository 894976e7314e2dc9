"""A release: only what is approved, numbered upwards, with the evidence that an auditor needs."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from tests.development.validation.world import DAY, Bundles, World

from ninefold.bundle.file import read_file
from ninefold.bundle.verification import Report, verify
from ninefold.development.validation.signing_off import approve, revoke, waive
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.errors import NotFound, Refused
from ninefold.kernel.steps import Ask, Blocked, Context, Result, Task
from ninefold.kernel.view import View
from ninefold.operations.deployment.release import Released, release
from ninefold.testing.bundles import small_payload


class Payloads(Bundles):
    """Makes a real payload, and the lint of the requirement."""

    consumes, produces = frozenset({"features-of-recipe", "index"}), frozenset({"bundle", "requirement-lint"})

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:
        return [*super().plan(view, ask), Task("lint:REQ-x", {"index": "REQ-x#index"})]

    def run(self, task: Task, ctx: Context) -> Result:
        if task.name == "lint:REQ-x":
            return Result("requirement-lint@1", {"findings": []})
        blob = ctx.blobs.put(small_payload("m", model=f"{self.data:064d}"))
        return Result("bundle@1", {"payload": blob, "data": self.data}, (blob,))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, bundles=Payloads())
    yield made
    made.store.close()


def make(world: World) -> Released:
    blobs = Blobs(world.folder / "blobs")
    return release(world.run(), world.store, blobs, "m", [world.key], world.person.key, world.clock.now())


def report(world: World, released: Released, minimum: int | None = None) -> Report:
    return verify(read_file(released.data), [world.key.public], minimum)


def test_what_nobody_approved_is_not_released(world: World) -> None:
    """Before the signature, after its revocation, and for a model that does not exist."""
    with pytest.raises(Refused, match=r"m is not approved: needs the signature .* ninefold sign approval:m"):
        make(world)
    id = approve(world.desk(), "m", world.key, "looks good")
    made = make(world)
    revoke(world.store, id, world.key, "a mistake", world.clock.now())
    with pytest.raises(Refused, match="m is not approved"):
        make(world)
    assert made.release.version == 1
    with pytest.raises(NotFound, match="Use one of: m"):
        release(world.plan(), world.store, Blobs(world.folder / "blobs"), "n", [world.key], "x", 0)


def test_a_release_holds_the_whole_evidence(world: World) -> None:
    """Bundle, both verdicts, the approval, and the criteria of the requirement; each release has the next number."""
    approve(world.desk(), "m", world.key, "looks good")
    first, second = make(world), make(world)
    assert (first.release.version, second.release.version) == (1, 2)
    found = report(world, second, 2)
    assert {(v.criterion, v.outcome) for v in found.verdicts} == {("recall", "pass"), ("false-alarms", "pass")}
    assert [(a.what, a.by) for a in found.decisions] == [("exactly", world.person.key)]
    assert found.requirements == ("REQ-x",)
    assert world.store.get(second.record).plain["file"] == second.release.file
    ways = {i.role for i in world.store.get(second.record).inputs}
    assert ways == {"approval", "bundle", "lint:REQ-x"}  # the lint holds the sentence


def test_under_a_standing_approval_the_new_verdicts_are_shown(world: World) -> None:
    """The approval was given on an older bundle; the evidence holds the verdicts on this one as well."""
    until = world.clock.now() + DAY
    approve(world.desk(), "m", world.key, "trusted", standing_until=until, uses=3)
    world.bundles.data = 2
    found = report(world, make(world))
    assert [a.what for a in found.decisions] == ["standing"]
    assert len(found.verdicts) == 4


def test_a_waiver_travels_with_the_approval_that_rests_on_it(world: World) -> None:
    """Who answers for what, and until when, is in the file."""
    world.verdicts.outcomes["REQ-x/recall"] = "insufficient"
    until = world.clock.now() + DAY
    waive(world.desk(), "m", "REQ-x/recall", world.key, "few failures", until)
    approve(world.desk(), "m", world.key, "looks good")
    found = report(world, make(world))
    approval, waiver = found.decisions
    assert (waiver.what, waiver.by, waiver.until) == ("REQ-x/recall", world.person.key, until)
    assert approval.until == until


def test_no_name_of_a_person_is_in_the_file(world: World) -> None:
    """The auditor sees an opaque key."""
    approve(world.desk(), "m", world.key, "looks good")
    data = make(world).data
    assert world.person.key.encode() in data
    assert b"Ada" not in data
