"""Which records a log shows: by kind, step, who acted, and time."""

import msgspec


class LogFilter(msgspec.Struct, frozen=True):
    """What a log is narrowed to; what is empty narrows nothing. Times are µs UTC, the end is excluded."""

    kind: str = ""  # with its schema or without
    step: str = ""  # with its version or without
    actor: str = ""
    since: int = 0
    until: int = 0

    def where(self) -> tuple[list[str], list[str | int]]:
        """Return the conditions on a record `r`, and their values."""
        clauses: list[str] = []
        values: list[str | int] = []
        if self.kind:
            clauses.append("r.kind = ?" if "@" in self.kind else "r.kind >= ? AND r.kind < ?")
            values += [self.kind] if "@" in self.kind else [f"{self.kind}@", f"{self.kind}A"]  # A follows @
        if self.step:
            exact = "@" in self.step
            clauses.append(f"{_text('step')} = ?" if exact else f"{_text('step')} >= ? AND {_text('step')} < ?")
            values += [self.step] if exact else [f"{self.step}@", f"{self.step}A"]
        if self.actor:
            clauses.append(f"{_text('actor')} = ?")
            values.append(self.actor)
        for clause, value in (("r.time >= ?", self.since), ("r.time < ?", self.until)):
            if value:
                clauses.append(clause)
                values.append(value)
        return clauses, values


def _text(field: str) -> str:
    return f"json_extract(CAST(r.head AS TEXT), '$.{field}')"


EVERYTHING = LogFilter()
