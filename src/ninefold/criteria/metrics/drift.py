"""The drift metric: the yearly false-alarm budget at which the present evidence would just alarm."""

from collections.abc import Iterator

from ninefold.criteria.metrics.metric import Finding, Metric, Request
from ninefold.criteria.params import Param, at_least, count, words
from ninefold.criteria.subjects import DriftEvidence
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.sequential import yearly_rate
from ninefold.vocabulary.measurement import Estimate


def _drift(request: Request, subject: DriftEvidence) -> Iterator[Finding]:
    if request.by:
        raise InvalidInput("Drift is not sliced.", hint="Leave out slices.by, or watch each regime as its own signal.")
    if subject.blocks < 1:
        yield Finding({}, Estimate(None, None, 0, note="no block is complete yet"))
        return
    note = "provisional: the reference has fewer than 14 blocks" if subject.provisional else ""
    rate = yearly_rate(subject.evidence, subject.blocks_per_year)
    yield Finding({}, Estimate(rate, None, subject.blocks, note=note))


def _detail(subject: DriftEvidence) -> dict[str, float]:
    shift = subject.smallest_shift
    return {
        "effective_rows_per_day": subject.effective_rows_per_day,
        "evidence": subject.evidence,
        **({"smallest_shift_sd_in_a_week": shift} if shift < float("inf") else {}),
    }


METRICS = (
    Metric(
        "drift", "yearly false-alarm budget at which the present evidence would just alarm; small is strong evidence",
        "/a", "higher", DriftEvidence, frozenset({"drift"}), frozenset(), _drift,
        {
            "states": Param("the operating states watched, such as [producing]", words, ()),
            "features": Param("the features watched, such as [torque_lift]; all when absent", words, ()),
            "block": Param("rows of one asset in a block, such as 50; a day of rows when absent", count, None),
            "practical_shift": Param("the level shift that matters, in standard deviations", at_least(0.0), 0.0),
        },
        counts="blocks", per_day=lambda subject: subject.blocks_per_year / 365.25, detail=_detail,
    ),
)  # fmt: skip
