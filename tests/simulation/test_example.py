"""The demo project's files say of the cell what the simulator does."""

from pathlib import Path

from ninefold.kernel.documents import decode, read_yaml
from ninefold.simulation.plant import ASSETS
from ninefold.simulation.servers.opcua import SIGNALS, TEXTS
from ninefold.simulation.shifts import CELL_CALENDAR
from ninefold.simulation.variants import ALL_VARIANTS
from ninefold.vocabulary.calendar import Calendar

PROJECT = Path(__file__).parents[2] / "examples" / "milling-cell"


def test_the_calendar_is_the_one_that_the_cell_works_by() -> None:
    """Shifts, planned stops and states are equal."""
    assert decode(read_yaml(PROJECT / "calendar.yaml"), Calendar) == CELL_CALENDAR


def test_the_connection_lists_every_node_with_its_unit_and_only_the_alarms_as_writable() -> None:
    """Ten nodes a machine."""
    tree = read_yaml(PROJECT / "connections" / "cell.yaml").tree
    got = {(t["asset"], t["signal"], t["address"], t.get("unit")) for t in tree["tags"]}
    want = set()
    for number, asset in enumerate(ASSETS, 1):
        want |= {(asset, s, f"ns=2;s=M{number}.{name}", unit) for s, (name, unit) in SIGNALS.items()}
        want |= {(asset, s, f"ns=2;s=M{number}.{name}", None) for s, name in TEXTS.items()}
        want.add((asset, "tool_alarm", f"ns=2;s=M{number}.Alarm", "1"))
    assert got == want
    assert tree["write"] == [f"ns=2;s=M{number}.Alarm" for number in range(1, 9)]
    assert tree["security"] == {"policy": "Basic256Sha256", "mode": "SignAndEncrypt", "certificate": "agent"}


def test_the_nominal_torques_are_those_of_the_process_sheets() -> None:
    """Of every variant, the coming one included."""
    tables = read_yaml(PROJECT / "recipes" / "part-features.yaml").tree["tables"]
    assert tables["nominal_torque"] == {v.name: v.torque_nm for v in ALL_VARIANTS}


def test_the_assets_are_the_machines() -> None:
    """Eight, in the cell's zone."""
    assert read_yaml(PROJECT / "assets.yaml").tree == {"plant-1/cell-1": {"zone": "cell", "assets": list(ASSETS)}}
