"""Approvals, waivers and revocations: what they open, what they never open, and when they end."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from tests.development.validation.world import DAY, World

from ninefold.development.validation.approval import ApprovalStep, candidates
from ninefold.development.validation.signing_off import (
    Desk,
    approve,
    live_waivers,
    open_of,
    revoke,
    signed_so_far,
    waive,
)
from ninefold.kernel.decisions import check_body, record_use, sign_body, uses_of
from ninefold.kernel.errors import Conflict, InvalidInput, NotFound, Problem, Refused, VerificationError
from ninefold.kernel.people import People
from ninefold.kernel.records import Draft, Input, encode
from ninefold.kernel.signing import SigningKey
from ninefold.vocabulary.approval import APPROVAL, Approval, Waiver


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.store.close()


def standing(world: World, uses: int = 2, days: int = 30) -> str:
    until = world.clock.now() + days * DAY
    return approve(world.desk(), "m", world.key, "trusted", standing_until=until, uses=uses)


def test_without_a_signature_the_approval_is_blocked(world: World) -> None:
    """The next command is named, and no machine signs."""
    found = world.run()["approval:m"]
    assert (found.state, found.command) == ("blocked", "ninefold sign approval:m")
    assert "needs the signature of a named person" in found.reason
    with pytest.raises(Refused, match="needs a named person"):
        ApprovalStep().run(found.planned, None)


def test_an_approval_names_exactly_what_was_signed(world: World) -> None:
    """Bundle and every verdict by content, the person by an opaque key, and no name anywhere."""
    id = approve(world.desk(), "m", world.key, "looks good")
    record = world.store.get(id)
    body = record.body(Approval)
    assert world.state() == ("fresh", "")
    assert body.contents.keys() == {"bundle", "REQ-x/recall", "REQ-x/false-alarms"}
    assert body.by == world.person.key == record.actor
    assert record.data is not None
    assert b"Ada" not in record.data
    assert check_body(record.plain, "approval") == world.key.public


def test_of_two_who_saw_the_same_one_signs(world: World) -> None:
    """The other is told that somebody signed meanwhile; who looks again may sign again."""
    seen = signed_so_far(world.store, "m")
    approve(world.desk(), "m", world.key, "looks good", seen=seen)
    with pytest.raises(Conflict, match="Somebody else signed approval:m meanwhile"):
        approve(world.desk(), "m", world.key, "looks good too", seen=seen)
    assert len(world.store.of_kind(APPROVAL)) == 1
    approve(world.desk(), "m", world.key, "looks good still", seen=signed_so_far(world.store, "m"))
    assert len(world.store.of_kind(APPROVAL)) == 2


def test_a_changed_verdict_needs_a_new_signature_and_a_revert_none(world: World) -> None:
    """`exactly` covers these contents and returns with them."""
    approve(world.desk(), "m", world.key, "looks good")
    world.thresholds["recall"] = 0.8
    assert world.state()[0] == "blocked"
    world.thresholds["recall"] = 0.7
    assert world.state() == ("fresh", "")


def test_an_added_criterion_needs_a_new_signature(world: World) -> None:
    """Nobody has signed for a demand that was not there."""
    approve(world.desk(), "m", world.key, "looks good")
    standing(world)
    world.thresholds["precision"] = 0.5
    assert world.state()[0] == "blocked"


def test_an_altered_signature_opens_nothing(world: World) -> None:
    """A record under the right key, whose signature does not fit or is for other contents, is not accepted."""
    desk = world.desk()
    status = desk.plan["approval:m"]
    bodies = {
        "unsigned": Approval("m", "exactly", dict(status.contents or {}), "person-1", world.key.public.hex, "x"),
        "other contents": sign_body(
            Approval("m", "exactly", {"bundle": "0"}, "person-1", "", "x"), world.key, "approval"
        ),
        "other context": sign_body(
            Approval("m", "exactly", dict(status.contents or {}), "p", "", "x"), world.key, "waiver"
        ),
    }
    for body in bodies.values():
        records = {role: desk.plan[name].record for role, name in status.planned.results.items()}
        links = tuple(Input(role, r.id, r.content) for role, r in records.items() if r is not None)
        world.store.put([Draft(APPROVAL, encode(APPROVAL, body), "sign@1", "x", 1, links, key=status.key)])
    assert world.state()[0] == "blocked"


def test_only_an_approver_signs(world: World) -> None:
    """A key of nobody, and a person without the role, are refused with the next command."""
    desk = world.desk()
    with pytest.raises(Refused, match=r"Nobody is entered with the key .* people add"):
        approve(desk, "m", SigningKey.new(), "looks good")
    key = SigningKey.new()
    People(world.store).add("Bob", public_key=key.public, roles=["auditor"])
    with pytest.raises(Refused, match="without the role approver"):
        approve(desk, "m", key, "looks good")


def test_a_failure_is_said_before_what_could_be_waived(world: World) -> None:
    """Otherwise somebody would answer for one criterion after the other in vain."""
    world.verdicts.outcomes.update({"REQ-x/false-alarms": "insufficient", "REQ-x/recall": "fail"})
    with pytest.raises(Refused, match="REQ-x/recall fails"):
        approve(world.desk(), "m", world.key, "looks good")


@pytest.mark.job("validation/waivers", against="cases", what="evidence made for the test, in a real store")
def test_a_failure_is_never_signed_or_waived(world: World) -> None:
    """Neither an approval nor a waiver opens it."""
    world.verdicts.outcomes["REQ-x/recall"] = "fail"
    desk = world.desk()
    with pytest.raises(Refused, match="REQ-x/recall fails: the whole: fail"):
        approve(desk, "m", world.key, "looks good")
    with pytest.raises(Refused, match="a waiver opens only what is insufficient"):
        waive(desk, "m", "REQ-x/recall", world.key, "I say so", world.clock.now() + DAY)


def test_what_is_insufficient_needs_a_waiver(world: World) -> None:
    """The approval rests on it, and ends with it."""
    world.verdicts.outcomes["REQ-x/recall"] = "insufficient"
    until = world.clock.now() + DAY
    with pytest.raises(Refused, match=r"REQ-x/recall is insufficient: .* ninefold waive MODEL REQ-x/recall"):
        approve(world.desk(), "m", world.key, "looks good")
    waiver = waive(world.desk(), "m", "REQ-x/recall", world.key, "winter shift has few failures", until)
    id = approve(world.desk(), "m", world.key, "looks good")
    assert world.store.get(id).body(Approval).waivers == (waiver,)
    assert world.state()[0] == "fresh"
    world.clock.advance(86_399)
    assert world.state()[0] == "fresh"
    world.clock.advance(1)
    state, reason = world.state()
    assert state == "blocked"
    assert "has expired or was revoked" in reason


def test_a_waiver_is_for_one_bundle_and_one_criterion_as_written(world: World) -> None:
    """Another bundle, another threshold, or the end of the waiver close it again."""
    world.verdicts.outcomes["REQ-x/recall"] = "insufficient"
    until = world.clock.now() + DAY
    waiver = waive(world.desk(), "m", "REQ-x/recall", world.key, "few failures", until)
    assert [w for _, w in open_of(world.desk(), "m")] == [waiver]
    world.thresholds["recall"] = 0.8
    assert [w for _, w in open_of(world.desk(), "m")] == [""]
    world.thresholds["recall"] = 0.7
    world.bundles.data = 2
    assert [w for _, w in open_of(world.desk(), "m")] == [""]
    world.bundles.data = 1
    assert [w for _, w in open_of(world.desk(), "m")] == [waiver]
    world.clock.advance(86_400)
    assert [w for _, w in open_of(world.desk(), "m")] == [""]


def test_required_slices_are_waived_one_by_one(world: World) -> None:
    """A slice that only informs blocks nothing; a required one needs its own waiver."""
    world.verdicts.slices["REQ-x/recall"] = (("H", "insufficient"), ("L", "pass"))
    assert open_of(world.desk(), "m") == []
    world.required = True
    [(point, waiver)] = open_of(world.desk(), "m")
    assert (point.name, waiver) == ("REQ-x/recall [variant=H]", "")
    until = world.clock.now() + DAY
    with pytest.raises(NotFound, match=r"Open are: REQ-x/recall \[variant=H\]"):
        waive(world.desk(), "m", "REQ-x/recall", world.key, "few failures", until)
    waive(world.desk(), "m", "REQ-x/recall", world.key, "few of H", until, {"variant": "H"})
    approve(world.desk(), "m", world.key, "looks good")
    assert world.state()[0] == "fresh"


def test_a_failing_required_slice_is_not_opened_by_the_whole(world: World) -> None:
    """One slice fails: nothing helps."""
    world.required = True
    world.verdicts.slices["REQ-x/recall"] = (("H", "fail"),)
    with pytest.raises(Refused, match=r"REQ-x/recall \[variant=H\] fails"):
        approve(world.desk(), "m", world.key, "looks good")


@pytest.mark.job("validation/approvals", against="cases", what="evidence made for the test, in a real store")
def test_a_standing_approval_covers_new_data_under_the_same_text(world: World) -> None:
    """Another bundle from the same recipe and criteria is covered while its verdicts pass."""
    standing(world)
    world.bundles.data = 2
    assert world.state() == ("fresh", "covered by a standing approval")


@pytest.mark.parametrize("change", ["recipe", "threshold", "added", "gone", "fail", "insufficient", "late"])
def test_a_standing_approval_covers_nothing_else(world: World, change: str) -> None:
    """Changed text, an added or removed criterion, a verdict that does not pass, and its end."""
    standing(world, days=30)
    world.bundles.data = 2
    if change == "recipe":
        world.recipe = "median"
    elif change == "threshold":
        world.thresholds["recall"] = 0.6
    elif change == "added":
        world.thresholds["precision"] = 0.5
    elif change == "gone":
        del world.thresholds["recall"]
    elif change == "late":
        world.clock.advance(30 * 86_400)
    else:
        world.verdicts.outcomes["REQ-x/recall"] = "fail" if change == "fail" else "insufficient"
    assert world.state()[0] == "blocked"


def test_a_waiver_does_not_extend_a_standing_approval(world: World) -> None:
    """It covers passes only."""
    standing(world)
    world.bundles.data = 2
    world.verdicts.outcomes["REQ-x/recall"] = "insufficient"
    waive(world.desk(), "m", "REQ-x/recall", world.key, "few failures", world.clock.now() + DAY)
    assert world.state()[0] == "blocked"
    with pytest.raises(Refused, match="a standing approval needs a pass of everything"):
        standing(world)


def test_promotions_under_a_standing_approval_are_counted(world: World) -> None:
    """The same bundle counts once; beyond the number nothing is covered any more."""
    id = standing(world, uses=2)
    for data in (2, 2, 3):
        world.bundles.data = data
        assert world.state()[0] == "fresh"
        bundle = world.plan()["bundle:m"].record
        assert bundle is not None
        record_use(world.store, id, bundle.content, "tester", world.clock.now())
    assert len(uses_of(world.store, id)) == 2
    world.bundles.data = 4
    assert world.state()[0] == "blocked"
    with pytest.raises(Refused, match="The 2 promotion"):
        record_use(world.store, id, "another", "tester", world.clock.now())
    world.bundles.data = 3
    assert world.state()[0] == "fresh"


def test_two_promotions_cannot_share_the_last_use(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that looked before the other wrote is refused by the store."""
    id = standing(world, uses=2)
    before = world.store.reference

    def overtaken(name: str) -> str | None:
        found = before(name)
        if name.startswith("approval-uses") and found is None:
            monkeypatch.undo()  # somebody else promotes between the look and the write
            record_use(world.store, id, "other", "tester", world.clock.now())
        return found

    monkeypatch.setattr(world.store, "reference", overtaken)
    with pytest.raises(Conflict):
        record_use(world.store, id, "bundle", "tester", world.clock.now())
    assert uses_of(world.store, id) == {"other"}


@pytest.mark.parametrize(("days", "uses"), [(-1, 1), (0, 1), (1, 0)])
def test_a_standing_approval_has_an_end_and_a_number(world: World, days: int, uses: int) -> None:
    """Neither may be missing."""
    with pytest.raises(InvalidInput, match="ends at a moment to come and has uses"):
        standing(world, uses=uses, days=days)


def test_what_was_signed_can_be_taken_back(world: World) -> None:
    """From then on it covers nothing; taking it back twice, or something else, is refused."""
    id = approve(world.desk(), "m", world.key, "looks good")
    made = revoke(world.store, id, world.key, "found a mistake", world.clock.now())
    assert world.state()[0] == "blocked"
    assert check_body(world.store.get(made).plain, "revocation") == world.key.public
    with pytest.raises(Refused, match="was revoked before"):
        revoke(world.store, id, world.key, "again", world.clock.now())
    with pytest.raises(Refused, match="is no approval and no waiver"):
        revoke(world.store, made, world.key, "undo", world.clock.now())
    with pytest.raises(NotFound):
        revoke(world.store, "ffff", world.key, "nothing", world.clock.now())


def test_a_revoked_waiver_and_standing_approval_open_nothing(world: World) -> None:
    """Each is looked at anew whenever somebody asks."""
    id = standing(world)
    world.bundles.data = 2
    assert world.state()[0] == "fresh"
    revoke(world.store, id, world.key, "no more", world.clock.now())
    assert world.state()[0] == "blocked"
    assert candidates(world.store) == []
    with pytest.raises(Refused, match="was revoked"):
        record_use(world.store, id, "bundle", "tester", world.clock.now())
    world.verdicts.outcomes["REQ-x/recall"] = "insufficient"
    waiver = waive(world.desk(), "m", "REQ-x/recall", world.key, "few failures", world.clock.now() + DAY)
    revoke(world.store, waiver, world.key, "no more", world.clock.now())
    assert live_waivers(world.store) == []


def test_stale_evidence_cannot_be_signed(world: World) -> None:
    """What is not up to date is no ground for a decision."""
    world.run()
    world.recipe = "median"
    stale = Desk(world.plan(), world.view(), world.store, world.clock.now())
    with pytest.raises(Refused, match="cannot be decided yet"):
        approve(stale, "m", world.key, "looks good")
    with pytest.raises(NotFound, match="Use one of: m"):
        approve(stale, "n", world.key, "looks good")


def test_nothing_is_signed_while_a_file_has_problems(world: World) -> None:
    """What the file asks for is not planned, so its criteria would be missing from what is signed."""
    world.run()
    desk = Desk(world.plan(), world.view(), world.store, world.clock.now())
    desk.view.problems = (Problem("requirements/REQ-z.md", 3, "titel", "There is no such field."),)
    with pytest.raises(Refused, match=r"1 problem\(s\) leave out what stands in requirements/REQ-z.md"):
        approve(desk, "m", world.key, "looks good")


@pytest.mark.parametrize("reason", ["", "ok", "x" * 501, " \n "])
def test_a_decision_has_a_reason(world: World, reason: str) -> None:
    """Neither none nor a novel."""
    with pytest.raises(InvalidInput, match="a reason of 3 to 500 characters"):
        approve(world.desk(), "m", world.key, reason)


def test_a_waiver_ends_in_the_future(world: World) -> None:
    """One that has ended before it began is no waiver."""
    world.verdicts.outcomes["REQ-x/recall"] = "insufficient"
    with pytest.raises(InvalidInput, match="ends at a moment to come"):
        waive(world.desk(), "m", "REQ-x/recall", world.key, "few failures", world.clock.now())
    with pytest.raises(NotFound, match="REQ-x/nonsense is not open before m"):
        waive(world.desk(), "m", "REQ-x/nonsense", world.key, "few failures", world.clock.now() + DAY)


def test_fields_of_newer_versions_are_part_of_what_was_signed(world: World) -> None:
    """A body with a field that this version does not know verifies, and not when the field is changed."""
    body = sign_body(Waiver("m", "b", "REQ-x", "recall", "f", 5, "p", "", "reason"), world.key, "waiver")
    plain = msgspec.to_builtins(body)
    with pytest.raises(VerificationError, match="waiver signature of key"):
        check_body({**plain, "scope": "plant-1"}, "waiver")
    for broken in (None, [], {}, {**plain, "signature": "xyz"}, {**plain, "public_key": 5}):
        with pytest.raises(VerificationError, match="carries no signature"):
            check_body(broken, "waiver")


def test_who_made_what_an_approval_rests_on_does_not_sign_it(world: World) -> None:
    """Four eyes, however far above the record stands; the message names it, and the project may turn the rule off."""
    desk = world.desk()
    verdict = desk.plan["verdict:m/REQ-x/recall"].record
    assert verdict is not None
    body = encode("threshold@1", {"value": 0.5})
    [above] = world.store.put([Draft("threshold@1", body, "edit@1", world.person.key, 1, name="edit:REQ-x")])
    made = world.store.get(above)
    redone = Draft(verdict.kind, verdict.data or b"", verdict.step, "tester", 2, (*verdict.inputs, Input("edit", made.id, made.content)),
                   key="another", name="verdict:m/REQ-x/recall")  # fmt: skip
    [id] = world.store.put([redone])
    name = "verdict:m/REQ-x/recall"
    desk.plan.statuses[name] = replace(desk.plan[name], record=world.store.get(id))
    with pytest.raises(Refused, match=rf"{world.person.key} made record {above[:12]} \(edit:REQ-x\)") as caught:
        approve(desk, "m", world.key, "mine")
    assert caught.value.hint == "Have somebody else sign, or say four_eyes = false in ninefold.toml."
    assert world.store.of_kind(APPROVAL) == []
    approve(replace(desk, four_eyes=False), "m", world.key, "a company of one")
