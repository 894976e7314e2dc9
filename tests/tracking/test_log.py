"""A run as one durable record: what may be logged, what is refused, and what an end by force leaves."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.canonical import sha256
from ninefold.kernel.clock import SystemClock
from ninefold.kernel.errors import Conflict, InvalidInput, NotFound
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.steps import Evidence
from ninefold.tracking import bounds
from ninefold.tracking.history import unpack_history
from ninefold.tracking.log import RunLog
from ninefold.vocabulary.run import Run


def ask(name: str) -> Evidence:
    """Know no task."""
    raise NotFound(f"No task is called {name}.")


class Desk:
    """A store, blobs and the runs in them."""

    def __init__(self, folder: Path) -> None:
        self.store, self.blobs = SqliteStore(folder / "store.db"), Blobs(folder / "blobs")

    def run(self, name: str = "try", **tags: str) -> RunLog:
        """Begin a run."""
        return RunLog(name, self.store, self.blobs, SystemClock(), "account-1", ask, tags)

    def last(self) -> Run:
        """Return the run recorded last."""
        return self.store.of_kind("run@1", 1)[0].body(Run)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A new one."""
    made = Desk(tmp_path)
    yield made
    made.store.close()


def test_nothing_is_written_before_the_end(desk: Desk) -> None:
    """One put, one record; afterwards the run cannot change."""
    with desk.run() as r:
        r.log(a=1)
        assert desk.store.of_kind("run@1") == []
    assert desk.last().params == {"a": 1}
    for late in (lambda: r.log(b=2), lambda: r.metric("m", 1), lambda: r.tag(t="x"), lambda: r.artefact(__file__)):
        with pytest.raises(InvalidInput, match="is over"):
            late()
    with pytest.raises(InvalidInput, match="begun already"), r:
        pass
    assert len(desk.store.of_kind("run@1")) == 1


def test_an_empty_run_is_a_run(desk: Desk) -> None:
    """Nobody has to log anything."""
    with desk.run():
        pass
    assert (desk.last().outcome, desk.last().metrics) == ("finished", {})


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(ValueError("bad <x>"), "failed"), (KeyboardInterrupt(), "killed"), (SystemExit(3), "killed")],
)
def test_an_exception_ends_the_run_and_goes_on(desk: Desk, error: BaseException, outcome: str) -> None:
    """What was logged until then is kept, with the reason."""

    def work() -> None:
        with desk.run() as r:
            r.log(a=1)
            raise error

    with pytest.raises(type(error)):
        work()
    assert (desk.last().outcome, desk.last().params) == (outcome, {"a": 1})
    assert desk.last().reason.startswith(type(error).__name__)


def test_plain_values_keep_their_type(desk: Desk) -> None:
    """Numbers of numpy become Python's; NaN is a word among parameters, since nothing else can be recorded."""
    with desk.run() as r:
        r.log({"i": np.int32(1), "f": np.float64(0.5), "b": True, "n": None, "nan": float("nan"), "a b/ü": "é"})
        r.log(layers=(10, np.int64(20)), nested={"x": [1.5]}, flag=np.bool_(False))  # noqa: FBT003 - the value under test
    expected = {"i": 1, "f": 0.5, "b": True, "n": None, "nan": "nan", "a b/ü": "é", "layers": [10, 20]}
    assert desk.last().params == {**expected, "nested": {"x": [1.5]}, "flag": False}
    assert type(desk.last().params["b"]) is bool


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, np.zeros(3), b"x", "x" * (bounds.LONGEST_VALUE + 1), [object()]],
    ids=lambda v: type(v).__name__,
)
def test_what_is_no_plain_value_is_refused(desk: Desk, value: Any) -> None:
    """With its name; the run goes on."""
    with desk.run() as r:
        with pytest.raises(InvalidInput, match="model"):
            r.log(model=value)
        r.log(model="text")
    assert desk.last().params == {"model": "text"}


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 251, "\x00", 3, None])
def test_what_is_no_name_is_refused(desk: Desk, name: Any) -> None:
    """For runs, parameters, metrics and tags alike."""
    with pytest.raises(InvalidInput, match="is no name of a run"):
        desk.run(name)
    r = desk.run()
    with pytest.raises(InvalidInput, match="is no name of a parameter"):
        r.log({name: 1})
    with pytest.raises(InvalidInput, match="is no name of a metric"):
        r.metric(name, 1.0)


def test_a_parameter_does_not_change(desk: Desk) -> None:
    """The same value twice is the same; another one is a conflict. True is not 1."""
    r = desk.run()
    r.log(a=1)
    r.log(a=1)
    with pytest.raises(Conflict, match="is 1 in this run, now 2"):
        r.log(a=2)


@pytest.mark.parametrize("value", ["0.5", None, [1], np.zeros(2), 1j])
def test_a_metric_is_a_number(desk: Desk, value: Any) -> None:
    """Nothing is guessed."""
    with pytest.raises(InvalidInput, match="is no number"):
        desk.run().metric("m", value)


def test_every_value_of_a_metric_is_kept_and_the_last_one_counts(desk: Desk) -> None:
    """The history is a blob of the record; NaN and infinity stay there, and the note says so."""
    with desk.run() as r:
        for step in range(1000):
            r.metric("loss", 1 / (step + 1), step=step)
        r.metric("odd", float("nan"))
        r.metrics({"odd": float("inf")}, whole=2)
    run = desk.last()
    assert run.metrics == {"loss": 1 / 1000, "odd": None, "whole": 2.0}
    assert run.notes == ("Without a finite last value: odd is inf.",)
    history = unpack_history(desk.blobs.read(run.history))
    assert run.points == len(history["value"]) == 1003
    assert history["step"][:3].tolist() == [0, 1, 2]
    assert history["value"][:1000].tolist() == [1 / (step + 1) for step in range(1000)]
    [record] = desk.store.of_kind("run@1")
    assert record.blobs == (run.history,)


def test_ten_thousand_metrics_fit_and_no_more_than_the_bound(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound is told, not met by running out of memory."""
    with desk.run() as r:
        r.metrics({f"m{n}": n for n in range(10_000)})
    assert len(desk.last().metrics) == 10_000
    monkeypatch.setattr(bounds, "MOST_METRICS", 2)
    r = desk.run()
    r.metrics(a=1, b=2)
    r.metric("a", 3)
    with pytest.raises(InvalidInput, match="has 2 metrics already"):
        r.metric("c", 3)


def test_a_file_is_kept_as_its_bytes(desk: Desk, tmp_path: Path) -> None:
    """Never loaded; another file of the same name is a conflict, a folder no file."""
    (tmp_path / "model.pkl").write_bytes(b"cos\nsystem\n")
    with desk.run() as r:
        digest = r.artefact(tmp_path / "model.pkl")
        assert r.artefact(str(tmp_path / "model.pkl")) == digest == sha256(b"cos\nsystem\n")
        (tmp_path / "model.pkl").write_bytes(b"other")
        with pytest.raises(Conflict, match=r"another file called model\.pkl"):
            r.artefact(tmp_path / "model.pkl")
        r.artefact(tmp_path / "model.pkl", "second")
        with pytest.raises(NotFound, match="is no file"):
            r.artefact(tmp_path)
    assert [a.name for a in desk.last().artefacts] == ["model.pkl", "second"]
    assert desk.blobs.read(digest) == b"cos\nsystem\n"


def test_a_result_that_is_not_there_is_no_input(desk: Desk) -> None:
    """The error is that of the project."""
    with desk.run() as r, pytest.raises(NotFound, match="No task is called x"):
        r.uses("x")


KILLED = """
import sys, time
from pathlib import Path
from tests.tracking.test_log import Desk
desk = Desk(Path(sys.argv[1]))
with desk.run("before") as r:
    r.log(a=1)
with desk.run("killed") as r:
    r.log(a=1)
    r.artefact(__file__)
    print("ready", flush=True)
    time.sleep(60)
"""


def test_a_killed_process_leaves_no_half_of_a_run(tmp_path: Path) -> None:
    """Runs before it are whole; the store opens and goes on."""
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)], stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGKILL)
    desk = Desk(tmp_path)
    assert desk.last().name == "before"
    with desk.run("after"):
        pass
    assert desk.last().name == "after"
    desk.store.close()
