"""What the centre decides about watching, beside what a device runs: budgets of false alarms, and repairs.

It is neither in the bundle nor in the desired document: a changed budget makes no bundle and no rollout.
"""

import msgspec

POLICY = "monitor/resets"  # the reference of the store that counts, by asset, how often its baseline was resumed


class Policy(msgspec.Struct, frozen=True):
    """What a device is told with each receipt; it keeps the last one for when the centre is away."""

    limits: dict[str, float] = {}  # REQ/ID -> false alarms a year of all assets of the device together
    resets: dict[str, int] = {}  # asset -> how often its drift detectors have been told to begin anew
