"""A race under a CPU budget: what crashes, hangs or lies is out, and the race goes on."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ninefold.development.modelling.entrant import Budgeted, Data, Finish
from ninefold.development.modelling.process import Worker
from ninefold.development.modelling.race import Race
from ninefold.development.modelling.specification import Split, TimeSplit
from ninefold.development.modelling.split import divide
from ninefold.kernel.errors import BudgetExceeded, Cancelled, InvalidInput
from ninefold.kernel.progress import Cancel
from ninefold.vocabulary.quantity import Duration, Share

TIME = Split(time=TimeSplit(Share(0.25), Duration(7200)), keep_whole=("tool_life",), folds=3)

HEAD = """
import time
class Proposal(tuple):
    params = property(lambda self: self[0]); cost = property(lambda self: self[1])
class Odd:
    def propose(self, task):
        yield Proposal(({}, 0.5))
    def fit(self, task, params, x, y, seed, threads):
"""
PACED = """
import time
import numpy as np
from ninefold.development.modelling.graph import linear_graph
class Proposal(tuple):
    params = property(lambda self: self[0]); cost = property(lambda self: self[1])
class Fitted:
    def __init__(self, n): self.n = n
    def predict(self, x): return np.full(len(x), 0.5)
    def thresholds(self): return []
    def export(self): return linear_graph(np.zeros(self.n), np.zeros(self.n), np.zeros(self.n), 0.0)
class Odd:
    def propose(self, task):
        yield Proposal(({}, 1.0))
        yield Proposal(({}, 1000.0))
    def fit(self, task, params, x, y, seed, threads):
        end = time.process_time() + 0.1
        while time.process_time() < end: pass
        return Fitted(x.shape[1])
"""
LOOPS_IN_C = "\n        while True: sum(range(10**11))\n"
BURNS_THREADS = """
        import threading, hashlib
        work = ("sha256", b"word", b"salt", 10**9)
        crowd = [threading.Thread(target=hashlib.pbkdf2_hmac, args=work) for _ in range(3)]
        [t.start() for t in crowd]; [t.join() for t in crowd]
"""
SLEEPS = "\n        time.sleep(3600)\n"
HOARDS = (
    "\n        held = []\n        while True: held.append(bytearray(50_000_000)); held[-1][::4096] = b'x' * 12208\n"
)
CRASHES = "\n        import os, signal; os.kill(os.getpid(), signal.SIGSEGV)\n"
RAISES = "\n        raise ValueError('no such seed')\n"
PRINTS = "\n        print('{\"type\":\"done\"}'); raise ValueError('printed')\n"
IGNORES = (
    "\n        import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n        while True: sum(range(10**11))\n"
)
LIES = """
        import numpy as np
        class Fitted:
            def predict(self, x): return np.full(len(x), np.nan)
            def thresholds(self): return []
            def export(self): return b''
        return Fitted()
"""
NO_PARITY = """
        import numpy as np
        from ninefold.development.modelling.graph import linear_graph
        n = x.shape[1]
        class Fitted:
            def predict(self, x): return np.nan_to_num(0.5 + 0.4 * np.tanh(x[:, 1]), nan=0.3)
            def thresholds(self): return []
            def export(self): return linear_graph(np.zeros(n), np.zeros(n), np.ones(n) * .01, 0.0)
        return Fitted()
"""


class Said:
    """Keeps what was said."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def say(self, message: str, done: float | None = None) -> None:
        """Keep it."""
        self.messages.append(message)


def ran(data: Any, folder: Path, trainers: tuple[str, ...], **changes: Any) -> Finish:
    """Return how a race over a cell's rows ended."""
    given = {"cpu_s": 30.0, "memory": 2e9, "seed": 0, "progress": Said(), "cancel": Cancel(), "x": data.x} | changes
    folder.mkdir()
    rows = divide(data.context, data.y, TIME, np.random.default_rng(0))
    names = tuple(f"f{i}" for i in range(given["x"].shape[1]))
    prepared = Data(given["x"], data.y, rows, names, TIME.folds, {})
    budget = Budgeted(given["cpu_s"], given["memory"], 1)
    race = Race(prepared, "average_precision", budget, given["seed"], folder, given["progress"], given["cancel"])
    return race.run(trainers)


@pytest.fixture(scope="module")
def race(cell: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Said]:
    """A race of both families on the cell, and what it said; it is only looked at."""
    said = Said()
    return ran(cell(), tmp_path_factory.mktemp("race") / "a", ("linear", "lightgbm"), progress=said), said


def test_a_race_finds_the_better_candidates_and_says_what_it_used(race: tuple[Any, Said]) -> None:
    """Both families finish, pass the parity gate, and the smallest of the tied wins."""
    finish, said = race
    rows = [r.row(finish.standings.get(r.name)) for r in finish.entrants]
    finished = [r for r in rows if r.outcome == "finished"]
    assert {r.trainer for r in finished} - {"ensemble"} == {"linear", "lightgbm"}
    assert all(r.parity is not None and r.parity.passed and r.size_kb and r.score for r in finished)
    assert [r.score for r in finished] == sorted((r.score for r in finished), reverse=True, key=lambda s: s or 0)
    assert finish.winner.startswith("linear")  # the label is a logistic function of the features
    assert 0 < finish.used_cpu_s < 30
    assert finish.used_cpu_s - 2 < sum(r.cpu_s for r in rows) <= finish.used_cpu_s  # a worker's start is nobody's
    assert any("fold 2 of 3" in m and "s CPU" in m for m in said.messages)


def test_equal_seeds_give_equal_graphs_and_scores(
    race: tuple[Any, Said], cell: Callable[..., Any], tmp_path: Path
) -> None:
    """Byte for byte; what a race finishes in time may differ, what a candidate finds may not."""
    first, second = race[0], ran(cell(), tmp_path / "b", ("linear", "lightgbm"))
    ones, twos = ({r.name: r for r in f.entrants if r.outcome == "finished"} for f in (first, second))
    assert len(ones) >= 2
    for name in ones.keys() & twos.keys():
        assert ones[name].onnx == twos[name].onnx
        assert np.array_equal(ones[name].scores, twos[name].scores, equal_nan=True)


def test_a_column_that_names_the_tool_life_does_not_help(cell: Callable[..., Any], tmp_path: Path) -> None:
    """The label depends on a secret of each life. In the life it is known; in another one it says nothing."""
    data = cell(nulls=0.0)
    rng = np.random.default_rng(5)
    lives = data.context["tool_life"].astype(int)
    secret = rng.integers(0, 2, lives.max() + 1)
    data.y[:] = np.where(rng.random(len(lives)) < 0.9, secret[lives], rng.random(len(lives)) < 0.5)
    leak = rng.permutation(lives.max() + 1)[lives].astype(np.float32)[:, None]
    finish = ran(data, tmp_path / "a", ("lightgbm",), x=np.hstack([data.x, leak]))
    best = finish.standings[finish.winner]  # a blend takes a little of what is luck in both
    base = float(np.nanmean(data.y))
    assert abs(best.point - base) < 0.2  # a split by rows scores above 0.9 here
    scattered = divide({}, data.y, Split(stratified=TIME.time, folds=3), np.random.default_rng(0))
    prepared = Data(np.hstack([data.x, leak]), data.y, scattered, tuple("abcde"), 3, {})
    (tmp_path / "b").mkdir()
    cheat = Race(prepared, "average_precision", Budgeted(30, 2e9, 1), 0, tmp_path / "b", Said(), Cancel())
    cheated = cheat.run(("lightgbm",))
    assert cheated.standings[cheated.entrants[0].name].point > 0.85


def test_a_candidate_that_cannot_come_through_is_not_begun(
    cell: Callable[..., Any], plug_in: Callable[[str, str], None], tmp_path: Path
) -> None:
    """Its trainer's first candidate showed the pace: a thousand times that does not fit, and wastes nothing."""
    plug_in("paced", PACED)
    finish = ran(cell(n=1200), tmp_path / "a", ("paced",))
    first, second = sorted(finish.entrants, key=lambda e: e.cost)
    assert (first.outcome, second.outcome, second.cpu_s) == ("finished", "not_run", 0.0)
    assert second.reason.startswith("It would take about")
    assert "budget" in second.reason


@pytest.mark.parametrize(
    ("source", "outcome", "reason"),
    [
        (LOOPS_IN_C, "killed", "s of CPU"),
        (IGNORES, "killed", "s of CPU"),
        (BURNS_THREADS, "killed", "s of CPU"),
        (HOARDS, "killed", "MiB"),
        (CRASHES, "failed", "SIGSEGV"),
        (RAISES, "failed", "ValueError: no such seed"),
        (PRINTS, "failed", "ValueError: printed"),
        (LIES, "failed", "not one number between 0 and 1"),
        (NO_PARITY, "disqualified", "does not give the native scores"),
    ],
    ids=[
        "loops in C",
        "ignores SIGXCPU",
        "burns threads",
        "hoards",
        "crashes",
        "raises",
        "prints",
        "lies",
        "no parity",
    ],
)
def test_a_bad_trainer_is_out_and_the_race_goes_on(
    cell: Callable[..., Any],
    plug_in: Callable[[str, str], None],
    tmp_path: Path,
    source: str,
    outcome: str,
    reason: str,
) -> None:
    """It comes through the door of plug-ins; its row keeps the reason; the others finish."""
    plug_in("odd", HEAD + source)
    finish = ran(cell(n=1200), tmp_path / "a", ("odd", "lightgbm"), cpu_s=6.0, memory=6e8)
    odd = next(r for r in finish.entrants if r.trainer == "odd")
    assert (odd.outcome, reason in odd.reason) == (outcome, True), odd.reason
    assert odd.cpu_s < 6 / 3 + 2
    assert finish.winner.startswith("lightgbm")


@pytest.mark.job("modelling/killed", against="real", what="processes")
def test_a_trainer_that_loops_in_c_is_dead_two_seconds_after_its_budget(
    cell: Callable[..., Any], plug_in: Callable[[str, str], None], tmp_path: Path
) -> None:
    """By its own CPU time; and its process is gone."""
    plug_in(
        "odd",
        HEAD + f"\n        open({str(tmp_path / 'pid')!r}, 'w').write(str(__import__('os').getpid()))" + LOOPS_IN_C,
    )
    with pytest.raises(BudgetExceeded, match=r"No candidate was complete within the budget of 3 s of CPU.*odd-1"):
        ran(cell(n=1200), tmp_path / "a", ("odd",), cpu_s=3.0)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_trainer_that_waits_is_ended_by_the_clock(
    cell: Callable[..., Any], plug_in: Callable[[str, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It uses no CPU, so the wall deadline ends it."""
    monkeypatch.setattr("ninefold.development.modelling.race.WALL_S", 3.0)
    monkeypatch.setattr("ninefold.development.modelling.race.WALL_FACTOR", 0)
    plug_in("odd", HEAD + SLEEPS)
    with pytest.raises(BudgetExceeded, match=r"odd.*: It took"):
        ran(cell(n=1200), tmp_path / "a", ("odd",), cpu_s=2.0)


@pytest.mark.parametrize(("long_s", "many", "workers"), [(60.0, 10**9, 1), (0.05, 10**9, 2), (60.0, 1, 2)])
def test_a_second_worker_begins_when_fits_take_long(
    cell: Callable[..., Any], plug_in: Callable[[str, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    long_s: float, many: int, workers: int,
) -> None:  # fmt: skip
    """A tenth of a second each: not when only a minute is long; at once where there is much to learn from."""
    begun = []

    class Counted(Worker):
        def __init__(self, scratch: Path, threads: int) -> None:
            begun.append(threads)
            super().__init__(scratch, threads)

    monkeypatch.setattr("ninefold.development.modelling.race.LONG_S", long_s)
    monkeypatch.setattr("ninefold.development.modelling.race.MANY_CELLS", many)
    monkeypatch.setattr("ninefold.development.modelling.race.Worker", Counted)
    plug_in("odd", PACED)
    finish = ran(cell(n=1200), tmp_path / "a", ("odd",))
    assert len(begun) == workers
    assert finish.winner == "odd-1"


def test_a_starved_race_fails_by_name(cell: Callable[..., Any], tmp_path: Path) -> None:
    """The error names the budget and what to do."""
    with pytest.raises(BudgetExceeded, match=r"budget of 0\.2 s of CPU") as caught:
        ran(cell(), tmp_path / "a", ("linear", "lightgbm"), cpu_s=0.2)
    assert caught.value.hint == "Raise budget.cpu in the model file."


def test_when_all_fail_the_reasons_are_told(
    cell: Callable[..., Any], plug_in: Callable[[str, str], None], tmp_path: Path
) -> None:
    """Not as a lack of budget."""
    plug_in("odd", HEAD + RAISES)
    with pytest.raises(InvalidInput, match="odd-1: ValueError: no such seed"):
        ran(cell(n=1200), tmp_path / "a", ("odd",))


def test_cancelling_ends_the_worker(
    cell: Callable[..., Any], plug_in: Callable[[str, str], None], tmp_path: Path
) -> None:
    """In the middle of a loop in C."""
    pid = tmp_path / "pid"
    plug_in("odd", HEAD + f"\n        open({str(pid)!r}, 'w').write(str(__import__('os').getpid()))" + LOOPS_IN_C)
    cancel = Cancel()

    def when_it_runs() -> None:
        deadline = time.monotonic() + 30
        while not (pid.exists() and pid.read_text()) and time.monotonic() < deadline:
            time.sleep(0.02)  # another process cannot set an event of ours
        cancel.request()

    thread = threading.Thread(target=when_it_runs, daemon=True)
    thread.start()
    with pytest.raises(Cancelled):
        ran(cell(n=1200), tmp_path / "a", ("odd", "linear"), cancel=cancel, cpu_s=60.0)
    thread.join()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), signal.SIG_DFL)
