"""Which records a log shows: by kind, step, who acted, and time."""

import msgspec

from ninefold.kernel.schema import HEAD_FIELD


class LogFilter(msgspec.Struct, frozen=True):
    """What a log is narrowed to; what is empty narrows nothing. Times are µs UTC, the end is excluded."""

    kind: str = ""  # with its schema or without
    step: str = ""  # with its version or without
    actor: str = ""
    since: int = 0
    until: int = 0

    def where(self) -> tuple[list[str], list[str | int]]:
        """Return the conditions on a row of the table `record`, and their values."""
        clauses: list[str] = []
        values: list[str | int] = []
        for column, asked in (("kind", self.kind), (_STEP, self.step)):
            if asked:
                exact = "@" in asked
                clauses.append(f"{column} = ?" if exact else f"{column} >= ? AND {column} < ?")
                values += [asked] if exact else [f"{asked}@", f"{asked}A"]  # A follows @
        for clause, value in ((f"{_ACTOR} = ?", self.actor), ("time >= ?", self.since), ("time < ?", self.until)):
            if value:
                clauses.append(clause)
                values.append(value)
        return clauses, values


_STEP, _ACTOR = (HEAD_FIELD.format(field=f) for f in ("step", "actor"))  # as they are indexed
EVERYTHING = LogFilter()
