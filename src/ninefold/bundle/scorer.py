"""The scorer: recipe, model and decision in one. Validation, serving and the edge have no other way to a decision.

Raw rows go in as they arrive; for every frame that the recipe completes there comes out one decision. When the inputs
are stale or bad, or the model is late, the fail-safe contract decides instead, and the decision says so.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import numpy as np

from ninefold.bundle.conformal import told
from ninefold.bundle.contributions import Contribution, strongest
from ninefold.bundle.deciding import decided
from ninefold.bundle.failsafe import Failsafe, apply_rule
from ninefold.bundle.golden import Stream
from ninefold.bundle.payload import Payload
from ninefold.bundle.session import Session
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Columns, Floats, length
from ninefold.vocabulary.decision import decision_id

GOOD = "good"  # optional raw column: share of the row's values that are good, 0 to 1; without it all are


class Scored(NamedTuple):
    """What one push gave: decisions, and the feature rows that they were made on, row for row.

    Decisions have the columns id, asset, frame, t (end of the frame, µs UTC), as_of (newest input, µs UTC), by
    ("model", "rule", "abstain"), score (NaN when there is none; of a model of classes the probability of the predicted
    one), label (the predicted class; None without classes, and where the model was not used), alarm (bool), quality
    ("good", "uncertain", "bad"), good (share of good values since the asset's last decision), age_s (of the newest
    input), cause (why the model was not used, or None). A bundle with conformal answers adds low and high (of a
    number) or answer (the values that it holds, | between them).
    """

    decisions: dict[str, Array]
    features: dict[str, Array]


class _Input(msgspec.Struct):
    """What came in of one asset since its last decision."""

    newest: int
    good: float = 0.0
    rows: int = 0


class _State(msgspec.Struct):
    """What survives a restart."""

    bundle: str
    stream: bytes
    inputs: dict[str, _Input]


class Scorer:
    """One bundle at work on the rows of any number of assets. Not for several threads."""

    def __init__(
        self, payload: Payload, stream: Stream, failsafe: Failsafe | None = None, *, entity: str = "asset",
        moment: str = "t", timer: Callable[[], float] = time.perf_counter,
    ) -> None:  # fmt: skip
        """Load the model. `entity` and `moment` name the raw columns of the asset and the time (µs UTC).

        Raises:
            InvalidInput: the graph cannot be loaded or does not fit its contract, or the fallback rule cannot be used.
        """
        self.payload = payload
        self.contract = payload.manifest.contract
        self.how = payload.manifest.decide
        self.threshold = self.how.threshold  # None unless the task is binary
        self.session = Session(
            payload.model, self.contract.names, dict(self.contract.categories), self.contract.classes
        )
        self.failsafe = failsafe or Failsafe()
        if self.failsafe.rule:
            apply_rule(self.failsafe.rule, {f: np.empty(0) for f in self.contract.names})
        self._stream = stream
        self._entity, self._moment, self._timer = entity, moment, timer
        self._inputs: dict[str, _Input] = {}

    def push(self, columns: Columns, now: int) -> Scored:
        """Take raw rows at a moment (µs UTC) and return the decisions on the frames that they completed.

        Raises:
            InvalidInput: the asset or time column is absent, or the recipe or model refuses the rows.
        """
        if length(columns):
            self._note(columns)
        raw = {name: array for name, array in columns.items() if name != GOOD}
        return self.decide(self._stream.push(raw), now)

    def decide(self, features: Columns, now: int) -> Scored:
        """Return the decisions on feature rows with the columns asset and t, and frame where the recipe has one."""
        rows = length(features)
        started = self._timer()
        classes = self.contract.classes
        raw = self.score_rows(features) if rows else np.empty((0, len(classes)) if classes else 0)
        found = decided(self.how, classes, raw)
        late = rows > 0 and self._timer() - started > self.failsafe.late_after_s
        inputs = self._take_inputs(features, rows)
        as_of = np.array([i.newest for i in inputs], np.int64)
        good = np.array([i.good / i.rows if i.rows else 1.0 for i in inputs])
        age_s = np.maximum(now - as_of, 0) / 1e6
        cause = self._causes(age_s, good, late, found.score)
        alarm, by = self._verdicts(features, found.alarm, cause)
        bundle = self.payload.digest
        assets, t = (features["asset"], features["t"]) if rows else (np.empty(0, object), np.empty(0, np.int64))
        frames = features.get("frame", t) if rows else np.empty(0, object)  # a row without a part is known by its time
        ids = [decision_id(bundle, str(a), str(f), int(m)) for a, f, m in zip(assets, frames, t, strict=True)]
        decisions = {
            "id": _texts(ids), "asset": assets, "frame": frames, "t": t, "as_of": as_of, "by": by,
            "score": found.score, "label": _labels(classes, found.place, by), "alarm": alarm,
            "quality": self._qualities(good), "good": good, "age_s": age_s, "cause": cause,
        }  # fmt: skip
        if self.how.conformal is not None:
            decisions |= told(self.how.conformal, self.how.task, classes, raw, by == "model")
        return Scored(decisions, dict(features))

    def score_rows(self, features: Columns) -> Floats:
        """Return the model's score of feature rows, or of rows and classes: the batch path, by the same session."""
        return self.session.score(features)

    def strongest(self, features: Columns, row: int, count: int = 3) -> list[Contribution]:
        """Return the features that speak loudest for the score of one row of `Scored.features`."""
        one = {name: features[name][row : row + 1] for name in self.contract.names}
        return strongest(self.session, self.contract, one, count, self.how)

    def silent(self, now: int) -> list[tuple[str, float]]:
        """Return (asset, age in seconds) of those whose newest input is stale at a moment, though nothing came in."""
        ages = [(asset, (now - seen.newest) / 1e6) for asset, seen in sorted(self._inputs.items())]
        return [(asset, age) for asset, age in ages if age > self.failsafe.stale_after_s]

    def state(self) -> bytes:
        """Return what a restart needs to go on in mid-frame; for the same bundle only."""
        return msgspec.msgpack.encode(_State(self.payload.digest, self._stream.state(), self._inputs))

    def resume(self, state: bytes) -> None:
        """Take over the notes on inputs of a state; the stream was restored from `stream_state` before.

        Raises:
            InvalidInput: no state, or that of another bundle.
        """
        self._inputs = _read(state, self.payload.digest).inputs

    def _note(self, columns: Columns) -> None:
        if absent := [n for n in (self._entity, self._moment) if n not in columns]:
            raise InvalidInput(f"The raw rows have no column {absent[0]}.", hint=f"There are: {', '.join(columns)}.")
        assets, moments = columns[self._entity], columns[self._moment]
        shares = np.nan_to_num(np.asarray(columns.get(GOOD, np.ones(len(assets))), np.float64))
        codes: dict[str, int] = {}  # one pass over the rows, however many assets there are
        code = np.fromiter((codes.setdefault(a, len(codes)) for a in assets.tolist()), np.int64, len(assets))
        newest = np.full(len(codes), np.iinfo(np.int64).min)
        np.maximum.at(newest, code, moments)
        good, rows = np.bincount(code, shares, len(codes)), np.bincount(code, minlength=len(codes))
        for asset, place in codes.items():
            seen = self._inputs.setdefault(str(asset), _Input(int(newest[place])))
            seen.newest = max(seen.newest, int(newest[place]))
            seen.good += float(good[place])
            seen.rows += int(rows[place])

    def _take_inputs(self, features: Columns, rows: int) -> list[_Input]:
        """Return what came in for each row's asset, and begin to count anew for those that get a decision."""
        if not rows:
            return []
        found = [
            self._inputs.get(str(asset), _Input(int(t)))
            for asset, t in zip(features["asset"], features["t"], strict=True)
        ]
        for asset in dict.fromkeys(features["asset"].tolist()):
            if str(asset) in self._inputs:
                self._inputs[str(asset)] = _Input(self._inputs[str(asset)].newest)
        return found

    def _causes(self, age_s: Floats, good: Floats, late: bool, scores: Floats) -> Array:
        """Return why the model is not used, row by row; a model that gives no number is never used."""
        cause = np.full(len(scores), None, object)
        cause[np.isnan(scores)] = "no_score"
        when = self.failsafe.when
        if late and "model_late" in when:
            cause[:] = "model_late"
        if "bad_quality" in when:
            cause[good < self.failsafe.min_good] = "bad_quality"
        if "stale_input" in when:
            cause[age_s > self.failsafe.stale_after_s] = "stale_input"
        return cause

    def _verdicts(self, features: Columns, alarm: Array, cause: Array) -> tuple[Array, Array]:
        """Return (alarm, by): of the model where it is used, else of the rule, else nobody's."""
        by = np.full(len(alarm), "model", object)
        instead = np.array([c is not None for c in cause], bool)
        if instead.any():
            ruled = apply_rule(self.failsafe.rule, features) if self.failsafe.rule else np.full(len(alarm), np.nan)
            alarm = np.where(instead, ruled == 1.0, alarm)
            by[instead] = np.where(np.isnan(ruled[instead]), "abstain", "rule")
        return alarm, by

    def _qualities(self, good: Floats) -> Array:
        words = ["bad" if g < self.failsafe.min_good else "good" if g >= 1.0 else "uncertain" for g in good]
        return _texts(words)


def stream_state(state: bytes, bundle: str) -> bytes:
    """Return the recipe's part of a scorer's state.

    Raises:
        InvalidInput: no state, or that of another bundle.
    """
    return _read(state, bundle).stream


def _read(state: bytes, bundle: str) -> _State:
    try:
        found = msgspec.msgpack.decode(state, type=_State)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise InvalidInput(f"The scorer's state cannot be read: {error}.", hint="Start without it.") from None
    if found.bundle != bundle:
        message = f"The state is that of bundle {found.bundle[:12]}, not of {bundle[:12]}."
        raise InvalidInput(message, hint="Start the new bundle without it.")
    return found


def _labels(classes: tuple[str, ...], place: Array, by: Array) -> Array:
    """Return the predicted class of each row that the model decided."""
    named = np.array([*classes, None], object)
    return named[np.where(by == "model", place, -1)] if classes else np.full(len(by), None, object)


def _texts(words: list[str]) -> Array:
    out: Array = np.empty(len(words), object)
    out[:] = words
    return out
