"""The driver's values as columns, and ours as the driver's; its types are handed in, nothing is imported from it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from ninefold.connectors.opcua.codec import Publication, Samples, overflowed
from ninefold.vocabulary.batch import Gap

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - asyncua hands out naive or UTC times; both are compared naive
_MICROSECOND = timedelta(microseconds=1)


def decoded_by_driver(ua: Any, data: Any) -> Publication:
    """Return a publication of a layout that only the driver reads: arrays, structures, status changes."""
    answer = ua.ua_binary.struct_from_binary(ua.PublishResponse, data.copy())
    result = answer.ResponseHeader.ServiceResult.value
    parameters = answer.Parameters
    message = parameters.NotificationMessage
    samples = []
    for notification in message.NotificationData or ():
        if isinstance(notification, ua.StatusChangeNotification):
            raise ua.UaStatusCodeError(notification.Status.value)
        if isinstance(notification, ua.DataChangeNotification):
            samples.append(samples_of([(item.ClientHandle, item.Value) for item in notification.MonitoredItems]))
    carries = bool(message.NotificationData)
    return Publication(parameters.SubscriptionId, message.SequenceNumber, result, carries, tuple(samples))


def samples_of(rows: Sequence[tuple[int, Any]]) -> Samples:
    """Return the driver's data values as columns."""
    values = [_plain(v.Value.Value) if v.Value is not None else (np.nan, None, True) for _, v in rows]
    texts = [text for _, text, _ in values]
    text = np.array(texts, dtype=object) if any(t is not None for t in texts) else None
    return Samples(
        np.array([handle for handle, _ in rows], np.uint32),
        np.array([value for value, _, _ in values], np.float64),
        np.array([v.StatusCode.value if v.StatusCode is not None else 0 for _, v in rows], np.uint32),
        np.array([_time(v.SourceTimestamp) for _, v in rows], np.int64),
        np.array([empty for _, _, empty in values], bool),
        text,
    )


def _plain(value: Any) -> tuple[float, str | None, bool]:
    """Return a value as number, text, and whether there is none; what is neither number nor text is NaN."""
    if value is None:
        return np.nan, None, True
    if isinstance(value, (bool, int, float)):
        return float(value), None, False
    return np.nan, value if isinstance(value, str) else None, False


def _time(moment: Any) -> int:
    return 0 if moment is None else round((moment.replace(tzinfo=None) - _EPOCH) / _MICROSECOND)


def variant_of(ua: Any, value: float, text: str | None, type_: Any) -> Any:
    """Return a value as the driver writes it, in the type that the node has."""
    if text is not None:
        return ua.Variant(text, ua.VariantType.String)
    if type_ is ua.VariantType.Boolean:
        return ua.Variant(bool(value), type_)
    whole = type_ not in {ua.VariantType.Float, ua.VariantType.Double}
    return ua.Variant(round(value) if whole else value, type_)


def overflows(samples: Samples, last: Any, now: int) -> Iterator[Gap]:
    """Yield a gap for each sample before which the server dropped some; `last`: each tag's time before."""
    for row in np.flatnonzero(overflowed(samples.status)).tolist():
        tag = int(samples.handle[row])
        yield Gap(int(last[tag]) or None, int(samples.source[row]) or None, "overflow at the device", now, tag=tag)
