"""The commands of step 9 as a person types them: from an alarm to a repair, in one project."""

from pathlib import Path

import pytest
from tests.operations.monitoring.conftest import Raise

from ninefold.cli.main import COMMANDS, main
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring import commands
from ninefold.operations.monitoring.policy import resets_of

ID = "a" * 64


class Say:
    """Runs commands and returns what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, words: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["--quiet", *words.split()])
        out, err = self.capsys.readouterr()
        assert (ended.value.code or 0) == code, err
        return f"{out}{err}"


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    (tmp_path / "ninefold.toml").write_text('name = "cell"\n')
    monkeypatch.chdir(tmp_path)
    return Say(capsys)


def test_every_command_stands_in_the_help() -> None:
    """Under the name that it has itself."""
    assert {str(c.name) for c in commands.COMMANDS} <= set(COMMANDS)


def test_from_an_alarm_to_a_resumed_baseline(say: Say, store: SqliteStore, raised: Raise, tmp_path: Path) -> None:
    """Listed, acknowledged, triaged as a fault, repaired: the work order's file is there, the store knows no name."""
    assert "No alarm is open" in say("alarms")
    raised()
    listed = say("alarms")
    assert "process_air_residual low" in listed
    assert "m3" in listed
    say("people add Ada --role maintenance-engineer")
    assert "acknowledged" in say("alarm ack aaaa --by Ada")
    assert "cannot acknowledge" in say("alarm ack aaaa", code=1)
    assert "Nothing is retrained" in say("alarm triage aaaa process-fault --by Ada --reason fan")
    assert len(list((tmp_path / "work-orders").glob("WO-*.md"))) == 1
    assert "drift detectors begin anew" in say("repaired m3 --by Ada")
    assert "No alarm is open" in say("alarms")
    assert "confirmed" in say("alarms --all")
    assert resets_of(store) == {"m3": 1}
    assert not [r for r in store.log(100) if r.data is not None and b"Ada" in r.data]


def test_shelving_clearing_and_judging(say: Say, raised: Raise) -> None:
    """With a date to come; a past one, a wrong id and an unknown person are sentences."""
    raised()
    assert "shelved" in say("alarm shelve aaaa --until 2100-01-01 --reason later")
    assert "cannot shelve" in say("alarm shelve aaaa --until 2000-01-01", code=1)
    assert "averted" in say("alarm judge aaaa averted")
    assert "cleared" in say("alarm clear aaaa")
    assert "No alarm found" in say("alarm clear ffff", code=1)
    assert "0 people are entered as 'Nobody'" in say("alarm judge aaaa false --by Nobody", code=1)
    assert "no open work order" in say("repaired m3", code=1)


def test_an_empty_project_says_so(say: Say) -> None:
    """No monitor, no proposal, no model; a proposal that is not there."""
    assert "Nothing is watched" in say("monitors")
    assert "Nothing is proposed" in say("proposals")
    assert "No model is in service" in say("outcomes")
    assert "No proposal found" in say("proposal accept ffff", code=1)


def test_an_alarm_of_no_model_gives_no_proposal(say: Say, raised: Raise) -> None:
    """Its cause must lead to a use case of the project."""
    raised()
    assert "speaks of no model" in say("alarm triage aaaa new-normal", code=1)


def test_a_label_that_is_a_column_has_no_log_to_wait_for(say: Say, tmp_path: Path) -> None:
    """It is said, with what a person can do; nothing is looked for in the table."""
    (tmp_path / "recipes").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "recipes" / "parts.yaml").write_text(
        "inputs: {parts: dataset:parts}\nkeys: {entity: asset, time: ts, frame: part}\n"
        "steps:\n  - keep: [torque]\nlabel: {from: parts, column: failed}\n"
    )
    (tmp_path / "models" / "failed.yaml").write_text(
        "use_case: UC-x\ndataset: recipe:parts\ntask: {kind: binary, target: label}\nsplit: {order: {test: 0.25}}\n"
        "metric: auc\ndecision: {satisfy: [REQ-x/recall]}\nbudget: {cpu: 60 s}\ntrainers: [linear]\n"
    )
    said = say("outcomes")
    assert "failed: its label is a column of a table" in said
    assert "No model is in service" not in said


def test_a_model_whose_label_announces_no_events_has_no_log(say: Say, tmp_path: Path) -> None:
    """What becomes of an alarm at 20 cycles is in no log; the others are shown all the same."""
    files = {
        "connections/engines.yaml": "connector: csv\npath: a.csv\nasset: unit\ntime: {every: 1 min}\ntags: [{signal: s2, column: s2, unit: '1'}]\n",
        "recipes/cycles.yaml": "inputs: {engines: dataset:engines}\nkeys: {entity: asset, time: ts}\nsteps: [keep: [s2]]\n"
        "label: {from: engines, kind: remaining, until: end_of_group}\n",
        "models/life.yaml": "use_case: UC-life\ndataset: recipe:cycles\ntask: {kind: regression}\nmetric: rmse\nbudget: {cpu: 9 s}\n"
        "split: {group: {test: 0.3}, keep_whole: [asset]}\n",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    said = say("outcomes")
    assert "life: its label announces no events" in said
    assert "No model is in service" not in said
