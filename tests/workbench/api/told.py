"""Two alarms in the small cell, as gateway-1 sends them."""

from pathlib import Path

from tests import small_cell

from ninefold.vocabulary.alarm import EPISODE, AlarmEpisode, Signal

ASSETS = ("cell-1/m1", "cell-1/m2")


def told_alarms(root: Path) -> tuple[str, ...]:
    """Let a device raise an alarm of the model on each of two machines and return their ids."""
    with small_cell.opened(root) as composer:
        device = small_cell.Device("gateway-1", "a2")
        now = composer.clock.now()
        raised = [
            AlarmEpisode(
                f"alarm-{i}", asset, small_cell.MODEL, "raised", now - 60_000_000,
                signals=(Signal("torque_mean", 71.0, 2.5, "high"),),
            )
            for i, asset in enumerate(ASSETS)
        ]  # fmt: skip
        entries = [device.note(EPISODE, e, now) for e in raised]
        assert not device.send(composer, *entries)
    return tuple(e.id for e in raised)
