"""What an agent counts for monitoring: features in the fixed bins of their reference, by asset, in blocks of parts."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np

from ninefold.stats.histograms import bin_index
from ninefold.vocabulary.columns import Array, Columns
from ninefold.vocabulary.window import LATENCY_EDGES_MS, DriftState, FeatureCounts, Window

PARTS = 50
SCORE_BINS = 20
STATE = "producing"  # the recipe's own filter decides which samples make parts


class _Block(msgspec.Struct):
    """A window that is being filled."""

    number: int
    bins: dict[str, list[int]]  # below, bins..., above
    missing: dict[str, int]
    totals: dict[str, float]
    scores: list[int]
    first: int = 0
    last: int = 0
    parts: int = 0
    alarms: int = 0
    fallback: int = 0
    abstained: int = 0
    latencies: list[float] = []
    variants: dict[str, int] = {}


def reference_edges(profile: Any) -> dict[str, Array]:
    """Return the bin edges of each feature of a profile: ascending, at least two."""
    features = profile.get("features", {}) if isinstance(profile, Mapping) else {}
    found = {}
    for name, column in features.items():
        edges = np.asarray(column.get("edges", ()) if isinstance(column, Mapping) else (), np.float64)
        if len(edges) >= 2 and np.isfinite(edges).all() and (np.diff(edges) > 0).all():
            found[str(name)] = edges
    return found


class Windows:
    """The open blocks of one bundle, by asset; a full block leaves as a window."""

    def __init__(self, bundle: str, profile: Any, parts: int = PARTS, *, probable: bool = True) -> None:
        """Begin; `probable` says whether scores are probabilities: only those have bins."""
        self.bundle, self._parts, self._probable = bundle, parts, probable
        self._edges = reference_edges(profile)
        self._blocks: dict[str, _Block] = {}

    def add(
        self, decisions: Columns, features: Columns, latency_ms: float,
        standing: Callable[[str], dict[str, DriftState]] = lambda _asset: {},
    ) -> list[Window]:  # fmt: skip
        """Count decisions with their feature rows and return the windows that became full.

        `standing` says how the drift monitors of an asset stand.
        """
        full = []
        for row, asset in enumerate(decisions["asset"].tolist()):
            block = self._blocks.setdefault(asset, self._empty(1))
            self._count(block, decisions, features, row)
            block.latencies.append(latency_ms)
            if block.parts >= self._parts:
                full.append(self._window(asset, block, standing(asset)))
                self._blocks[asset] = self._empty(block.number + 1)
        return full

    def _empty(self, number: int) -> _Block:
        bins = {name: [0] * (len(edges) + 1) for name, edges in self._edges.items()}
        return _Block(number, bins, dict.fromkeys(bins, 0), dict.fromkeys(bins, 0.0), [0] * SCORE_BINS)

    def _count(self, block: _Block, decisions: Columns, features: Columns, row: int) -> None:
        for name, edges in self._edges.items():
            value = float(features[name][row]) if name in features else np.nan
            if not np.isfinite(value):
                block.missing[name] += 1
                continue
            block.bins[name][int(bin_index(edges, np.array([value]))[0])] += 1
            block.totals[name] += value
        t, score = int(decisions["t"][row]), float(decisions["score"][row])
        block.first = t if not block.parts else min(block.first, t)
        block.last = max(block.last, t)
        block.parts += 1
        if self._probable and np.isfinite(score):
            block.scores[min(max(int(score * SCORE_BINS), 0), SCORE_BINS - 1)] += 1
        block.alarms += bool(decisions["alarm"][row])
        block.fallback += decisions["by"][row] == "rule"
        block.abstained += decisions["by"][row] == "abstain"
        if "variant" in features:
            variant = str(features["variant"][row])
            block.variants[variant] = block.variants.get(variant, 0) + 1

    def _window(self, asset: str, block: _Block, drift: dict[str, DriftState]) -> Window:
        counts = {
            name: FeatureCounts(tuple(bins), block.missing[name], block.totals[name])
            for name, bins in block.bins.items()
        }
        p50, p99 = np.percentile(block.latencies, [50, 99]).tolist()
        places = np.searchsorted(LATENCY_EDGES_MS, block.latencies, side="right")
        latencies = tuple(np.bincount(places, minlength=len(LATENCY_EDGES_MS) + 1).tolist())
        return Window(
            asset, STATE, self.bundle, block.number, block.first, block.last, block.parts, counts,
            tuple(block.scores), block.alarms, block.fallback, block.abstained, p50, p99, block.variants, drift,
            latencies,
        )  # fmt: skip

    def state(self) -> bytes:
        """Return the open blocks."""
        return msgspec.msgpack.encode(self._blocks)

    def restore(self, state: bytes) -> None:
        """Go on with the blocks of a state; those of other bins are begun anew."""
        blocks = msgspec.msgpack.decode(state, type=dict[str, _Block])
        sizes = {name: len(edges) + 1 for name, edges in self._edges.items()}
        self._blocks = {a: b for a, b in blocks.items() if {n: len(v) for n, v in b.bins.items()} == sizes}
