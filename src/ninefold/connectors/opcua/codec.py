"""Bytes of a PublishResponse to columns, with no I/O and no object per sample.

Items of equal layout (same mask, same type) lie at a fixed stride, so a run of them is read by one `np.frombuffer`; the
run ends where mask or type differ. Text is read item by item. Whatever else a server may send is answered by None, and
the caller then decodes that response with the driver.

Source: OPC 10000-6, 5.2 (binary encoding) and OPC 10000-4, 7.25.2 (DataChangeNotification), 7.38 (StatusCode).
"""

from functools import lru_cache
from struct import Struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ninefold.vocabulary.batch import Quality, Reason

PUBLISH_RESPONSE = b"\x01\x00\x3d\x03"  # four-byte node id of PublishResponse, binary encoding: i=829
DATA_CHANGE = b"\x01\x00\x2b\x03\x01"  # DataChangeNotification, i=811, with a body of bytes
EPOCH_US = 11_644_473_600_000_000  # from 1601 to 1970
OVERFLOW = 0x0480  # InfoType DataValue and the Overflow bit
NULL, TEXT = 0, 12  # variant types: no value, String
MAX_TEXT = 65_536
FIRST_LOOK = 64  # items compared at first; the look widens while the layout stays the same

# mask bits of a DataValue, in the order in which the fields lie on the wire
VALUE, STATUS, SOURCE, SOURCE_PICO, SERVER, SERVER_PICO = 0x01, 0x02, 0x04, 0x10, 0x08, 0x20
_NUMBERS = {1: "u1", 2: "i1", 3: "u1", 4: "<i2", 5: "<u2", 6: "<i4", 7: "<u4", 8: "<i8", 9: "<u8", 10: "<f4", 11: "<f8"}
_FIELDS = (
    (STATUS, "status", "<u4"), (SOURCE, "source", "<i8"), (SOURCE_PICO, "source_pico", "<u2"),
    (SERVER, "server", "<i8"), (SERVER_PICO, "server_pico", "<u2"),
)  # fmt: skip
_HEADER = Struct("<qII")  # time, request handle, result
_U4, _I4, _MESSAGE = Struct("<I"), Struct("<i"), Struct("<Iqi")  # sequence, publish time, notifications

_REASONS = {
    0x408F: Reason.STALE,  # UncertainNoCommunicationLastUsableValue
    0x4090: Reason.STALE,  # UncertainLastUsableValue
    0x4091: Reason.SUBSTITUTED,  # UncertainSubstituteValue
    0x4092: Reason.INITIAL,  # UncertainInitialValue
    0x4093: Reason.SENSOR_FAILURE,  # UncertainSensorNotAccurate
    0x4094: Reason.OUT_OF_RANGE,  # UncertainEngineeringUnitsExceeded
    0x0096: Reason.SUBSTITUTED,  # GoodLocalOverride
    0x8031: Reason.NOT_CONNECTED,  # BadNoCommunication
    0x8032: Reason.INITIAL,  # BadWaitingForInitialData
    0x803C: Reason.OUT_OF_RANGE,  # BadOutOfRange
    0x8089: Reason.CONFIGURATION,  # BadConfigurationError
    0x808A: Reason.NOT_CONNECTED,  # BadNotConnected
    0x808B: Reason.DEVICE_FAILURE,  # BadDeviceFailure
    0x808C: Reason.SENSOR_FAILURE,  # BadSensorFailure
    0x808D: Reason.OUT_OF_SERVICE,  # BadOutOfService
}


class Samples(NamedTuple):
    """Decoded items, each array of shape `(n,)`. `text` is None when no item is text."""

    handle: NDArray[np.uint32]
    value: NDArray[np.float64]  # NaN where there is none
    status: NDArray[np.uint32]  # StatusCode
    source: NDArray[np.int64]  # µs UTC; 0 when the server sent no source time
    empty: NDArray[np.bool_]  # no value was sent
    text: NDArray[Any] | None


class Publication(NamedTuple):
    """What a PublishResponse says."""

    subscription: int
    sequence: int
    result: int  # StatusCode of the service
    carries: bool  # whether it holds notifications, which must be acknowledged
    samples: tuple[Samples, ...]


class _Unusual(Exception):
    """A layout that only the driver reads; never leaves this module."""


def decode_publication(data: bytes) -> Publication | None:
    """Return what a PublishResponse holds, or None when it has a layout that only the driver reads (or is cut off)."""
    try:
        return _publication(memoryview(data))
    except _Unusual:
        return None


def quality_of(status: NDArray[np.uint32]) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return quality and reason of StatusCodes; severity 3 is reserved and taken as bad."""
    quality = np.minimum(status >> np.uint32(30), np.uint32(Quality.BAD)).astype(np.uint8)
    reason = np.where(quality == Quality.GOOD, Reason.NONE, Reason.OTHER).astype(np.uint16)
    if status.any():
        for code in np.unique(status >> np.uint32(16)):
            known = _REASONS.get(int(code))
            if known is not None:
                reason[status >> np.uint32(16) == code] = known
    return quality, reason


def overflowed(status: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Return where the server says that it had to drop samples of the tag before this one."""
    return np.asarray((status & np.uint32(OVERFLOW)) == OVERFLOW)


def microseconds(ticks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return µs UTC since 1970 of 100 ns ticks since 1601; 0 stays 0, which means no time."""
    return np.where(ticks > 0, ticks // 10 - EPOCH_US, 0)


def _publication(data: memoryview) -> Publication:
    if bytes(data[:4]) != PUBLISH_RESPONSE or len(data) < 4 + _HEADER.size:
        raise _Unusual
    _, _, result = _HEADER.unpack_from(data, 4)
    at = 4 + _HEADER.size
    # no diagnostics, an empty or null string table, no additional header
    if (
        len(data) < at + 8
        or data[at] != 0
        or _I4.unpack_from(data, at + 1)[0] > 0
        or bytes(data[at + 5 : at + 8]) != b"\0\0\0"
    ):
        raise _Unusual
    at += 8
    subscription, at = _u4(data, at)
    known, at = _i4(data, at)
    at += 4 * max(known, 0) + 1  # sequence numbers that can be had again, and whether more follows
    if len(data) < at + _MESSAGE.size:
        raise _Unusual
    sequence, _, count = _MESSAGE.unpack_from(data, at)
    at += _MESSAGE.size
    samples = []
    for _ in range(max(count, 0)):
        if bytes(data[at : at + 5]) != DATA_CHANGE:
            raise _Unusual
        size, start = _i4(data, at + 5)
        at = start + size
        if size < 0 or at > len(data):
            raise _Unusual
        samples.append(_items(data[start:at]))
    return Publication(subscription, sequence, result, count > 0, tuple(samples))


def _items(body: memoryview) -> Samples:
    count, at = _i4(body, 0)
    count = max(count, 0)
    if count > len(body) // 5:  # an item has at least a handle and a mask
        raise _Unusual
    out = Samples(
        np.empty(count, np.uint32), np.full(count, np.nan), np.zeros(count, np.uint32), np.zeros(count, np.int64),
        np.zeros(count, bool), None,
    )  # fmt: skip
    texts: dict[int, str | None] = {}
    done = 0
    while done < count:
        if at + 6 > len(body) and not (at + 5 == len(body) and not body[at + 4] & VALUE):
            raise _Unusual
        mask = body[at + 4]
        type_ = body[at + 5] if mask & VALUE else 0
        if type_ == TEXT:
            at = _text(body, at, mask, out, done, texts)
            done += 1
        else:
            run, at = _run(body, at, mask, type_, out, done, count)
            done += run
    if not texts:
        return out
    text = np.full(count, None, dtype=object)
    for row, value in texts.items():
        text[row] = value
    return out._replace(text=text)


def _run(body: memoryview, at: int, mask: int, type_: int, out: Samples, done: int, count: int) -> tuple[int, int]:
    """Read items of one layout; return how many, and where the next one lies."""
    layout = _layout(mask, type_)
    room = min(count - done, (len(body) - at) // layout.itemsize)
    if room < 1:
        raise _Unusual
    found, look = 0, FIRST_LOOK
    while found < room:
        n = min(look, room - found)
        items = np.frombuffer(body, layout, n, at + found * layout.itemsize)
        same = items["mask"] == mask
        if mask & VALUE:
            same &= items["type"] == type_
        good = n if same.all() else int(same.argmin())
        _put(items[:good], mask, type_, out, done + found)
        found += good
        if good < n:
            break
        look *= 8
    return found, at + found * layout.itemsize


def _put(items: NDArray[Any], mask: int, type_: int, out: Samples, row: int) -> None:
    rows = slice(row, row + len(items))
    out.handle[rows] = items["handle"]
    if type_ != NULL:
        out.value[rows] = items["value"]
    else:
        out.empty[rows] = True
    if mask & STATUS:
        out.status[rows] = items["status"]
    if mask & SOURCE:
        out.source[rows] = microseconds(items["source"])


def _text(body: memoryview, at: int, mask: int, out: Samples, row: int, texts: dict[int, str | None]) -> int:
    """Read one item whose value is text; return where the next one lies."""
    handle, _ = _u4(body, at)
    size, start = _i4(body, at + 6)
    end = start + max(size, 0)
    if size > MAX_TEXT or end > len(body):
        raise _Unusual
    out.handle[row] = handle
    texts[row] = None if size < 0 else bytes(body[start:end]).decode("utf-8", "replace")
    out.empty[row] = size < 0
    layout = _layout(mask & ~VALUE, 0, head=False)
    if end + layout.itemsize > len(body):
        raise _Unusual
    if layout.itemsize:
        rest = np.frombuffer(body, layout, 1, end)
        if mask & STATUS:
            out.status[row] = rest["status"][0]
        if mask & SOURCE:
            out.source[row] = microseconds(rest["source"])[0]
    return end + layout.itemsize


@lru_cache(maxsize=1024)
def _layout(mask: int, type_: int, head: bool = True) -> np.dtype[Any]:
    fields: list[tuple[str, str]] = [("handle", "<u4"), ("mask", "u1")] if head else []
    if mask & ~0x3F:
        raise _Unusual
    if mask & VALUE:
        if type_ not in _NUMBERS and type_ != NULL:  # arrays, structures, and what a later standard adds
            raise _Unusual
        fields += [("type", "u1")] if type_ == NULL else [("type", "u1"), ("value", _NUMBERS[type_])]
    fields += [(name, form) for bit, name, form in _FIELDS if mask & bit]
    return np.dtype(fields)


def _u4(data: memoryview, at: int) -> tuple[int, int]:
    if at < 0 or at + 4 > len(data):
        raise _Unusual
    return _U4.unpack_from(data, at)[0], at + 4


def _i4(data: memoryview, at: int) -> tuple[int, int]:
    if at < 0 or at + 4 > len(data):
        raise _Unusual
    return _I4.unpack_from(data, at)[0], at + 4
