"""What other thresholds would have done on the rows that folds predicted: caught, false alarms, lead time.

Everything is made again from the inputs of the recorded operating point, so it fits the record to the last row.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np

from ninefold.criteria.episodes import EpisodeIndex
from ninefold.criteria.metrics import find
from ninefold.criteria.params import read_params
from ninefold.criteria.subjects import Episodes
from ninefold.development.modelling.curves import Curve, OutOfFold, Wanted, curve_of
from ninefold.development.modelling.operating_point import grid_of, joint_probability
from ninefold.development.modelling.operating_step import events_in, labelled_rows, out_of_fold, wanted_in
from ninefold.development.modelling.specification import DecisionSpec
from ninefold.development.modelling.stored import array_of
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.errors import InvalidInput, Refused
from ninefold.kernel.records import Record
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.steps import Evidence
from ninefold.vocabulary.columns import Floats
from ninefold.vocabulary.model import Leaderboard, OperatingPoint

_MOST = 4  # models that are kept ready
_kept: "OrderedDict[str, Exploration]" = OrderedDict()
_lock = threading.Lock()


class Standing(msgspec.Struct, frozen=True):
    """One criterion at a threshold."""

    criterion: str  # REQ-x/recall
    metric: str
    value: float | None
    op: str
    limit: float
    holds: bool
    probability: float | None  # that the test set passes it
    note: str


class Told(msgspec.Struct, frozen=True):
    """What a threshold does. The counts are there when the criteria count events; the leads are in seconds."""

    threshold: float
    standings: tuple[Standing, ...]
    probability: float | None  # that the test set passes all
    alarming: float  # share of the rows at or above the threshold
    caught: int | None = None
    events: int | None = None
    false_alarms: int | None = None
    weeks: float | None = None  # machine-weeks
    leads: tuple[float, float, float] | None = None  # 10 %, 50 % and 90 % of the caught events


@dataclass(frozen=True)
class Counted:
    """The rows as episodes, and how events are caught and false alarms counted."""

    subject: Episodes
    catching: EpisodeIndex
    false: EpisodeIndex


@dataclass(frozen=True)
class Exploration:
    """The rows of one candidate, and its curves over thresholds in rising order."""

    chosen: float
    thresholds: Floats
    curves: tuple[Curve, ...]
    data: OutOfFold
    counted: Counted | None

    def at(self, threshold: float) -> Told:
        """Return what a threshold does.

        Raises:
            InvalidInput: it is no finite number.
        """
        if not np.isfinite(threshold):
            raise InvalidInput("A threshold is a finite number.", hint="Give a score, such as 0.3.")
        curves = [curve_of(c.wanted, self.data, np.array([threshold])) for c in self.curves]
        joint = joint_probability(curves)
        told = Told(
            threshold, tuple(_standing(c) for c in curves), None if joint is None else float(joint[0]),
            float(np.mean(self.data.score >= threshold)),
        )  # fmt: skip
        return told if self.counted is None else _counted(told, self.counted)


def explored(record: Record, store: SqliteStore, blobs: Blobs) -> Exploration:
    """Return the thresholds of a recorded operating point; the last few are kept.

    Raises:
        Refused: it has no threshold, or the body of one of its inputs was erased.
        InvalidInput: a criterion cannot be measured out of fold.
    """
    inputs = {i.role: _evidence(i.role, store.get(i.id)) for i in record.inputs}  # also what is kept ends with them
    with _lock:  # two readers of one model wait for one reading
        if record.id in _kept:
            _kept.move_to_end(record.id)
            return _kept[record.id]
        made = _explored(record, inputs, blobs)
        _kept[record.id] = made
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
        return made


def _explored(record: Record, inputs: Mapping[str, Evidence], blobs: Blobs) -> Exploration:
    point = record.body(OperatingPoint)
    if point.threshold is None:
        raise Refused("This kind of task has no threshold.", hint="Change the rule in the model file.")
    board = inputs["candidates"].body(Leaderboard)
    wanted = list(wanted_in(inputs, inputs["decision"].body(DecisionSpec)))
    events, clock = events_in(inputs, blobs)
    score = array_of(blobs, board.candidate(point.candidate).out_of_fold).astype(np.float64)
    data = out_of_fold(labelled_rows(inputs, blobs, board), score, array_of(blobs, board.split.roles), events, clock)
    thresholds = grid_of(data.score)[::-1]
    curves = tuple(curve_of(w, data, thresholds) for w in wanted)
    return Exploration(point.threshold, thresholds, curves, data, _episodes(wanted, data))


def _evidence(role: str, record: Record) -> Evidence:
    if record.data is None:
        raise Refused(f"The input {role} of the operating point was erased.", hint="Run the operating point again.")
    plain = record.plain["body"] if record.kind.startswith("facet-") else record.plain
    return Evidence(role, record.id, record.content, record.kind, plain, record.blobs)


def _episodes(wanted: list[Wanted], data: OutOfFold) -> Counted | None:
    """Return the rows as episodes, each count in the way of the criterion that judges it; None when none counts."""
    indexes: dict[str, EpisodeIndex] = {}
    subject = None
    for w in wanted:
        metric = find(w.metric.metric, w.metric.params)
        if metric.kind == "episode" and data.events is not None:
            params = read_params(w.metric.metric, metric.params, w.metric.params)
            subject = Episodes.of(data.rows, data.events, data.clock, score=data.score, reset=data.reset, label="label")
            index = EpisodeIndex(subject, params["lead"], params["hold"], params["clock"])
            indexes.setdefault(w.metric.metric, index)
    if subject is None:
        return None
    first = next(iter(indexes.values()))
    return Counted(subject, indexes.get("recall", first), indexes.get("false_alarms_per_machine_week", first))


def _standing(curve: Curve) -> Standing:
    value, limit = float(curve.values[0]), curve.wanted.criterion.threshold
    probability = None if curve.probability is None else float(curve.probability[0])
    return Standing(
        curve.wanted.name, curve.wanted.metric.metric, value if np.isfinite(value) else None, limit.op, limit.value,
        bool(curve.holds[0]), probability, curve.note,
    )  # fmt: skip


def _counted(told: Told, found: Counted) -> Told:
    if found.subject.score is None:
        raise InvalidInput("The episodes carry no score.", hint="Give the scores of the folds.")
    decision = found.subject.score >= told.threshold
    caught, leads = found.catching.tally(decision).caught, found.catching.leads(decision)
    known = leads[np.isfinite(leads)]
    spread = tuple(float(v) for v in np.quantile(known, (0.1, 0.5, 0.9))) if len(known) else None
    return msgspec.structs.replace(
        told, caught=int(caught.sum()), events=len(caught), false_alarms=int(found.false.tally(decision).false.sum()),
        weeks=found.subject.exposure, leads=spread,
    )  # fmt: skip
