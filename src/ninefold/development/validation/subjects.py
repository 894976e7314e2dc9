"""From evidence to what a metric is measured on: the test rows, scored as on the device, with labels and events."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ninefold.bundle.reference import BLOCK, blocks_of, drift_reference
from ninefold.bundle.session import Session
from ninefold.criteria import metrics
from ninefold.criteria.operating import OperatingClock
from ninefold.criteria.params import read_params
from ninefold.criteria.subjects import DriftEvidence, Episodes, Samples
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.drift import DriftReference
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
    """Return the strongest evidence for a change at any time of the test rows, against the training rows.

    Each asset is watched in blocks of `block` rows (50 when absent), as on the device; the evidence is the mean over
    the assets. Without `features` those are watched whose blocks are nearly independent: for the others the budget of
    false alarms does not hold.

    Raises:
        InvalidInput: a watched feature is absent, none is left to watch, or there are fewer than two training blocks.
    """
    params = read_params(spec.metric, metrics.check(spec).params, spec.params)
    kept = rows.of(_in_states(rows.features, params["states"]))
    size, practical = params["block"] or BLOCK, params["practical_shift"]
    trained = kept.of((kept.roles != TEST) & (kept.roles != UNUSED)).features
    reference = _watched(trained, params["features"], model, size)
    tested = kept.of(kept.roles == TEST).features
    assets = sorted(set(tested["asset"].tolist()))
    detectors = {asset: Detector.of(reference, practical=practical) for asset in assets}
    evidence, numbers = 0.0, blocks_of(tested, size)
    ends = [(int(tested["t"][numbers == n].max()), n) for n in range(int(numbers.max(initial=-1)) + 1)]
    for _, number in sorted(ends):
        block = take(tested, numbers == number)
        values = {n: np.asarray(block[n], np.float64) for n in reference.features}
        detectors[block["asset"][0]].push(reference.scores(values))
        evidence = max(evidence, float(np.mean([d.total for d in detectors.values()])))
    per_year = reference.blocks_per_day * DAYS_PER_YEAR
    shifts = smallest_shift(reference, limit(1.0, per_year) * max(len(assets), 1), practical=practical).values()
    rows_a_day = min(reference.effective_rows_per_day().values(), default=0.0)
    return DriftEvidence(
        evidence, len(ends), per_year, rows_a_day, min(shifts, default=np.inf), reference.blocks < PROVISIONAL_BELOW
    )


def _watched(trained: Columns, named: tuple[str, ...], model: Model, size: int) -> DriftReference:
    """Return the reference of the features that are named, or of those whose blocks are nearly independent."""
    names = named or tuple(n for n in model.features if n not in model.categories)
    for name in names:
        _column(trained, name)
    reference = drift_reference(trained, names, size)
    wandering = () if named else reference.dependent()
    if len(wandering) == len(names):
        message = "No feature can be watched for drift: each wanders from block to block."
        raise InvalidInput(message, hint="Name a residual in params.features, or a longer block.")
    kept = {n: f for n, f in reference.features.items() if n not in wandering}
    return replace(reference, features=kept)


def _in_states(features: Columns, states: tuple[str, ...]) -> Array:
    """Return which rows were in one of the states; all, when none is named or the recipe's frames have no state."""
    if not states or STATE not in features:
        return np.ones(length(features), bool)
    return np.isin(features[STATE].astype(str), states)


def _column(columns: Mapping[str, Array], name: str) -> Array:
    if name not in columns:
        raise InvalidInput(f"There is no column {name!r}.", hint=f"Use one of: {', '.join(columns)}.")
    return columns[name]
