"""Conversions between a few UCUM units: new = old * factor + offset.

Source: UCUM 2.2, tables 1 to 5; the exact factors of the SI brochure.
"""

from ninefold.kernel.decode import nearest

# unit -> (dimension, factor to the dimension's base unit, offset to it)
UNITS: dict[str, tuple[str, float, float]] = {
    "K": ("temperature", 1.0, 0.0),
    "Cel": ("temperature", 1.0, 273.15),
    "[degF]": ("temperature", 5 / 9, 459.67 * 5 / 9),
    "m": ("length", 1.0, 0.0),
    "mm": ("length", 1e-3, 0.0),
    "um": ("length", 1e-6, 0.0),
    "Pa": ("pressure", 1.0, 0.0),
    "kPa": ("pressure", 1e3, 0.0),
    "MPa": ("pressure", 1e6, 0.0),
    "bar": ("pressure", 1e5, 0.0),
    "N": ("force", 1.0, 0.0),
    "kN": ("force", 1e3, 0.0),
    "N.m": ("torque", 1.0, 0.0),
    "kN.m": ("torque", 1e3, 0.0),
    "rad/s": ("angular speed", 1.0, 0.0),
    "{rev}/min": ("angular speed", 0.10471975511965977, 0.0),
    "{rev}/s": ("angular speed", 6.283185307179586, 0.0),
    "W": ("power", 1.0, 0.0),
    "kW": ("power", 1e3, 0.0),
    "J": ("energy", 1.0, 0.0),
    "kW.h": ("energy", 3.6e6, 0.0),
    "A": ("current", 1.0, 0.0),
    "mA": ("current", 1e-3, 0.0),
    "V": ("voltage", 1.0, 0.0),
    "mV": ("voltage", 1e-3, 0.0),
    "s": ("time", 1.0, 0.0),
    "ms": ("time", 1e-3, 0.0),
    "min": ("time", 60.0, 0.0),
    "h": ("time", 3600.0, 0.0),
    "m/s": ("speed", 1.0, 0.0),
    "mm/s": ("speed", 1e-3, 0.0),
    "m/s2": ("acceleration", 1.0, 0.0),
    "[g]": ("acceleration", 9.80665, 0.0),
    "1": ("share", 1.0, 0.0),
    "%": ("share", 1e-2, 0.0),
}


def conversion(old: str, new: str) -> tuple[float, float]:
    """Return (factor, offset) from one unit to another.

    Raises:
        ValueError: a unit is unknown, or the two measure different things.
    """
    for unit in (old, new):
        if unit not in UNITS:
            raise ValueError(f"The unit {unit!r} is not known. {nearest(unit, UNITS)}")
    from_dimension, from_factor, from_offset = UNITS[old]
    to_dimension, to_factor, to_offset = UNITS[new]
    if from_dimension != to_dimension:
        raise ValueError(f"{old} measures {from_dimension}, {new} measures {to_dimension}.")
    return from_factor / to_factor, (from_offset - to_offset) / to_factor
