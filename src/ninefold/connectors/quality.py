"""The last word on quality, the same for every protocol: no sample is dropped, and what is no number is never good."""

from dataclasses import replace

import numpy as np

from ninefold.vocabulary.batch import ColumnBatch, Quality, Reason

UNKNOWN_TIME = 0  # what a codec puts where the device sent no source time


def checked(batch: ColumnBatch) -> ColumnBatch:
    """Return the batch with NaN for what is no number (bad), and the receive time where there is no source time."""
    number = np.isfinite(batch.value)
    timed = batch.source_time != UNKNOWN_TIME
    if number.all() and timed.all():
        return batch
    text = np.zeros(len(batch), bool) if batch.text is None else np.array([t is not None for t in batch.text], bool)
    quality, reason = batch.quality.copy(), batch.reason.copy()
    lacking = ~number & ~text & (quality != Quality.BAD)
    quality[lacking], reason[lacking] = Quality.BAD, Reason.NOT_A_NUMBER
    untimed = ~timed & (quality == Quality.GOOD)
    quality[untimed], reason[untimed] = Quality.UNCERTAIN, Reason.NO_TIME
    return replace(
        batch,
        value=np.where(number, batch.value, np.nan),
        source_time=np.where(timed, batch.source_time, batch.receive_time),
        quality=quality,
        reason=reason,
    )
