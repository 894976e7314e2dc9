"""A monitoring window: what an agent counted over a block of parts of one asset in one operating state."""

import msgspec

from ninefold.vocabulary.alarm import Signal

WINDOW = "window@1"
# Bounds of the counts of latencies, ms: the same on every device, so that counts of many windows add up.
LATENCY_EDGES_MS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)


class FeatureCounts(msgspec.Struct, frozen=True):
    """Counts of one feature in the fixed bins of its reference: below, the bins, above; missing is kept apart."""

    counts: tuple[int, ...]  # edges + 1, as `stats.histograms.bin_index` places a value
    missing: int = 0
    total: float = 0.0  # sum of the values that are there, for a mean without raw data


class DriftState(msgspec.Struct, frozen=True):
    """How one drift monitor of an asset stands after its latest block."""

    rate_per_year: float  # the budget of false alarms a year at which this evidence would just alarm
    evidence: float
    signals: tuple[Signal, ...] = ()  # the three strongest; weight is the shift in standard deviations of a row
    effective_rows_per_day: float = 0.0
    smallest_shift: float | None = None  # sd of a row, found within a week; None without a budget
    budget: float | None = None  # false alarms a year; None while the centre has told none: nothing is raised
    blocks: int = 0  # since the baseline was last resumed
    provisional: bool = False


class Window(msgspec.Struct, frozen=True):
    """One block of parts. Blocks have equal part counts, so that they can be compared."""

    asset: str
    state: str  # operating state
    bundle: str  # digest: names the reference that the bins belong to
    number: int  # of the block, counted per asset and state from 1
    first: int  # µs UTC
    last: int
    parts: int
    features: dict[str, FeatureCounts] = {}
    scores: tuple[
        int, ...
    ] = ()  # counts in 20 equal bins of the score, 0 to 1; none of a number that is no probability
    alarms: int = 0  # decisions that said alarm
    fallback: int = 0  # decisions by rule
    abstained: int = 0
    latency_p50_ms: float | None = None
    latency_p99_ms: float | None = None
    variants: dict[str, int] = {}  # parts by variant, when the recipe has the column
    drift: dict[str, DriftState] = {}  # by REQ/ID
    latencies: tuple[int, ...] = ()  # decisions by latency: below the first edge, between them, from the last on
