"""The product variants that the cell mills: what a part of each takes, and what it asks of the spindle."""

import msgspec


class Variant(msgspec.Struct, frozen=True):
    """One product variant. L, M and H have the wear per part of AI4I 2020 (2, 3, 5 min)."""

    name: str
    cut_min: float  # cutting time of a part, which is also what it adds to the wear counter
    handling_min: float  # unloading and loading
    torque_nm: float  # mean spindle torque with a sharp tool, "nominal"
    overstrain_nm_min: float  # AI4I's limit of torque x wear counter, where a crack begins
    share: float  # of the lots


VARIANTS = (
    Variant("L", 2.0, 1.0, 37.0, 11_000.0, 0.62),
    Variant("M", 3.0, 1.2, 40.0, 12_000.0, 0.345),
    Variant("H", 5.0, 1.5, 44.0, 13_000.0, 0.035),
)
"""The variants of the cell from its first day on, in the order of their codes."""

NEW_VARIANT = Variant("K", 3.0, 1.2, 48.0, 13_000.0, 0.0)
"""The variant that the fault `new_variant` brings: a harder alloy with a torque that the cell has not seen."""

ALL_VARIANTS = (*VARIANTS, NEW_VARIANT)
