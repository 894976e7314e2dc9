"""The commands of the fleet and of an agent, as a person types them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from ninefold.cli import main as cli
from ninefold.cli.main import COMMANDS
from ninefold.edge.config import read_config
from ninefold.fleet.service import FleetService
from ninefold.kernel.clock import write_plant_clock
from ninefold.kernel.errors import InvalidFile


def test_the_commands_stand_in_the_help() -> None:
    """Each with a sentence."""
    assert {"fleet", "edge", "deploy", "order", "accept"} <= set(COMMANDS)


def test_a_device_is_invited_and_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The token is printed once; nothing that was not enrolled is in the list."""
    (tmp_path / "ninefold.toml").write_text('name = "cell"\n')
    monkeypatch.chdir(tmp_path)
    for arguments, says in ((["fleet", "invite", "gateway-1"], ""), (["fleet", "list"], "No device is enrolled"),
                            (["fleet", "seal"], "0 segment(s) sealed"), (["fleet", "decisions"], "No agent has sent")):  # fmt: skip
        monkeypatch.setattr("sys.argv", ["ninefold", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli()
        assert ended.value.code in {0, None}
        out = capsys.readouterr().out
        assert says in out
        assert out.strip()


def test_an_invitation_holds_at_the_service_whatever_the_time_of_the_plant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The project's clock is a simulated plant's, some years behind; whoever takes the token knows only its own."""
    (tmp_path / "ninefold.toml").write_text('name = "cell"\nclock = "clock.json"\n')
    write_plant_clock(tmp_path / "clock.json", 1_600_000_000_000_000, 1600)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["ninefold", "fleet", "invite", "gateway-1"])
    with pytest.raises(SystemExit):
        cli()
    token = capsys.readouterr().out.strip()
    with FleetService(tmp_path / ".ninefold") as service:
        assert service.registry.authenticate(service.registry.enrol("gateway-1", token)) == "gateway-1"


def test_an_order_is_left_for_the_agent(tmp_path: Path) -> None:
    """As a file that appears whole."""
    from ninefold.edge.commands import edge

    config = tmp_path / "agent.toml"
    config.write_text('device = "gateway-1"\ncentre = "http://127.0.0.1:1"\nconnection = "c.yaml"\ntrusted = "keys"\n')
    done = CliRunner().invoke(edge, ["order", str(config), "rollback"])
    assert (done.exit_code, done.output) == (0, "The order is left: rollback.\n")
    assert (tmp_path / "storage" / "order").read_text() == "rollback"


def test_every_problem_of_a_configuration_is_reported_at_once(tmp_path: Path) -> None:
    """Unknown keys, missing fields and wrong units."""
    config = tmp_path / "agent.toml"
    config.write_text('device = "gateway-1"\ncenter = "x"\ncommit = 5\n')
    with pytest.raises(InvalidFile) as caught:
        read_config(config)
    text = str(caught.value)
    assert all(part in text for part in ("'center'", "'centre' is missing", "'connection' is missing", "commit"))
    config.write_text("device = ")
    with pytest.raises(InvalidFile, match="not valid TOML"):
        read_config(config)
