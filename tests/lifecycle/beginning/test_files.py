"""The files that follow from the answers: read by the project's readers without a problem, and written once."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.workbench.own_table import write_parts

from ninefold.cli.compose import Composer
from ninefold.kernel.errors import Conflict, InvalidInput, NotFound
from ninefold.lifecycle.beginning import answers, texts
from ninefold.lifecycle.beginning.answers import Columns, Goal, Learning, Place
from ninefold.lifecycle.beginning.standing import inputs_of, label_of, steps_of, table_of, tables_of
from ninefold.lifecycle.beginning.texts import NewText
from ninefold.lifecycle.beginning.writing import absent, bring, problems_of, table, write
from ninefold.lifecycle.founding import found_project
from ninefold.lifecycle.history import history

UUID = "5d0a4f43-0a3c-4f0d-8c1b-0b8a5f0f7a01"
GOAL = Goal('It "fails" — early', "The system shall tell it.", "production", 0.5, 0.5, 0.95, 30, 1000, 1, 1, UUID)


@pytest.fixture
def composer(tmp_path: Path) -> Iterator[Composer]:
    """A project with a table and nothing else."""
    root = tmp_path / "press"
    found_project(root)
    write_parts(tmp_path / "sent.tmp", 300)
    bring(root, "parts", tmp_path / "sent.tmp")
    opened = Composer(str(root), quiet=True)
    yield opened
    opened.session.store.close()


def columns(**changes: object) -> Columns:
    """Return the answers about the table's columns."""
    units = {"Variant": None, "Speed [rpm]": "{rev}/min", "Torque [Nm]": "N.m"}
    values = {
        "time": "Finished", "zone": "Europe/Berlin", "asset": "Machine", "machine": "", "part": "Part no",
        "label": "Failed", "units": units,
    }  # fmt: skip
    return Columns(**{**values, **changes})  # type: ignore[arg-type]  # fields of this class


def all_files(composer: Composer, told: Columns) -> list[NewText]:
    """Return every file of the way."""
    seen = table(composer.root, "parts")
    source = texts.connection("parts", seen, told)
    addresses = {"press-1/torque": "ns=2;s=T"}
    goal = GOAL if told.time else msgspec.structs.replace(GOAL, drift_per_year=0)
    place = Place(
        "gateway-1", stand_in=True, endpoint="opc.tcp://127.0.0.1:4840", port=9440, addresses=addresses, shadow_parts=50
    )
    return [
        source, texts.requirement("parts", goal), texts.use_case("parts", goal, ["torque"], ["press-1"]),
        texts.recipe("parts", ["speed", "torque"], {"variant": ("A", "no", "B: c")}, "failed", parts=bool(told.part)),
        texts.model("parts", Learning("failed", "lightgbm", 0.25, 6), timed=bool(told.time)),
        texts.live_connection("parts", place, {"torque": "N.m"}), texts.deployment("parts", place),
        texts.agent("parts", "gateway-1", 9440),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [columns(), columns(time="", asset="", machine="press-1", part="")],
    ids=["with time, machine and part", "with nothing but values"],
)
def test_the_files_have_no_problem(composer: Composer, told: Columns) -> None:
    """Also with quotes in a title, words that YAML would take for something else, and no column for time or machine."""
    files = all_files(composer, told)
    assert problems_of(composer.session, files) == []
    names = write(composer.session, "person-0123456789abcdef", files, "first")
    assert names == [f.path for f in files]
    view = composer.view()
    assert view.problems == ()
    found = table_of(view, "parts")
    assert found is not None
    assert label_of(view, "parts") == "failed"
    assert [t.signal for t in inputs_of(found, "failed")] == ["variant", "speed", "torque"]
    assert ("REQ-parts#criterion/input-drift" in view.facets) == bool(told.time), "drift counts by time"


def test_each_file_is_an_event_with_its_author_and_none_is_replaced(composer: Composer) -> None:
    """What a person wrote meanwhile stays as it is."""
    files = all_files(composer, columns())
    (composer.root / files[0].path).write_text("# mine\n")
    assert files[0] not in absent(composer.root, files)
    write(composer.session, "person-0123456789abcdef", files, "First steps of parts")
    assert (composer.root / files[0].path).read_text() == "# mine\n"
    found = history(composer.session, files[1].path, 5)
    assert [(c.by, c.reason) for c in found] == [("person-0123456789abcdef", "First steps of parts")]
    assert write(composer.session, "person-0123456789abcdef", files, "again") == []


def test_a_file_that_would_have_a_problem_is_told_before_it_is_written(composer: Composer) -> None:
    """The readers look at the texts as if they stood there."""
    wrong = NewText("models/parts.yaml", "use_case: UC-nobody\n")
    assert problems_of(composer.session, [wrong])


def test_the_steps_follow_the_files(composer: Composer) -> None:
    """Nothing else says how far a line is."""
    before = [s.code for s in steps_of(composer.session, "parts") if s.done]
    write(composer.session, "person-0123456789abcdef", all_files(composer, columns())[:5], "")
    after = [s.code for s in steps_of(composer.session, "parts") if s.done]
    assert (before, after) == (["table"], ["table", "columns", "goal", "model"])


def test_a_table_is_brought_once_under_a_plain_name(composer: Composer, tmp_path: Path) -> None:
    """A second one of the name, a name that is a path, and a table that is not there are told."""
    sent = tmp_path / "sent.tmp"
    with pytest.raises(Conflict):
        bring(composer.root, "parts", sent)
    for name in ("../parts", "a b", "", "x" * 41, "UPPER"):
        with pytest.raises(InvalidInput):
            bring(composer.root, name, sent)
        with pytest.raises(NotFound):
            table(composer.root, name)
    assert tables_of(composer.root) == ["parts"]


def test_forms_say_what_is_wrong_with_which_field(composer: Composer) -> None:
    """All of them at once."""
    seen = table(composer.root, "parts")
    found, problems = answers.read_columns({"zone": "Mars", "label": "Speed [rpm]", "use-0": "yes"}, seen)
    assert found is None
    assert {"zone", "label", "machine"} <= set(problems)
    assert set(answers.read_goal({"recall": "2", "level": "many"}, timed=True).problems) >= {
        "title",
        "recall",
        "level",
        "samples",
    }
    assert set(answers.read_learning({"trainers": "magic"}, ("failed",)).problems) == {
        "label",
        "trainers",
        "test",
        "cpu",
    }
    sent = {"kind": "replay", "endpoint": "opc.tcp://10.0.0.1:4840", "device": "Gateway 1", "port": "0"}
    assert set(answers.read_machine(sent, (("press-1", "torque"),)).problems) == {
        "endpoint", "device", "port", "address-0", "shadow",
    }  # fmt: skip
