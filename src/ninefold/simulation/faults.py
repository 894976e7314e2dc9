"""What can be made to go wrong in the cell, in its history as in its live feed."""

from typing import Literal, TypeAlias

import msgspec

from ninefold.kernel.errors import InvalidInput

SIGNALS = ("spindle_torque", "spindle_speed", "tool_wear", "air_temperature", "process_temperature", "cutting")

Kind: TypeAlias = Literal["heat_dissipation", "sensor_stuck", "cable_cut", "new_variant"]
FOREVER = 1 << 62

HEAT_RATE_K_PER_H = 0.5
HEAT_CAP_K = 6.0


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fault, from `start_us` until `end_us` (not included), in simulated time.

    heat_dissipation  the cabinet air of a machine warms by 0.5 K an operating hour, at most by 6 K; the process is
                      chilled and keeps its temperature
    sensor_stuck      one signal of a machine repeats the value it had at `start_us`
    cable_cut         nothing arrives from a machine, or from the whole cell when no asset is named
    new_variant       lots of variant K arrive with the given share, on every machine; `asset` must be absent
    """

    kind: Kind
    start_us: int
    end_us: int = FOREVER
    asset: str | None = None
    signal: str | None = None  # sensor_stuck only
    share: float = 0.4  # new_variant only: share of the lots

    def covers(self, asset: str) -> bool:
        """Return whether the fault concerns a machine."""
        return self.asset is None or self.asset == asset


def check(fault: Fault, assets: tuple[str, ...]) -> Fault:
    """Return the fault when the cell can have it.

    Raises:
        InvalidInput: an unknown machine or signal, an end before the start, or a field that the kind does not have.
    """
    if fault.end_us <= fault.start_us:
        raise InvalidInput(
            f"The fault {fault.kind} ends at {fault.end_us} µs, not after its start {fault.start_us} µs."
        )
    if fault.asset is not None and fault.asset not in assets:
        raise InvalidInput(f"The cell has no machine {fault.asset!r}.", hint=f"Use one of {', '.join(assets)}.")
    if fault.kind in ("heat_dissipation", "sensor_stuck") and fault.asset is None:
        raise InvalidInput(f"The fault {fault.kind} needs a machine.", hint=f"Use one of {', '.join(assets)}.")
    if fault.kind == "new_variant" and fault.asset is not None:
        raise InvalidInput("A new variant arrives in the whole cell.", hint="Leave the machine out.")
    if (fault.kind == "sensor_stuck") != (fault.signal is not None):
        raise InvalidInput(
            "A signal belongs to sensor_stuck, and only to it.", hint=f"Use one of {', '.join(SIGNALS)}."
        )
    if fault.signal is not None and fault.signal not in SIGNALS:
        raise InvalidInput(f"There is no signal {fault.signal!r}.", hint=f"Use one of {', '.join(SIGNALS)}.")
    if not 0 < fault.share <= 1:
        raise InvalidInput(f"The share of the new variant is {fault.share}; it lies above 0 and at most at 1.")
    return fault
