"""Quantities as people write them ("5 min", "50 %", "2 GiB") and as the code holds them (seconds, shares, bytes).

Each is a float or an int with its unit in the type, so that a file's text becomes a number once, where it enters.
"""

import re
from typing import Any, ClassVar, Self

_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\s\d][^\s]*)?\s*")


def _split(text: str, example: str) -> tuple[float, str]:
    match = _NUMBER.fullmatch(text)
    if match is None or len(text) > 40:
        raise ValueError(f"expected a quantity such as {example!r}, found {text[:40]!r}")
    return float(match.group(1)), match.group(2) or ""


class _Quantity(float):
    """A number with a unit that the type knows."""

    units: ClassVar[dict[str, float]]
    example: ClassVar[str]
    plain: ClassVar[bool]  # whether a bare number is allowed, in the base unit

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Return the quantity that a file's value means.

        Raises:
            ValueError: the text has no unit, an unknown one, or is no number.
        """
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ValueError(f"expected a quantity such as {cls.example!r}, found {value!r}")
        if isinstance(value, str):
            number, unit = _split(value, cls.example)
        else:
            number, unit = float(value), ""
        if unit == "" and not cls.plain and number != 0:
            raise ValueError(f"expected a unit as in {cls.example!r}, found {value!r}")
        if unit and unit not in cls.units:
            raise ValueError(f"unknown unit {unit!r} in {value!r}; use one of {', '.join(cls.units)}")
        return cls(number * cls.units.get(unit, 1.0))


class Duration(_Quantity):
    """A length of time in seconds; written with its unit: "30 s", "5 min", "2 h", "180 d"."""

    units: ClassVar[dict[str, float]] = {
        "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "weeks": 604800.0, "week": 604800.0,
    }  # fmt: skip
    example: ClassVar[str] = "5 min"
    plain: ClassVar[bool] = False


class Share(_Quantity):
    """A part of a whole, 0 to 1; written "50 %" or 0.5."""

    units: ClassVar[dict[str, float]] = {"%": 0.01}
    example: ClassVar[str] = "50 %"
    plain: ClassVar[bool] = True

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Return the share.

        Raises:
            ValueError: no number, or outside 0 to 1.
        """
        share = super().parse(value)
        if not 0 <= share <= 1:
            raise ValueError(f"expected a share between 0 and 1 (or 0 % and 100 %), found {value!r}")
        return share


class Size(_Quantity):
    """An amount of memory in bytes; written "2 GiB", "500 kB"."""

    units: ClassVar[dict[str, float]] = {
        "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30,
    }  # fmt: skip
    example: ClassVar[str] = "2 GiB"
    plain: ClassVar[bool] = False
