"""A small cell for tests: machines with torque, speed and part; a fake source that replays; signed small bundles."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ninefold.bundle.evidence import excerpt
from ninefold.bundle.file import load, read_file, write_file
from ninefold.connectors.contract import (
    Capability,
    Consent,
    Deadline,
    Doubt,
    PlannedTag,
    ReadPlan,
    TagDescription,
    WriteReport,
    WriteResult,
)
from ninefold.kernel.canonical import sha256
from ninefold.kernel.records import Draft, encode
from ninefold.kernel.signing import SigningKey
from ninefold.kernel.sqlite import SqliteStore
from ninefold.testing.bundles import small_graph, small_payload
from ninefold.vocabulary.batch import ColumnBatch, Gap, make_batch
from ninefold.vocabulary.desired import BundleRef, Desired, DesiredDocument

START = 1_790_000_000_000_000
SIGNALS = ("part", "torque", "speed")
ASSETS = ("m1", "m2")
TEN_S = 10_000_000


def plan(assets: tuple[str, ...] = ASSETS) -> ReadPlan:
    """Return three tags for each machine."""
    return ReadPlan(tuple(PlannedTag(s, a, f"ns=2;s={a.upper()}.{s}") for a in assets for s in SIGNALS))


def samples(part: int, torque: float, assets: tuple[str, ...] = ASSETS, start: int = START) -> ColumnBatch:
    """Return four samples a machine of one part: torque as told, for all machines."""
    rows = [
        (3 * a + s, start + TEN_S * (4 * part + k), value, word)
        for k in range(4)
        for a in range(len(assets))
        for s, (value, word) in enumerate(((np.nan, str(part)), (torque, None), (1500.0, None)))
    ]
    tags, times, values, words = zip(*rows, strict=True)
    return make_batch(tags, times, np.array(times) + 1000, values, text=np.array(words, object))


def bundle(
    folder: Path, key: SigningKey, version: int = 1, intercept: float = -10.0, **changes: Any
) -> tuple[Path, str]:
    """Write a signed bundle (alarm above torque -intercept/0.2); return its file and its payload's digest."""
    payload = small_payload(**{"onnx": small_graph(intercept=intercept), **changes})
    folder.mkdir(parents=True, exist_ok=True)
    with SqliteStore(folder / "evidence.db") as store:
        body = encode("bundle@1", {"name": "tool-failure"}, (sha256(payload),))
        [id] = store.put([Draft("bundle@1", body, "bundle@1", "person:test", 1)])
        evidence = excerpt(store, {"bundle": id})
    path = folder / f"v{version}-{sha256(payload)[:8]}.9fb"
    path.write_bytes(write_file(payload, evidence, version, [key]))
    return path, sha256(payload)


def document(path: Path, digest: str, content: str = "", **changes: Any) -> DesiredDocument:
    """Return a desired document for a bundle file; `changes` go into its body."""
    ref = BundleRef(digest, sha256(path.read_bytes()), path.stat().st_size)
    fields: dict[str, Any] = {"rollout": (), **changes}
    return DesiredDocument(
        "r", content or f"c-{digest[:8]}", Desired("edge:gateway-1", "cell", "tool-failure", ref, **fields)
    )


class FakeSource:
    """A source that replays batches; a fake of the connector's contract, no driver."""

    name = "fake"
    capabilities: ClassVar[frozenset[Capability]] = frozenset()

    def __init__(self, batches: list[ColumnBatch | Gap] | None = None) -> None:
        self.batches = batches or []
        self.written: list[tuple[str, float]] = []

    async def open(self, deadline: Deadline) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def browse(self, under: str | None) -> AsyncGenerator[TagDescription, None]:
        """Return one tag."""
        del under
        yield TagDescription("none", "none")

    async def read(self, plan: ReadPlan, deadline: Deadline) -> ColumnBatch:
        """Return nothing."""
        del plan, deadline
        return make_batch([], [], [], [])

    async def subscribe(self, plan: ReadPlan, max_pending: int) -> AsyncGenerator[ColumnBatch | Gap, None]:
        """Replay, then end."""
        del plan, max_pending
        for item in self.batches:
            yield item

    async def doubts(self, plan: ReadPlan, deadline: Deadline) -> tuple[Doubt, ...]:
        """Doubt nothing."""
        del plan, deadline
        return ()

    async def write(self, plan: ReadPlan, values: ColumnBatch, consent: Consent) -> WriteReport:
        """Note what was written."""
        results = [
            WriteResult(plan.tags[t].address, v, accepted=True) for t, v in zip(values.tag, values.value, strict=True)
        ]
        self.written += [(r.address, r.value) for r in results]
        return WriteReport(self.name, consent.actor, consent.why, 1, tuple(results))


def open_payload(paths: dict[str, Path]) -> Any:
    """Return what opens kept bundles by their digest, without verification."""
    return lambda digest: read_file(load(paths[digest])).payload
