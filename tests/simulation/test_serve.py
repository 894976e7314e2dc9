"""The running cell as a process of its own: told what to do from outside, it goes on from its files and keeps them."""

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import numpy as np
import pytest

from ninefold.kernel.clock import PlantClock, parse_iso
from ninefold.kernel.errors import InvalidInput, NotFound, Unreachable
from ninefold.simulation.control import FILE, Command, ask
from ninefold.simulation.history import DAY_US, read_world, write_history

UNTIL = parse_iso("2026-11-24T12:00:00Z")


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def serving(root: Path) -> subprocess.Popen[str]:
    arguments = [
        "simulate",
        "serve",
        "--data",
        str(root / "data"),
        "--pki",
        str(root / "pki"),
        "--port",
        str(free_port()),
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "ninefold", *arguments], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "SignAndEncrypt" in line:
            return process
    raise AssertionError(f"the cell ended with {process.wait()}")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cell")
    write_history(folder / "data", seed=6, days=3, until_us=UNTIL)
    process = serving(folder)
    yield folder
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


def test_commands_act_and_errors_come_back_as_sentences(root: Path) -> None:
    """Fault, factor and repair show in the state; what is out of range is refused by name."""
    data = root / "data"
    assert ask(data, Command("inject", kind="heat_dissipation", asset="m3")).faults[0].asset == "m3"
    assert ask(data, Command("factor", factor=1200.0)).factor == 1200
    with pytest.raises(InvalidInput, match="factor of 5000 is out of range"):
        ask(data, Command("factor", factor=5000.0))
    with pytest.raises(InvalidInput, match="no machine 'm9'"):
        ask(data, Command("inject", kind="cable_cut", asset="m9"))
    with pytest.raises(InvalidInput, match="needs the field kind"):
        ask(data, Command("inject"))
    with pytest.raises(InvalidInput, match="either to_us or by_s"):
        ask(data, Command("jump"))
    state = ask(data, Command("repair", kind="heat_dissipation", asset="m3"))
    assert state.faults == ()
    assert state.note == "1 repaired."


def test_a_jump_leaves_history_log_and_clock_complete(root: Path) -> None:
    """The files hold the samples and the entries until the new present, without a hole or a double."""
    data = root / "data"
    before = ask(data, Command("status")).now_us
    state = ask(data, Command("jump", by_s=7 * 86400.0))
    assert state.now_us >= before + 7 * DAY_US
    assert abs(PlantClock(data / "clock.json").now() - ask(data, Command("status")).now_us) < 600_000_000
    world = read_world(data)
    plant = world.plant()
    want = plant.samples(world.from_us, world.until_us)
    query = "SELECT epoch_us(ts) AS ts, asset, air_temperature FROM read_parquet(?) ORDER BY ts, asset"
    with closing(duckdb.connect()) as connection:
        got = connection.execute(query, [f"{data}/cell-history/*.parquet"]).fetchnumpy()
    assert np.array_equal(got["ts"], want["ts"])
    assert np.array_equal(got["air_temperature"], want["air_temperature"])
    with closing(sqlite3.connect(data / "maintenance.sqlite")) as connection:
        logged = {e for (e,) in connection.execute("SELECT event FROM maintenance_log")}
    assert logged >= set(plant.events(world.from_us, world.until_us - 900_000_000, by="known")["event"])


def test_the_control_port_is_for_this_account_only(root: Path) -> None:
    """The file with the token has mode 0600; a wrong token and a long line are refused; the cell lives on."""
    path = root / "data" / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    port = json.loads(path.read_text())["port"]
    for line in (b'{"token": "x", "command": {"do": "stop"}}\n', b"x" * 10_000 + b"\n", b"\xff\n", b"[]\n"):
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.sendall(line)
            reply = json.loads(connection.makefile("rb").readline())
        assert "error" in reply
    assert ask(root / "data", Command("status")).factor > 0


def test_a_cut_and_mended_cable_shows_in_the_state(root: Path) -> None:
    """Twice cut is cut; the samples go on."""
    data = root / "data"
    assert ask(data, Command("cut")).cut
    assert ask(data, Command("cut")).cut
    sent = ask(data, Command("status")).sent
    assert not ask(data, Command("mend")).cut
    deadline = time.monotonic() + 20
    while ask(data, Command("status")).sent == sent:
        assert time.monotonic() < deadline


def test_a_cell_that_is_stopped_goes_on_later_from_where_it_was(tmp_path: Path) -> None:
    """After a stop the clock stands, the files reach until then, and the next start begins there, faults included."""
    data = tmp_path / "data"
    write_history(data, seed=6, days=1, until_us=UNTIL)
    process = serving(tmp_path)
    ask(data, Command("inject", kind="new_variant"))
    ask(data, Command("stop"))
    process.communicate(timeout=30)
    assert process.returncode == 0
    world = read_world(data)
    assert world.until_us > UNTIL
    assert [f.kind for f in world.faults] == ["new_variant"]
    assert PlantClock(data / "clock.json").now() == world.until_us
    with pytest.raises(NotFound, match="No simulated cell is running"):
        ask(data, Command("status"))
    again = serving(tmp_path)
    try:
        state = ask(data, Command("status"))
        assert state.now_us >= world.until_us
        assert [f.kind for f in state.faults] == ["new_variant"]
    finally:
        again.kill()
        again.communicate(timeout=30)
    with pytest.raises(Unreachable, match="does not answer"):
        ask(data, Command("status"))


def test_without_a_history_there_is_nothing_to_serve(tmp_path: Path) -> None:
    """The error names the folder and the next command."""
    environment = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", "ninefold", "simulate", "serve", "--data", str(tmp_path), "--pki", str(tmp_path)],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "There is no simulated history" in done.stderr
    assert "ninefold simulate history" in done.stderr
