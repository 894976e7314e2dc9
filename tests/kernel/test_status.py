"""Status is a function of view, store and now; these are the cases that broke earlier designs."""

from pathlib import Path

import pytest
from tests.kernel.toy import Toy, World, chain

from ninefold.kernel.errors import InvalidInput, NinefoldError
from ninefold.kernel.records import Draft, Input, encode
from ninefold.kernel.steps import Blocked, Task


def states(plan: object) -> dict[str, str]:
    """Return state by task name."""
    return {s.name: s.state for s in plan.statuses.values()}


@pytest.fixture
def two(tmp_path: Path) -> World:
    """a -> double -> judge(limit)."""
    measure = Toy("measure", [Task("m", {"a": "a"})], frozenset({"number"}), frozenset({"measured"}))
    judge = Toy("judge", [Task("j", {"limit": "limit"}, {"m": "m"})], frozenset({"measured"}), frozenset({"judged"}))
    return World(tmp_path, [judge, measure])


def test_nothing_is_missing_and_waits(two: World) -> None:
    """Before the first run the first task is missing, and what comes after it only waits."""
    plan = two.status({"a": 1, "limit": 5})
    assert states(plan) == {"m": "missing", "j": "missing"}
    assert not plan["m"].waits
    assert plan["j"].waits


def test_running_makes_everything_fresh_in_one_pass(two: World) -> None:
    """What comes after a task sees its new result in the same walk; a second run does nothing."""
    runner, plan = two.run({"a": 1, "limit": 5})
    assert runner.done == ["m", "j"]
    assert states(plan) == {"m": "fresh", "j": "fresh"}
    again, _ = two.run({"a": 1, "limit": 5})
    assert again.done == []
    assert again.reused == 2


@pytest.mark.job("delivery/only-readers", against="fake", what="toy steps")
def test_only_what_read_the_changed_facet_is_stale(two: World) -> None:
    """A changed limit judges again and measures nothing; the reason names the facet."""
    two.run({"a": 1, "limit": 5})
    plan = two.status({"a": 1, "limit": 6})
    assert states(plan) == {"m": "fresh", "j": "stale"}
    assert plan["j"].reason == "limit changed"


@pytest.mark.job("delivery/revert", against="fake", what="toy steps")
def test_a_revert_is_fresh_at_once(two: World) -> None:
    """A, B, A: the evidence of A is found by its key; nothing runs."""
    two.run({"a": 1, "limit": 5})
    two.run({"a": 2, "limit": 5})
    runner, plan = two.run({"a": 1, "limit": 5})
    assert runner.done == []
    assert set(states(plan).values()) == {"fresh"}


def test_upstream_recomputed_to_the_same_content_leaves_dependents_fresh(tmp_path: Path) -> None:
    """Early cut-off: 2 + 1 is 1 + 2, so what depends on the sum stays."""
    add = Toy("add", [Task("s", {"a": "a", "b": "b"})], frozenset({"number"}), frozenset({"sum"}))
    use = Toy("use", [Task("u", {}, {"s": "s"})], frozenset({"sum"}), frozenset({"used"}))
    world = World(tmp_path, [add, use])
    world.run({"a": 1, "b": 2})
    runner, plan = world.run({"a": 2, "b": 1})
    assert runner.done == ["s"]
    assert plan["u"].state == "fresh"


def test_two_subjects_with_equal_counts_do_not_share_a_verdict(tmp_path: Path) -> None:
    """Measurements of two models carry their subject, so their contents differ even when the figures are equal."""
    tasks = [Task("m1", {"model": "x"}, of=("model",)), Task("m2", {"model": "y"}, of=("model",))]
    world = World(tmp_path, [Toy("measure", tasks, frozenset({"number"}), frozenset({"measured"}))])
    _, plan = world.run({"x": 7, "y": 7})
    first, second = plan["m1"].record, plan["m2"].record
    assert first is not None
    assert second is not None
    assert first.plain["sum"] == second.plain["sum"]
    assert first.content != second.content
    assert first.plain["of"]["model"] != second.plain["of"]["model"]


def test_deleted_files_are_simply_not_planned(tmp_path: Path) -> None:
    """A task that no file describes any more is absent, not stale."""
    tasks = lambda view, ask: [Task(f"t-{f.name}", {"x": f.name}) for f in view.of_kind("number")]  # noqa: E731, ARG005 - a plan in a line
    world = World(tmp_path, [Toy("each", tasks, frozenset({"number"}), frozenset({"seen"}))])
    world.run({"a": 1, "b": 2})
    assert states(world.status({"a": 1})) == {"t-a": "fresh"}


def test_an_absent_facet_blocks_and_names_the_root(two: World) -> None:
    """What needs a facet that is in no file is blocked; what comes after it names the same root."""
    plan = two.status({"limit": 5})
    assert states(plan) == {"m": "blocked", "j": "blocked"}
    assert plan["j"].roots == ("m",)
    assert "a is in no file" in plan["j"].reason


def test_tasks_listed_from_a_body_that_is_not_fresh_wait_for_it(tmp_path: Path) -> None:
    """A listing task's body says which tasks there are; while it is stale they are provisional."""
    lister = Toy("list", [Task("listing", {"n": "n"})], frozenset({"number"}), frozenset({"listing"}))

    def tasks(_view: object, ask: object) -> list[Task]:
        answer = ask("listing")
        count = int(answer.body["sum"]) if answer.body else 0
        return [
            Task(f"item{i}", {"n": "n"}, params=i, provisional="" if answer.fresh else "listing") for i in range(count)
        ]

    items = Toy("items", tasks, frozenset({"listing"}), frozenset({"item"}))
    world = World(tmp_path, [lister, items])
    runner, _ = world.run({"n": 2})
    assert runner.done == ["listing", "item0", "item1"]
    plan = world.status({"n": 3})
    assert states(plan) == {"listing": "stale", "item0": "stale", "item1": "stale"}
    assert plan["item0"].waits
    runner, plan = world.run({"n": 3})
    assert list(plan.statuses) == ["listing", "item0", "item1", "item2"]


def test_a_listing_under_a_blocked_source_is_blocked(tmp_path: Path) -> None:
    """Tasks listed from the old body of a task that is now blocked are blocked with its root, not stale."""
    lister = Toy("list", [Task("listing", {"n": "n"})], frozenset({"number"}), frozenset({"listing"}))
    items = Toy(
        "items",
        lambda _v, ask: [Task("item", {"k": "k"}, provisional="" if ask("listing").fresh else "listing")],
        frozenset({"listing"}), frozenset({"item"}),
    )  # fmt: skip
    world = World(tmp_path, [lister, items])
    world.run({"n": 1, "k": 1})
    plan = world.status({"k": 1})
    assert states(plan) == {"listing": "blocked", "item": "blocked"}
    assert plan["item"].roots == ("listing",)


def test_a_floating_observation_expires(tmp_path: Path) -> None:
    """An observation is stale once as_of + valid_for has passed; observing again moves it."""
    look = Toy(
        "look", [Task("o", {"a": "a"}, valid_for_s=60)], frozenset({"number"}), frozenset({"seen"}), kind="observe"
    )
    world = World(tmp_path, [look])
    world.run({"a": 1})
    world.clock.advance(59)
    assert world.status({"a": 1})["o"].state == "fresh"
    world.clock.advance(1)
    expired = world.status({"a": 1})["o"]
    assert (expired.state, "valid for" in expired.reason) == ("stale", True)
    _, plan = world.run({"a": 1})
    assert plan["o"].state == "fresh"
    assert plan["o"].record is not None
    assert plan["o"].record.as_of == world.clock.now()


def test_a_pinned_observation_never_expires(tmp_path: Path) -> None:
    """A dataset version stays until somebody chooses another."""
    look = Toy("look", [Task("o", {"a": "a"})], frozenset({"number"}), frozenset({"seen"}), kind="observe")
    world = World(tmp_path, [look])
    world.run({"a": 1})
    world.clock.advance(1e9)
    assert world.status({"a": 1})["o"].state == "fresh"


def test_a_pin_chooses_among_records_of_a_key(two: World) -> None:
    """Run again adds a record; the first stays current until `ninefold.lock` chooses the other."""
    _, plan = two.run({"a": 1, "limit": 5})
    first = plan["m"].record
    two.clock.advance(1)
    two.run({"a": 1, "limit": 5}, again=frozenset({"m"}))
    assert first is not None
    assert two.status({"a": 1, "limit": 5})["m"].record == first
    [_, second] = two.store.by_key([first.key])[first.key]
    chosen = two.status({"a": 1, "limit": 5}, {first.key: second.id})["m"]
    assert chosen.record is not None
    assert chosen.record.id == second.id


def test_a_pin_that_is_not_here_blocks(two: World) -> None:
    """In a clone without the chosen record the task is blocked; it does not fall back to another."""
    _, plan = two.run({"a": 1, "limit": 5})
    found = two.status({"a": 1, "limit": 5}, {plan["m"].key: "f" * 64})["m"]
    assert found.state == "blocked"
    assert "not in this store" in found.reason


def test_a_late_record_changes_no_status(two: World) -> None:
    """A record that arrives without a key and without being seen makes nothing fresh, stale or missing."""
    before = states(two.status({"a": 1, "limit": 5}))
    two.store.put([Draft("measured@1", encode("measured@1", {"sum": 1.0}), "agent@1", "agent", 0)])
    assert states(two.status({"a": 1, "limit": 5})) == before


def test_a_decision_needs_a_person_and_can_be_revoked(tmp_path: Path) -> None:
    """Any live record under the key covers; a revocation or its end closes it again; a release does not."""
    subject = Toy("measure", [Task("m", {"a": "a"})], frozenset({"number"}), frozenset({"measured"}))
    sign = Toy("approve", [Task("s", {}, {"m": "m"})], frozenset({"measured"}), frozenset({"approval"}), kind="decide")
    world = World(tmp_path, [subject, sign])
    world.run({"a": 1})
    found = world.status({"a": 1})["s"]
    assert (found.state, "named person" in found.reason) == ("blocked", True)
    body = encode("approval@1", {"by": "person-1"})
    draft = Draft("approval@1", body, "approve@1", "person-1", world.clock.now(), key=found.key)
    [id] = world.store.put([draft])
    assert world.status({"a": 1})["s"].state == "fresh"
    sign.version = "2"
    assert world.status({"a": 1})["s"].state == "fresh"
    record = world.store.get(id)
    revocation = encode("revocation@1", {"reason": "typed wrong"})
    world.store.put([Draft("revocation@1", revocation, "revoke@1", "p", 0, (Input("revoked", id, record.content),))])
    assert world.status({"a": 1})["s"].state == "blocked"


def test_a_gate_closes_a_task_whose_record_is_there(tmp_path: Path) -> None:
    """A gate is outside the key: a nightly check that turns bad blocks the model, and re-trains nothing."""

    class Gate(Toy):
        def closed(self, record: object) -> str:
            return "too many gaps" if record.plain["sum"] > 5 else ""

    gate = Gate("check", [Task("g", {"b": "b"})], frozenset({"number"}), frozenset({"checked"}))
    train = Toy("train", [Task("m", {"a": "a"}, gates=("g",))], frozenset({"checked"}), frozenset({"model"}))
    world = World(tmp_path, [gate, train])
    _, plan = world.run({"a": 1, "b": 1})
    assert states(plan) == {"g": "fresh", "m": "fresh"}
    _, plan = world.run({"a": 1, "b": 9})
    assert states(plan) == {"g": "fresh", "m": "blocked"}
    assert (plan["m"].reason, plan["m"].roots) == ("too many gaps", ("g",))
    runner, plan = world.run({"a": 1, "b": 1})
    assert runner.done == []
    assert train.ran == ["m"]


def test_a_closed_gate_lets_nothing_run(tmp_path: Path) -> None:
    """A task behind a closed gate is not run even when it never ran before."""

    class Gate(Toy):
        def closed(self, record: object) -> str:
            return "closed"

    gate = Gate("check", [Task("g", {"a": "a"})], frozenset({"number"}), frozenset({"checked"}))
    train = Toy("train", [Task("m", {"a": "a"}, gates=("g",))], frozenset({"checked"}), frozenset({"model"}))
    world = World(tmp_path, [gate, train])
    runner, plan = world.run({"a": 1})
    assert runner.done == ["g"]
    assert plan["m"].state == "blocked"


def test_apply_is_fresh_only_when_the_target_reports_what_is_wanted(tmp_path: Path) -> None:
    """A, B, revert to A: the device still reports B, so the rollout is stale although A ran before."""
    roll = Toy(
        "roll",
        [Task("r", {"a": "a"}, params={"target": "gw"})],
        frozenset({"number"}),
        frozenset({"desired"}),
        kind="apply",
    )
    world = World(tmp_path, [roll])
    first, second = world.status({"a": 1})["r"], world.status({"a": 2})["r"]
    assert first.state == "missing"

    def report(desired: str, sequence: int) -> None:
        body = encode("reported@1", {"desired": desired, "stage": "active"})
        [id] = world.store.put([Draft("reported@1", body, "agent@1", "gw", sequence)])
        n = world.store.connection.execute("SELECT n FROM record WHERE id = ?", (id,)).fetchone()[0]
        world.store.connection.execute("INSERT OR REPLACE INTO reported VALUES ('gw', ?, ?)", (sequence, n))

    report(first.key, 1)
    assert world.status({"a": 1})["r"].state == "fresh"
    report(second.key, 2)
    assert world.status({"a": 2})["r"].state == "fresh"
    assert world.status({"a": 1})["r"].state == "stale"


def test_an_erased_input_blocks_what_must_run(two: World) -> None:
    """What is there stays fresh, with a note; a dependent that would have to run fails and says why."""
    _, plan = two.run({"a": 1, "limit": 5})
    record = plan["m"].record
    assert record is not None
    two.store.erase(record.content, "asked for", "person-1", two.clock.now())
    found = two.status({"a": 1, "limit": 5})
    assert (found["m"].state, found["m"].notes) == ("fresh", ("its body was erased",))
    assert found["j"].state == "fresh"
    runner, _ = two.run({"a": 1, "limit": 6})
    assert "erased" in str(runner.failed["j"])


def test_a_failed_task_records_nothing_and_the_others_go_on(tmp_path: Path) -> None:
    """A step that raises leaves no record; what does not need it is done."""

    class Broken(Toy):
        def run(self, task: object, ctx: object) -> object:
            raise NinefoldError("the disk is on fire", hint="Call somebody.")

    bad = Broken("bad", [Task("x", {"a": "a"})], frozenset({"number"}), frozenset({"bad"}))
    good = Toy("good", [Task("y", {"a": "a"})], frozenset({"number"}), frozenset({"good"}))
    after = Toy("after", [Task("z", {}, {"x": "x"})], frozenset({"bad"}), frozenset({"after"}))
    runner, plan = World(tmp_path, [bad, good, after]).run({"a": 1})
    assert list(runner.failed) == ["x"]
    assert states(plan) == {"x": "missing", "y": "fresh", "z": "missing"}


def test_a_blocked_plan_item_is_shown_with_its_command(tmp_path: Path) -> None:
    """A step may say that it cannot plan something, and what to do."""
    world = World(tmp_path, [Toy("b", [Blocked("t", "no trainer", "pip install x")], produces=frozenset({"k"}))])
    found = world.status({})["t"]
    assert (found.state, found.command) == ("blocked", "pip install x")


def test_circles_are_named(tmp_path: Path) -> None:
    """Steps that consume one another are an error of the program, and it says which."""
    a = Toy("a", [], frozenset({"kb"}), frozenset({"ka"}))
    b = Toy("b", [], frozenset({"ka"}), frozenset({"kb"}))
    with pytest.raises(InvalidInput, match="a, b need one another"):
        World(tmp_path, [a, b]).status({})
    tasks = [Task("x", {}, {"y": "y"}), Task("y", {}, {"x": "x"})]
    with pytest.raises(NinefoldError, match="x, y need one another"):
        World(tmp_path / "2", [Toy("s", tasks, produces=frozenset({"k"}))]).status({})


def test_a_chain_of_three_thousand_is_planned_and_run(tmp_path: Path) -> None:
    """Nothing recurses: a deep chain inside one step is done in one pass."""
    depth = 3000
    tasks = [Task("t0", {"a": "a"}), *(Task(f"t{i}", {}, {"b": f"t{i - 1}"}, params=i) for i in range(1, depth))]
    step = Toy("deep", tasks, frozenset({"number"}), frozenset({"deep"}))
    world = World(tmp_path, [step])
    world.store.connection.execute("PRAGMA synchronous=OFF")
    runner, plan = world.run({"a": 1})
    assert len(runner.done) == depth
    assert set(states(plan).values()) == {"fresh"}


def test_steps_are_ordered_by_what_they_consume(tmp_path: Path) -> None:
    """The order in which steps are listed does not matter."""
    world = World(tmp_path, list(reversed(chain(5))))
    runner, _ = world.run({"a": 1})
    assert runner.done == ["t0", "t1", "t2", "t3", "t4"]
