"""A bundle at work on this device: loaded, with the keys of its recipe, and its state over a restart."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from ninefold.bundle.failsafe import Failsafe
from ninefold.bundle.golden import Stream
from ninefold.bundle.opening import recipe_of, stream_of
from ninefold.bundle.payload import Payload
from ninefold.bundle.scorer import GOOD, Scored, Scorer, stream_state
from ninefold.edge.prepare import ASSET, TIME
from ninefold.kernel.errors import Refused
from ninefold.kernel.parcel import from_bytes, to_bytes
from ninefold.recipes.recipe import Recipe
from ninefold.vocabulary.columns import Array, Columns
from ninefold.vocabulary.desired import Fallback

NewStream = Callable[[bytes | None], Stream]


def runnable(payload: Payload) -> Recipe:
    """Return a payload's recipe.

    Raises:
        VerificationError: this version of ninefold cannot run it.
        Refused: it joins tables or runs Python, which a device does not have.
    """
    recipe = recipe_of(payload)
    if recipe.rights or recipe.centre_only:
        what = ", ".join((*recipe.rights, *recipe.centre_only))
        raise Refused(f"The recipe needs {what}, which only the centre has.", hint="Express it in recipe operations.")
    return recipe


class _State(msgspec.Struct):
    """What survives a restart."""

    scorer: bytes
    fresh: bool
    met: list[str]


class Unit:
    """One bundle that was verified before, with its scorer. Not for several threads."""

    def __init__(
        self, payload: Payload, fallback: Fallback, *, state: bytes | None = None, warm: bytes | None = None,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:  # fmt: skip
        """Load a bundle; `state` goes on after a restart, `warm` takes over the stream of an equal recipe.

        Raises:
            InvalidInput: the graph, the recipe or the fallback rule cannot be used.
        """
        self.payload, self.digest = payload, payload.digest
        recipe = runnable(payload)
        self.new_stream: NewStream = stream_of(recipe)
        self._entity, self._time = recipe.keys.entity, recipe.keys.time
        keys = {self._entity, self._time}
        self.signals = tuple(
            sorted({*(recipe.needed or ()), *([recipe.keys.frame] if recipe.keys.frame else [])} - keys)
        )
        kept = from_bytes(state, _State) if state else None
        self._all = recipe.needed is None  # the recipe does not say which columns it reads
        stream = stream_state(kept.scorer, payload.digest) if kept else warm
        failsafe = Failsafe(fallback.when, fallback.rule if fallback.then == "rule" else "")
        self.scorer = Scorer(
            payload, self.new_stream(stream), failsafe, entity=self._entity, moment=self._time, timer=timer
        )
        if kept:
            self.scorer.resume(kept.scorer)
        self.fresh = stream is None if kept is None else kept.fresh  # the first frame of each asset is incomplete
        self._met = set(kept.met if kept else ())

    @property
    def model(self) -> str:
        """The name of the model."""
        return self.payload.manifest.name

    @property
    def probable(self) -> bool:
        """Whether scores are probabilities, and no numbers in a unit of their own."""
        return self.payload.manifest.decide.task != "regression"

    @property
    def texts(self) -> frozenset[str]:
        """The raw columns that hold text, as the golden rows show."""
        raw = self.payload.golden.raw
        return frozenset(n for n, values in raw.items() if any(isinstance(v, str) for v in values))

    def push(self, rows: Columns, now: int) -> Scored:
        """Return the decisions that rows of `prepare` complete; of a fresh stream not the first of each asset."""
        renamed: dict[str, Array] = {
            {ASSET: self._entity, TIME: self._time}.get(name, name): array
            for name, array in rows.items()
            if self._all or name in {ASSET, TIME, *self.signals}
        }
        scored = self.scorer.push({**renamed, GOOD: rows[GOOD]}, now)
        return self._whole(scored) if self.fresh else scored

    def _whole(self, scored: Scored) -> Scored:
        kept = []
        for row, asset in enumerate(scored.decisions["asset"].tolist()):
            if asset in self._met:
                kept.append(row)
            self._met.add(asset)
        rows = np.array(kept, np.int64)
        return Scored(
            {n: a[rows] for n, a in scored.decisions.items()}, {n: a[rows] for n, a in scored.features.items()}
        )

    def state(self) -> bytes:
        """Return what a restart needs to go on in mid-frame."""
        return to_bytes(_State(self.scorer.state(), self.fresh, sorted(self._met)))

    def same_recipe(self, other: "Unit") -> bool:
        """Return whether the two recipes are equal, so that one's stream can warm the other's."""
        return self.payload.entries["recipe.json"] == other.payload.entries["recipe.json"]

    def stream_state(self) -> bytes:
        """Return the recipe's state, to warm the next bundle."""
        return stream_state(self.scorer.state(), self.digest)


class Cellar:
    """The folder of bundles that are kept: the active one, the one before, and a candidate."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        """Return where the bundle file with a digest lies, or would lie."""
        return self.folder / f"{digest}.9fb"

    def keep(self, digests: set[str]) -> None:
        """Delete every bundle file but these, and what half a download left."""
        for path in self.folder.iterdir():
            if path.stem not in digests:
                path.unlink()
