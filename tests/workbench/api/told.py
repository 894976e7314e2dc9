"""What the small cell lacks: two alarms as gateway-1 sends them, an enrolled device, a proposal to train again."""

from pathlib import Path

from tests import small_cell

from ninefold.fleet.service import FleetService
from ninefold.kernel.project import STATE
from ninefold.kernel.records import Draft, encode
from ninefold.vocabulary.alarm import EPISODE, AlarmEpisode, Signal
from ninefold.vocabulary.proposal import PROPOSAL, Proposal

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


def enrolled(root: Path) -> None:
    """Enrol gateway-1 as its agent does."""
    with FleetService(root / STATE) as service:
        service.registry.enrol("gateway-1", service.registry.invite("gateway-1"))


def proposed(root: Path) -> str:
    """Put a proposal to train the model again and return its id."""
    with small_cell.opened(root) as composer:
        now = composer.clock.now()
        body = Proposal(small_cell.MODEL, "a new variant", now, "alarm-0", ASSETS[0], 3, 60, 0.5, None, now)
        [id] = composer.session.store.put([Draft(PROPOSAL, encode(PROPOSAL, body), "propose@1", "person-x", now)])
    return id
