"""A monitoring window: what an agent counted over a block of parts of one asset in one operating state."""

import msgspec

WINDOW = "window@1"


class FeatureCounts(msgspec.Struct, frozen=True):
    """Counts of one feature in the fixed bins of its reference: below, the bins, above; missing is kept apart."""

    counts: tuple[int, ...]  # edges + 1, as `stats.histograms.bin_index` places a value
    missing: int = 0
    total: float = 0.0  # sum of the values that are there, for a mean without raw data


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
    scores: tuple[int, ...] = ()  # counts in 20 equal bins of the score, 0 to 1
    alarms: int = 0  # decisions that said alarm
    fallback: int = 0  # decisions by rule
    abstained: int = 0
    latency_p50_ms: float | None = None
    latency_p99_ms: float | None = None
    variants: dict[str, int] = {}  # parts by variant, when the recipe has the column
