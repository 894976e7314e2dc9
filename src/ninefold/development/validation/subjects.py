"""From evidence to what a metric is measured on: the test rows, scored as on the device, with labels and events."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ninefold.bundle.reference import BLOCK, blocks_of, drift_reference
from ninefold.bundle.session import Session
from ninefold.criteria import metrics
from ninefold.criteria.operating import OperatingClock
from ninefold.criteria.params import read_params
from ninefold.criteria.subjects import DriftEvidence, Episodes, Samples
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.sequential import PROVISIONAL_BELOW, Detector, limit, smallest_shift
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.columns import Array, Columns, Floats, length, take
from ninefold.vocabulary.criterion import MetricSpec
from ninefold.vocabulary.model import TEST, UNUSED, Model

DAYS_PER_YEAR = 365.25
RESET = "tool_life"  # a held alarm ends when this context column changes; the operating point is chosen so as well
STATE = "state"  # context column of the operating state, where a recipe has one


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


def scored(session: Session, model: Model, rows: Rows) -> tuple[Floats, Array]:
    """Return score and decision of each row, by the session and the threshold that the device uses."""
    scores = session.score(rows.features)
    with np.errstate(invalid="ignore"):
        return scores, scores >= model.threshold


def samples(
    spec: MetricSpec, rows: Rows, scores: Floats, decision: Array, target: str, *, timed: bool = True
) -> Samples:
    """Return labelled rows as a metric reads them; rows of one asset are resampled together when there are several.

    `timed` says whether their times are real: only then there is a rate by which to foretell when evidence is enough.

    Raises:
        InvalidInput: a column that slices are made by is absent.
    """
    asset = rows.features["asset"]
    groups = asset if len(set(asset.tolist())) > 1 else None
    slices = {name: _column(rows.features, name) for name in spec.by}
    time = rows.features["t"] if timed else None
    return Samples(rows.labels[target].astype(np.float64), scores, decision, slices, groups, time)


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
    joined = {**rows.features, target: rows.labels[target].astype(np.float64)}
    clock = None if calendar is None else OperatingClock(calendar)
    reset = RESET if RESET in joined else None
    return Episodes.of(joined, when, clock, decision=decision, score=scores, reset=reset, by=spec.by, label=target)


def drift(spec: MetricSpec, model: Model, rows: Rows) -> DriftEvidence:
    """Return the strongest evidence for a change on any asset at any time of the test rows, against the training rows.

    Each asset is watched by itself in blocks of `block` rows (50 when absent), as on the device; the budget is shared
    out among the assets, so a block of any of them counts in `blocks_per_year`.

    Raises:
        InvalidInput: a watched feature is absent, or the training rows give fewer than two blocks.
    """
    params = read_params(spec.metric, metrics.check(spec).params, spec.params)
    kept = rows.of(_in_states(rows.features, params["states"]))
    names = params["features"] or tuple(n for n in model.features if n not in model.categories)
    size = params["block"] or BLOCK
    for name in names:
        _column(kept.features, name)
    reference = drift_reference(kept.of((kept.roles != TEST) & (kept.roles != UNUSED)).features, names, size)
    tested = kept.of(kept.roles == TEST).features
    evidence, blocks = 0.0, 0
    assets = list(dict.fromkeys(tested["asset"].tolist()))
    for asset in assets:
        mine = take(tested, np.asarray(tested["asset"] == asset, bool))
        numbers = blocks_of(mine, size)
        detector = Detector.of(reference, practical=params["practical_shift"])
        for number in range(int(numbers.max(initial=-1)) + 1):
            block = take(mine, numbers == number)
            scores = reference.scores({n: np.asarray(block[n], np.float64) for n in names})
            evidence = max(evidence, detector.push(scores))
            blocks += 1
    per_year = reference.blocks_per_day * DAYS_PER_YEAR * max(len(assets), 1)
    shifts = smallest_shift(reference, limit(1.0, per_year)).values()
    rows_a_day = min(reference.effective_rows_per_day().values(), default=0.0)
    return DriftEvidence(
        evidence, blocks, per_year, rows_a_day, min(shifts, default=np.inf), reference.blocks < PROVISIONAL_BELOW
    )


def _in_states(features: Columns, states: tuple[str, ...]) -> Array:
    """Return which rows were in one of the states; all, when none is named or the recipe's frames have no state."""
    if not states or STATE not in features:
        return np.ones(length(features), bool)
    return np.isin(features[STATE].astype(str), states)


def _column(columns: Mapping[str, Array], name: str) -> Array:
    if name not in columns:
        raise InvalidInput(f"There is no column {name!r}.", hint=f"Use one of: {', '.join(columns)}.")
    return columns[name]
