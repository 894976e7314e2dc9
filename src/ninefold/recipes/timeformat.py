"""Time formats of a fixed set of fields, with one strict pattern: every engine accepts the same texts."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from ninefold.recipes.table import MAX_TIME, NO_TIME

_FIELDS = {
    "Y": "[0-9]{4}", "m": "[0-9]{2}", "d": "[0-9]{2}", "H": "[0-9]{2}", "M": "[0-9]{2}", "S": "[0-9]{2}",
    "f": "[0-9]{1,6}",
}  # fmt: skip
_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-9]{2})")


@lru_cache(maxsize=64)
def _compiled(format_: str, zone: str) -> tuple[re.Pattern[str], int]:
    pattern, fields, rest = "", [], format_
    while rest:
        if rest[0] == "%":
            field = rest[1:2]
            if field not in _FIELDS or field in fields:
                raise ValueError(f"The format {format_!r} holds %{field}; use each of %Y %m %d %H %M %S %f once.")
            fields.append(field)
            pattern, rest = pattern + _FIELDS[field], rest[2:]
        else:
            if rest[0] not in " -/:.T,_Z":
                raise ValueError(f"The format {format_!r} holds {rest[0]!r}, which is no separator.")
            pattern, rest = pattern + rest[0].replace(".", "[.]"), rest[1:]
    if not {"Y", "m", "d"} <= set(fields):
        raise ValueError(f"The format {format_!r} needs %Y, %m and %d.")
    return re.compile(pattern), _offset(zone)


def _offset(zone: str) -> int:
    if zone == "UTC":
        return 0
    match = _OFFSET.fullmatch(zone)
    if match is None or int(match.group(2)) > 14 or int(match.group(3)) > 59:
        raise ValueError(f"The zone {zone!r} is neither UTC nor an offset such as +01:00.")
    seconds = int(match.group(2)) * 3600 + int(match.group(3)) * 60
    return (-seconds if match.group(1) == "-" else seconds) * 1_000_000


class Format:
    """One format and zone.

    Raises:
        ValueError: a field or separator that is not in the fixed set, or a zone with daylight saving.
    """

    def __init__(self, format_: str, zone: str) -> None:
        self.format = format_
        self._regex, self.offset_us = _compiled(format_, zone)

    @property
    def pattern(self) -> str:
        """The regular expression that a text must match completely."""
        return self._regex.pattern

    def us(self, text: str | None) -> int:
        """Return µs UTC; NO_TIME where the text does not match or lies outside 1970 to 2255."""
        if text is None or not self._regex.fullmatch(text):
            return NO_TIME
        try:
            moment = datetime.strptime(text, self.format).replace(tzinfo=UTC)
        except ValueError:  # the 30th of February
            return NO_TIME
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
        found = (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds - self.offset_us
        return found if 0 <= found <= MAX_TIME else NO_TIME
