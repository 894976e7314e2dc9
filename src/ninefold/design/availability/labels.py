"""How many events the requirements' bounds need: a bound makes the number plannable before a model exists."""

from collections.abc import Iterable

from ninefold.criteria.planning import hits_needed, samples_needed, samples_table
from ninefold.vocabulary.availability import LabelNeed, LabelNeeds
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec

RECALL_LIKE = frozenset({"recall"})  # metrics whose samples are the events themselves


def counts_events(metric: MetricSpec) -> bool:
    """Return whether a criterion on this metric needs a number of events."""
    return metric.metric in RECALL_LIKE


def label_needs(use_case: str, pairs: Iterable[tuple[MetricSpec, CriterionSpec]]) -> LabelNeeds:
    """Return the events that each criterion needs, and the largest number.

    Raises:
        InvalidInput: a share's threshold that no number of events can show.
    """
    needs = tuple(_need(metric, criterion) for metric, criterion in pairs)
    return LabelNeeds(use_case, max((n.needed for n in needs), default=0), needs)


def _need(metric: MetricSpec, criterion: CriterionSpec) -> LabelNeed:
    place = (criterion.requirement, criterion.criterion)
    bound, threshold = metric.bound, criterion.threshold
    if bound is None or bound.method != "wilson" or threshold.op != ">=":
        return LabelNeed(*place, criterion.min_samples, None)
    least = samples_needed(threshold.value, bound.level)
    needed = max(criterion.min_samples, least)
    table = {str(m): n for m, n in samples_table(threshold.value, bound.level).items()}
    return LabelNeed(*place, needed, hits_needed(needed, threshold.value, bound.level), table)
