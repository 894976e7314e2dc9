"""A profile: what the columns of a table look like; its fixed-bin histograms are later the reference for drift."""

import msgspec


class Histogram(msgspec.Struct, frozen=True):
    """Counts in equal bins between two edges, and what lies outside. A value on an inner edge counts above it."""

    low: float
    high: float  # included in the last bin
    counts: tuple[int, ...]
    under: int = 0
    over: int = 0

    @property
    def edges(self) -> tuple[float, ...]:
        """The edges of the bins, one more than there are counts."""
        width = (self.high - self.low) / len(self.counts)
        return (*(self.low + i * width for i in range(len(self.counts))), self.high)


class ColumnProfile(msgspec.Struct, frozen=True):
    """One column. Numbers have moments, quantiles and a histogram; text has its most frequent values."""

    name: str
    kind: str  # number or text
    nulls: int
    distinct: int  # estimated, within a few percent
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    std: float | None = None  # of the sample
    quantiles: dict[str, float] = {}  # "0.50" -> value, read off the fine histogram
    histogram: Histogram | None = None  # None: no value
    top: tuple[tuple[str, int], ...] = ()  # text: the most frequent values with their counts
    other: int = 0  # text: rows with none of the top values


class Profile(msgspec.Struct, frozen=True):
    """The profile of a table."""

    rows: int
    columns: tuple[ColumnProfile, ...]

    def column(self, name: str) -> ColumnProfile | None:
        """Return the profile of a column; None if it has none."""
        return next((c for c in self.columns if c.name == name), None)
