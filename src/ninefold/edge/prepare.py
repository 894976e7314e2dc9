"""From samples as they arrive (one tag, one time, one value) to rows (one asset, one time, all signals).

A source reports by exception: a value holds until another is sent, so each row carries the last known value of every
signal; a bad one is null until a good one comes. The newest row of an asset is held back until a newer time arrives or
its settling time is over, because the rest of it may be under way in the next batch.
"""

import msgspec
import numpy as np

from ninefold.connectors.contract import ReadPlan
from ninefold.kernel.columnar import pack, unpack
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.batch import ColumnBatch, Quality, join, make_batch
from ninefold.vocabulary.columns import Array

ASSET, TIME, GOOD = "asset", "t", "good"
_NONE = -1  # no sample of this signal was ever seen


class _State(msgspec.Struct):
    """What survives a restart; arrays as packed columns."""

    held: bytes  # asset, signal, value, text, quality
    last: list[int]
    pending: bytes


class Prepare:
    """One plan's samples as rows. `rows` columns: asset, t (µs UTC), good (share of good values), one per signal."""

    def __init__(self, plan: ReadPlan) -> None:
        """Keep the plan; every signal counts as a number until `read_as_text`."""
        self.assets = tuple(dict.fromkeys(t.asset for t in plan.tags))
        self.signals = tuple(dict.fromkeys(t.signal for t in plan.tags))
        self._asset = np.array([self.assets.index(t.asset) for t in plan.tags], np.int64)
        self._signal = np.array([self.signals.index(t.signal) for t in plan.tags], np.int64)
        self._texts = np.zeros(len(self.signals), np.bool_)
        shape = (len(self.assets), len(self.signals))
        self._values = np.full(shape, np.nan)
        self._words = np.full(shape, None, object)
        self._quality = np.full(shape, _NONE, np.int8)
        self._exists = np.zeros(shape, np.bool_)
        self._exists[self._asset, self._signal] = True
        self._last = np.full(len(self.assets), -1, np.int64)  # time of the newest row that left
        self._pending = make_batch([], [], [], [])
        self.late = 0  # samples that came after their row had left

    def read_as_text(self, signals: frozenset[str]) -> None:
        """Say which signals are text from now on; both forms of every value are kept."""
        self._texts = np.array([s in signals for s in self.signals], np.bool_)

    @property
    def waiting(self) -> bool:
        """Whether a row is held back."""
        return len(self._pending) > 0

    def push(self, batch: ColumnBatch) -> dict[str, Array]:
        """Take samples and return the rows that are complete: those before the newest time of each asset."""
        known = batch.tag < len(self._asset)
        if not known.all():
            batch = batch.take(known)
        in_time = batch.source_time > self._last[self._asset[batch.tag]]
        self.late += int(np.count_nonzero(~in_time))
        samples = join([self._pending, batch.take(in_time)])
        asset = self._asset[samples.tag]
        newest = np.full(len(self.assets), -1, np.int64)
        np.maximum.at(newest, asset, samples.source_time)
        held = samples.source_time == newest[asset]
        self._pending = samples.take(held)
        return self._rows(samples.take(~held))

    def release(self) -> dict[str, Array]:
        """Return the rows that were held back: their settling time is over."""
        samples, self._pending = self._pending, make_batch([], [], [], [])
        return self._rows(samples)

    def _rows(self, samples: ColumnBatch) -> dict[str, Array]:
        order = np.lexsort((samples.source_time, self._asset[samples.tag]))
        samples = samples.take(order)
        asset, time = self._asset[samples.tag], samples.source_time
        first = np.ones(len(asset), np.bool_)
        first[1:] = (asset[1:] != asset[:-1]) | (time[1:] != time[:-1])
        row = np.cumsum(first) - 1
        assets, times = asset[first], time[first]
        values, words, quality = self._filled(samples, row, assets)
        if len(assets):
            np.maximum.at(self._last, assets, times)
        columns: dict[str, Array] = {ASSET: np.array(self.assets, object)[assets], TIME: times}
        exists = self._exists[assets]
        columns[GOOD] = (quality == Quality.GOOD).sum(axis=1) / np.maximum(exists.sum(axis=1), 1)
        usable = (quality == Quality.GOOD) | (quality == Quality.UNCERTAIN)
        for place, name in enumerate(self.signals):
            if self._texts[place]:
                text = words[:, place]
                text[~usable[:, place]] = None
                columns[name] = text
            else:
                columns[name] = np.where(usable[:, place], values[:, place], np.nan)
        return columns

    def _filled(self, samples: ColumnBatch, row: Array, assets: Array) -> tuple[Array, Array, Array]:
        """Return values, texts and qualities `(rows, signals)` with the last known ones filled in; keeps the newest."""
        present, start = np.unique(assets, return_index=True)
        seed = len(present)  # one row more for each asset: what was known before
        place = np.arange(len(assets)) + np.searchsorted(present, assets) + 1
        shape = (len(assets) + seed, len(self.signals))
        values, quality = np.full(shape, np.nan), np.full(shape, _NONE, np.int8)
        words = np.full(shape, None, object)
        seeds = start + np.arange(seed)
        values[seeds], words[seeds], quality[seeds] = (
            self._values[present], self._words[present], self._quality[present],
        )  # fmt: skip
        where, signal = place[row], self._signal[samples.tag]
        values[where, signal], quality[where, signal] = samples.value, samples.quality
        if samples.text is not None:
            words[where, signal] = samples.text
        source = np.where(quality != _NONE, np.arange(shape[0])[:, None], 0)
        source[seeds] = seeds[:, None]  # nothing is carried from one asset to the next
        source = np.maximum.accumulate(source, axis=0)
        columns = np.arange(shape[1])
        values, words, quality = values[source, columns], words[source, columns], quality[source, columns]
        ends = np.append(seeds[1:], shape[0])[:seed] - 1
        self._values[present], self._words[present], self._quality[present] = values[ends], words[ends], quality[ends]
        return values[place], words[place], quality[place]

    def state(self) -> bytes:
        """Return what a restart needs to go on in the middle of a row."""
        known = np.argwhere(self._quality != _NONE)
        rows, signals = known[:, 0], known[:, 1]
        held = {
            "asset": rows, "signal": signals, "value": self._values[rows, signals],
            "text": self._words[rows, signals], "quality": self._quality[rows, signals].astype(np.uint8),
        }  # fmt: skip
        return msgspec.msgpack.encode(_State(pack(held), self._last.tolist(), pack_batch(self._pending)))

    def restore(self, state: bytes) -> None:
        """Go on from a state.

        Raises:
            InvalidInput: no state, or that of another plan.
        """
        try:
            saved = msgspec.msgpack.decode(state, type=_State)
        except (msgspec.MsgspecError, ValueError) as error:
            raise InvalidInput(f"The state of the rows cannot be read: {error}.") from None
        held, pending = unpack(saved.held), unpack_batch(saved.pending)
        rows, signals = held["asset"], held["signal"]
        if len(saved.last) != len(self.assets) or (len(rows) and signals.max() >= len(self.signals)):
            raise InvalidInput("The state of the rows is that of another plan.", hint="Start without it.")
        self._last = np.array(saved.last, np.int64)
        self._values[rows, signals], self._words[rows, signals] = held["value"], held["text"]
        self._quality[rows, signals] = held["quality"].astype(np.int8)
        self._pending = pending


def pack_batch(batch: ColumnBatch) -> bytes:
    """Return samples as packed columns, sorted by tag and time: what the raw lane carries."""
    order = np.lexsort((batch.source_time, batch.tag))
    sorted_ = batch.take(order)
    columns: dict[str, Array] = {
        "tag": sorted_.tag.astype(np.int64), "t": sorted_.source_time,
        "delay": sorted_.receive_time - sorted_.source_time, "value": sorted_.value, "quality": sorted_.quality,
        "reason": sorted_.reason.astype(np.int64),
    }  # fmt: skip
    if sorted_.text is not None and any(word is not None for word in sorted_.text):
        columns["text"] = sorted_.text
    return pack(columns)


def unpack_batch(data: bytes) -> ColumnBatch:
    """Return the samples that packed columns hold.

    Raises:
        InvalidInput: they hold no samples.
    """
    found = unpack(data)
    if absent := {"tag", "t", "delay", "value", "quality", "reason"} - found.keys():
        raise InvalidInput(f"The packed columns are no samples: {sorted(absent)[0]} is missing.")
    times = found["t"] + found["delay"]
    text = found.get("text")
    return make_batch(found["tag"], found["t"], times, found["value"], found["quality"], found["reason"], text)
