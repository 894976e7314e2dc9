"""What follows an alarm at the machine: a tag is written, if the connection lists it. This is no safety function."""

from collections.abc import Iterable

import numpy as np

from ninefold.connectors.contract import Connector, Consent, PlannedTag, ReadPlan, WriteReport
from ninefold.kernel.clock import Clock
from ninefold.kernel.errors import NinefoldError
from ninefold.vocabulary.alarm import AlarmEpisode
from ninefold.vocabulary.batch import make_batch

ACTION = "opcua_tag"


def alarm_tags(plan: ReadPlan, write: Iterable[str]) -> dict[str, PlannedTag]:
    """Return the tag that shows an asset's alarm: the listed address that is a tag of the asset, or stands beside them.

    "ns=2;s=M1.Alarm" belongs to the asset whose tags are "ns=2;s=M1.Torque" and so on. An address beside the tags of
    no asset, or of several, is never written.
    """
    beside: dict[str, set[str]] = {}
    listed = {t.address: {t.asset} for t in plan.tags}
    for tag in plan.tags:
        beside.setdefault(_stem(tag.address), set()).add(tag.asset)
    found: dict[str, PlannedTag] = {}
    for address in sorted(write):
        assets = listed.get(address) or beside.get(_stem(address), set())
        if len(assets) == 1:
            [asset] = assets
            found.setdefault(asset, PlannedTag("alarm", asset, address))
    return found


def _stem(address: str) -> str:
    return address.rpartition(".")[0]


async def show(
    connector: Connector, tag: PlannedTag, episode: AlarmEpisode, device: str, write: Iterable[str], clock: Clock
) -> tuple[WriteReport, str]:
    """Write 1 for an episode that was raised and 0 for one that was cleared; return the report and why it failed.

    A failure is reported, not raised: an alarm stands with or without the lamp.
    """
    value = 0.0 if episode.state == "cleared" else 1.0
    now = clock.now()
    plan, batch = ReadPlan((tag,)), make_batch([0], np.array([now]), np.array([now]), [value])
    consent = Consent(f"device:{device}", frozenset(write), episode.decision or episode.id)
    try:
        return await connector.write(plan, batch, consent), ""
    except NinefoldError as error:
        return WriteReport(connector.name, consent.actor, consent.why, now, ()), str(error)
