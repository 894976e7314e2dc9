"""Metrics of a task with several classes: each class counts alike, however rare it is."""

from collections.abc import Callable, Iterator

import numpy as np

from ninefold.criteria.metrics.metric import Finding, Metric, Request, share_estimate
from ninefold.criteria.metrics.sampling import decisions, divide, metric, parts, summed
from ninefold.criteria.params import Param, words
from ninefold.criteria.subjects import Samples
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.measurement import Confusion, Estimate

_CLASSES = Param("the classes that count, such as [Stains, Bumps]; by default all", words, ())


def confusion_of(subject: Samples) -> Confusion:
    """Return how often each class was told as each class, over the rows whose label is known.

    Raises:
        InvalidInput: the samples are of no classes, or carry no decision.
    """
    known = subject.known()
    truth, told = _places(known)
    size = len(known.classes)
    counts = np.bincount(truth * size + told, minlength=size * size).reshape(size, size)
    return Confusion(known.classes, tuple(tuple(row) for row in counts.tolist()))


def _places(subject: Samples) -> tuple[Array, Array]:
    """Return the places of the true and of the predicted classes."""
    if not subject.classes:
        raise InvalidInput("The samples are of no classes.", hint="Use recall, precision or f1.")
    found = []
    for values in (subject.y, decisions(subject).astype(np.float64)):
        if not np.isin(values, np.arange(len(subject.classes))).all():
            odd = values[~np.isin(values, np.arange(len(subject.classes)))][0]
            raise InvalidInput(f"{odd:g} is the place of no class of {len(subject.classes)}.")
        found.append(values.astype(np.intp))
    return found[0], found[1]


def _cells(subject: Samples) -> Floats:
    """Return `(n_rows, 3 * n_classes)` flags: hit, told wrongly, missed, by class."""
    truth, told = _places(subject)
    is_, said = (places[:, None] == np.arange(len(subject.classes)) for places in (truth, told))
    return np.concatenate([is_ & said, ~is_ & said, is_ & ~said], axis=1).astype(np.float64)


def _macro_f1(sums: Floats) -> Floats:
    """Return the mean over the classes that occur or are told; NaN when none does."""
    hit, wrong, missed = np.split(sums, 3, axis=1)
    each = divide(2 * hit, 2 * hit + wrong + missed)
    there = ~np.isnan(each)
    return divide(np.where(there, each, 0.0).sum(axis=1), there.sum(axis=1))


def _lowest(name: str, about: str, of: Callable[[Array, Array], Array], counts: str) -> Metric:
    """Return a metric that is a share in each class: as a whole that of the class with the lowest bound.

    A demand on every class holds when it holds for this one; each class is tested at its own level, and no correction
    is needed because all must pass.
    """

    def measure(request: Request, subject: Samples) -> Iterator[Finding]:
        wanted = request.params["classes"] or subject.classes
        if absent := sorted(set(wanted) - set(subject.classes)):
            hint = f"Use: {', '.join(subject.classes)}." if subject.classes else "Use recall for two outcomes."
            raise InvalidInput(f"There is no class {absent[0]!r}.", hint=hint)
        for where, part in parts(request, subject):
            truth, told = _places(part)
            shares = [_share(request, part.classes.index(c), c, of(truth, told), truth == told) for c in wanted]
            # of a slice only the classes that occur in it; of the whole every class, also one that nothing shows
            found = [s for s in shares if s.samples] if where else shares
            yield Finding(where, min(found or shares, key=_order))

    def counted(subject: Samples) -> float:
        truth, told = _places(subject)
        return float(np.bincount(of(truth, told), minlength=len(subject.classes)).min(initial=len(truth)))

    return metric(
        name,
        about,
        measure,
        {"labels", "decisions"},
        counts,
        counted,
        methods=("wilson",),
        params={"classes": _CLASSES},
    )


def _share(request: Request, place: int, name: str, of: Array, right: Array) -> Estimate:
    mine = of == place
    note = f"of {name}" if mine.any() else f"no row of {name}"
    return share_estimate(float((mine & right).sum()), float(mine.sum()), request.bound, note)


def _order(estimate: Estimate) -> float:
    edge = estimate.value if estimate.bound is None else estimate.bound
    return -1.0 if edge is None else edge


METRICS = (
    summed("macro_f1", "mean over the classes of the harmonic mean of precision and recall", _cells, _macro_f1,
           {"decisions"}),
    _lowest("class_recall", "share of the rows of a class that are told as it, of the class where it is lowest",
            lambda truth, _: truth, "rows of the class"),
    _lowest("class_precision", "share of the rows told as a class that are of it, of the class where it is lowest",
            lambda _, told: told, "rows told as the class"),
)  # fmt: skip
