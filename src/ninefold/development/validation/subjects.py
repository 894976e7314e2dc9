"""From evidence to what a metric is measured on: the test rows, scored as on the device, with labels and events."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ninefold.bundle.deciding import decided, rule_of
from ninefold.bundle.monitors import blocks_per_year, in_states, monitor_of, reference_of
from ninefold.criteria.operating import OperatingClock
from ninefold.criteria.subjects import DriftEvidence, Episodes, Samples
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.blocks import BlockStream
from ninefold.stats.sequential import Detector, limit, smallest_shift
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.columns import Array, Columns, Floats, length, take
from ninefold.vocabulary.criterion import MetricSpec
from ninefold.vocabulary.model import TEST, UNUSED, Model

CLASS = "class"  # slice column: the true class of a row
RESET = "tool_life"  # a held alarm ends when this context column changes; the operating point is chosen so as well


@dataclass(frozen=True)
class Rows:
    """Feature rows with their labels and roles, aligned: fold number in training, TEST, or UNUSED."""

    features: Columns
    labels: Columns
    roles: Array

    def __post_init__(self) -> None:
        sizes = (length(self.features), length(self.labels), len(self.roles))
        if len(set(sizes)) != 1:
            message = f"Features, labels and roles have {sizes[0]}, {sizes[1]} and {sizes[2]} rows."
            raise InvalidInput(message, hint="Run the model again: it was made on other rows.")

    def of(self, mask: Array) -> "Rows":
        """Return the rows that a mask selects."""
        return Rows(take(self.features, mask), take(self.labels, mask), self.roles[mask])


def unseen(rows: Rows) -> Rows:
    """Return the rows that no training has seen.

    Raises:
        InvalidInput: there are none.
    """
    found = rows.of(rows.roles == TEST)
    if not len(found.roles):
        raise InvalidInput("There are no test rows.", hint="Give the split of the model file a test share.")
    return found


def decision_on(model: Model, scores: Floats) -> Array:
    """Return the decision on each row, by the rule that the device uses: whether it alarms, or with classes the place
    of the predicted class. Scores are `(n,)`, or with classes `(n, classes)`.
    """
    found = decided(rule_of(model), model.classes, scores)
    return found.place if model.classes else found.alarm


def samples(
    spec: MetricSpec, rows: Rows, scores: Floats, decision: Array, target: str, *, timed: bool = True,
    classes: tuple[str, ...] = (),
) -> Samples:  # fmt: skip
    """Return labelled rows as a metric reads them; rows of one asset are resampled together when there are several.

    `timed` says whether their times are real: only then there is a rate by which to foretell when evidence is enough.
    With `classes` the slice column `class` is the true class, and rows without one are in no slice of it.

    Raises:
        InvalidInput: a column that slices are made by is absent, or a label is no class of the model.
    """
    if classes and CLASS in spec.by:
        known = np.array([v is not None for v in rows.labels[target].tolist()], bool)
        rows, scores, decision = rows.of(known), scores[known], decision[known]
    asset = rows.features["asset"]
    groups = asset if len(set(asset.tolist())) > 1 else None
    columns = {**rows.features, CLASS: rows.labels[target]} if classes else rows.features
    slices = {name: _column(columns, name) for name in spec.by}
    time = rows.features["t"] if timed else None
    y = places(rows.labels[target], classes) if classes else rows.labels[target].astype(np.float64)
    return Samples(y, scores, decision, slices, groups, time, classes)


def places(labels: Array, classes: tuple[str, ...]) -> Floats:
    """Return the place of each label in the classes; NaN for none.

    Raises:
        InvalidInput: a label is no class.
    """
    place = {c: float(i) for i, c in enumerate(classes)}
    if strange := sorted({str(v) for v in labels.tolist() if v is not None} - place.keys()):
        message = f"The label {strange[0]!r} is no class of the model, which tells {', '.join(classes)}."
        raise InvalidInput(message, hint="Add it to task.classes, or make it null in the recipe.")
    return np.array([np.nan if v is None else place[str(v)] for v in labels.tolist()], np.float64)


def episodes(
    spec: MetricSpec,
    rows: Rows,
    scores: Floats,
    decision: Array,
    events: Columns,
    kind: str,
    calendar: Calendar | None,
    target: str,
) -> Episodes:
    """Return decisions over time with the events of one kind that they should announce.

    Events that were averted are left out: an alarm that was acted on leaves no failure. Where the label is null,
    an alarm is neither right nor false.

    Raises:
        InvalidInput: a column is absent.
    """
    wanted = _column(events, "event") == kind
    if "outcome" in events:
        wanted &= events["outcome"] != "averted"
    when = {"asset": _column(events, "asset")[wanted], "t": _column(events, "occurred")[wanted].astype(np.int64)}
    joined = {**rows.features, target: _known(rows.labels[target])}
    clock = None if calendar is None else OperatingClock(calendar)
    reset = RESET if RESET in joined else None
    return Episodes.of(joined, when, clock, decision=decision, score=scores, reset=reset, by=spec.by, label=target)


def drift(spec: MetricSpec, model: Model, rows: Rows) -> DriftEvidence:
    """Return the strongest evidence for a change at any time of the test rows, against the training rows.

    Each asset is watched by itself in blocks of rows, as on the device. The budget of false alarms is that of all
    assets together: each gets its n-th part, so the evidence is that of the strongest asset divided by their number.

    Raises:
        InvalidInput: a watched feature is absent, none is left to watch, or there are fewer than two training blocks.
    """
    trained = rows.of((rows.roles != TEST) & (rows.roles != UNUSED)).features
    monitor = monitor_of(spec, trained, tuple(n for n in model.features if n not in model.categories))
    reference, practical = reference_of(monitor), monitor.practical_shift
    tested = rows.of(rows.roles == TEST).features
    tested = take(tested, in_states(tested, monitor.states))
    tested = take(tested, np.argsort(tested["t"], kind="stable"))
    assets, strongest, blocks = sorted(set(tested["asset"].tolist())), 0.0, 0
    for asset in assets:
        mine = take(tested, tested["asset"] == asset)
        detector = Detector.of(reference, practical=practical)
        stream = BlockStream(reference, monitor.block)
        for scores in stream.push({n: np.asarray(mine[n], np.float64) for n in reference.features}):
            strongest, blocks = max(strongest, detector.push(scores)), blocks + 1
    per_year, share = blocks_per_year(reference), max(len(assets), 1)
    shifts = smallest_shift(reference, limit(1.0, per_year) * share, practical=practical).values()
    return DriftEvidence(
        strongest / share, blocks, per_year, monitor.effective_rows_per_day, min(shifts, default=np.inf),
        monitor.provisional,
    )  # fmt: skip


def _known(labels: Array) -> Floats:
    """Return labels as numbers, those that are text as 0 where there is one: only whether it is known is asked."""
    if labels.dtype != object:
        return labels.astype(np.float64)
    return np.array([np.nan if v is None else 0.0 for v in labels.tolist()], np.float64)


def _column(columns: Mapping[str, Array], name: str) -> Array:
    if name not in columns:
        raise InvalidInput(f"There is no column {name!r}.", hint=f"Use one of: {', '.join(columns)}.")
    return columns[name]
