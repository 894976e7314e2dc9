"""Which tag shows an asset's alarm: the one that the connection lists for it, or that stands beside its tags."""

import pytest

from ninefold.connectors.contract import PlannedTag, ReadPlan
from ninefold.edge.act import alarm_tags


@pytest.mark.parametrize(
    ("tags", "write", "expected"),
    [
        ({"ns=2;s=M1.Torque": "m1", "ns=2;s=M2.Torque": "m2"}, ["ns=2;s=M2.Alarm"], {"m2": "ns=2;s=M2.Alarm"}),
        ({"1/input:4": "m1", "2/input:4": "m2", "2/coil:0": "m2"}, ["2/coil:0"], {"m2": "2/coil:0"}),
        ({"1/input:4": "m1", "2/input:4": "m2"}, ["2/coil:0"], {}),
        ({"Torque": "m1", "Speed": "m2"}, ["Lamp"], {}),
    ],
    ids=["beside", "listed", "no sign whose it is", "beside several"],
)
def test_a_lamp_belongs_to_the_asset_that_lists_it_or_stands_beside_it(tags, write, expected):
    """An address of which nobody knows whose it is is never written."""
    plan = ReadPlan(tuple(PlannedTag("s", asset, address) for address, asset in tags.items()))
    assert {a: t.address for a, t in alarm_tags(plan, write).items()} == expected
