"""What people see of the fleet, as tables that any surface shows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ninefold.fleet.service import DeviceState
from ninefold.kernel.clock import iso
from ninefold.surface.table import Table

if TYPE_CHECKING:
    from ninefold.fleet.decisions import FoundDecision


def devices_table(devices: Sequence[DeviceState]) -> Table:
    """Return the devices: what each is to run, what it runs, and since when nothing was heard of it."""
    rows = []
    notes = []
    for device in devices:
        wanted = device.desired.desired.bundle.digest[:12] if device.desired else None
        found = device.reported
        state = "revoked" if device.revoked else found.stage if found else "not seen"
        active = found.active[:12] if found else None
        rows.append((device.name, wanted, active or None, state, iso(device.seen) if device.seen else None))
        if found is not None and found.reason:
            notes.append(f"{device.name}: {found.reason}")
    columns = ("device", "desired", "active", "state", "last seen")
    return Table("Devices", columns, tuple(rows), tuple(notes), "No device is enrolled: ninefold fleet invite DEVICE.")


def decisions_table(decisions: Sequence["FoundDecision"]) -> Table:
    """Return decisions, the newest first."""
    rows = []
    for decision in decisions:
        fields = decision.fields
        score = fields["score"]
        shown = None if score != score else round(float(score), 3)
        alarm = "alarm" if fields["alarm"] else ""
        label = fields.get("label")  # decisions of an earlier agent have none
        rows.append(
            (
                fields["id"],
                fields["asset"],
                fields["frame"],
                iso(fields["t"]),
                fields["by"],
                shown,
                alarm,
                fields["role"],
                label,
            )
        )
    columns = ("decision", "asset", "frame", "end", "by", "score", "", "role", "class")
    return Table("Decisions", columns, tuple(rows), (), "No agent has sent a decision.")
