"""The commands as a person types them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from ninefold.cli.main import cli
from ninefold.kernel.clock import PlantClock, parse_iso
from ninefold.kernel.errors import Conflict, InvalidInput, NotFound
from ninefold.simulation.servers.pki import TrustedClients


def call(*words: str) -> str:
    done = CliRunner().invoke(cli, ["simulate", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_history_says_what_it_wrote_and_never_writes_over(tmp_path: Path) -> None:
    """Seed and counts are printed; the clock stands at the end; a second history in the same folder is refused."""
    words = ["history", "--out", str(tmp_path / "d"), "--days", "2", "--seed", "8", "--until", "2026-07-02T12:00:00Z"]
    said = call(*words)
    assert "with the seed 8" in said
    assert PlantClock(tmp_path / "d" / "clock.json").now() == parse_iso("2026-07-02T12:00:00Z")
    with closing(sqlite3.connect(tmp_path / "d" / "maintenance.sqlite")) as connection:
        (count,) = connection.execute("SELECT count(*) FROM maintenance_log").fetchone()
    assert f"{count} log entries" in said
    with pytest.raises(Conflict, match="holds a history already"):
        call(*words)


def test_the_projects_data_folder_is_the_default(tmp_path: Path) -> None:
    """Called for a project, the history lies in its folder data."""
    (tmp_path / "ninefold.toml").write_text('name = "x"\nclock = "data/clock.json"\n')
    done = CliRunner().invoke(cli, ["-C", str(tmp_path), "simulate", "history", "--days", "1"], catch_exceptions=False)
    assert done.exit_code == 0
    assert (tmp_path / "data" / "world.json").is_file()


def test_trust_makes_what_is_missing_and_lets_both_sides_know_each_other(tmp_path: Path) -> None:
    """The controller finds the client's certificate, the client has the controller's under the connection's name."""
    words = ["trust", "--pki", str(tmp_path / "cell"), "--client", str(tmp_path / "me"), "--name", "gateway-1"]
    call(*words)
    certificate = (tmp_path / "me" / "gateway-1.der").read_bytes()
    assert TrustedClients(tmp_path / "cell").name_of(certificate) == "gateway-1"
    assert (tmp_path / "me" / "trusted" / "cell.der").read_bytes() == (tmp_path / "cell" / "server.der").read_bytes()
    call(*words)
    assert (tmp_path / "me" / "gateway-1.der").read_bytes() == certificate


@pytest.mark.parametrize(
    "words", [["status"], ["stop"], ["jump", "2 h"], ["factor", "60"], ["cable", "cut"], ["fault", "new_variant"]]
)
def test_without_a_running_cell_each_command_says_so(tmp_path: Path, words: list[str]) -> None:
    """It names the folder."""
    with pytest.raises(NotFound, match="No simulated cell is running"):
        call(*words, "--data", str(tmp_path))


def test_a_factor_that_no_cell_can_have_is_refused_without_one(tmp_path: Path) -> None:
    """It would be no better with a cell."""
    with pytest.raises(InvalidInput, match="A time factor of 5000 is out of range"):
        call("factor", "5000", "--data", str(tmp_path))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["jump", "two hours"], "expected a quantity"),
        (["history", "--until", "yesterday"], "no ISO 8601"),
        (["history", "--days", "0"], "is not in the range"),
        (["fault", "fire"], "is not one of"),
        (["serve", "--port", "0"], "is not in the range"),
    ],
)
def test_wrong_usage_is_told(tmp_path: Path, words: list[str], message: str) -> None:
    """Exit code 2, and what was expected."""
    place = {"history": "--out"}.get(words[0], "--data")
    done = CliRunner().invoke(cli, ["simulate", *words, place, str(tmp_path)])
    assert done.exit_code == 2
    assert message in done.output


def test_ai4i_writes_a_file(tmp_path: Path) -> None:
    """As many rows as were asked for."""
    call("ai4i", "--out", str(tmp_path / "a.csv"), "--rows", "100")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 101
