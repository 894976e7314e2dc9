"""Golden rows: made once at the centre, repeated on every device before a bundle may decide anything there."""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec
import numpy as np

from ninefold.bundle.conformal import certain, told
from ninefold.bundle.deciding import clear, decided
from ninefold.bundle.manifest import Contract, Decide, Feature, Golden
from ninefold.bundle.payload import Payload
from ninefold.bundle.session import Session
from ninefold.kernel.errors import InvalidInput, NinefoldError
from ninefold.recipes.batch import ordered
from ninefold.vocabulary.columns import Array, Columns, Floats, length, take

ROWS = 24
TOLERANCE = 1e-5  # of a score: float32 and another processor's exponential
_RELATIVE = 1e-9  # of a feature: float64 in another order of summation

JsonColumns = dict[str, list[float | int | str | None]]


class Stream(Protocol):
    """The recipe as a stream: rows in any cuts give the same features; `state` survives a restart."""

    def push(self, columns: Columns) -> Columns:
        """Take raw rows and return the feature rows that became complete."""

    def state(self) -> bytes:
        """Return what a new stream needs to go on in the middle of a window."""


class SelfTest(msgspec.Struct, frozen=True):
    """What the self-test found; the first thing that differs is in `reason`."""

    passed: bool
    reason: str
    scored: int  # golden feature rows
    computed: int  # feature rows out of the golden raw rows
    largest_difference: float  # of the scores


def make_golden(
    session: Session, contract: Contract, raw: Columns | None = None, stream: Stream | None = None,
    decide: Decide | None = None,
) -> Golden:  # fmt: skip
    """Return the golden rows of a model, and with raw rows and a stream those of its recipe.

    Rows on which the graph gives no finite score are left out. `decide` is for a bundle with conformal answers.
    """
    rows = golden_features(contract)
    scores = session.score(rows)
    kept = np.isfinite(scores if scores.ndim == 1 else scores.sum(axis=1))
    features = {name: _listed(array) for name, array in take(rows, kept).items()}
    made: JsonColumns = {}
    if raw is not None and stream is not None:
        made = {name: _listed(array) for name, array in stream.push(raw).items()}
    held = {} if raw is None else {name: _listed(array) for name, array in raw.items()}
    plain: Any = features
    good = scores[kept]
    given = tuple(tuple(s) if isinstance(s, list) else s for s in good.tolist())
    # a number in a unit of its own is as exact as float32 lets it be
    tolerance = TOLERANCE * max(1.0, float(np.abs(good).max(initial=0.0)))
    answers: Any = (
        {} if decide is None else {n: _listed(a) for n, a in _answers(decide, contract.classes, good).items()}
    )
    return Golden(plain, given, tolerance, held, made, answers)


def _answers(decide: Decide, classes: tuple[str, ...], scores: Floats) -> Columns:
    """Return the conformal answers to scores, as decisions carry them; none without a rule."""
    if decide.conformal is None:
        return {}
    return told(decide.conformal, decide.task, classes, scores, np.ones(len(scores), bool))


def golden_features(contract: Contract) -> dict[str, Array]:
    """Return rows that cross the reference of every feature: inside, at its ends, beyond them, and missing.

    They follow from the contract alone, so that the same model has the same golden rows.
    """
    return {f.name: _golden_column(f, contract, place) for place, f in enumerate(contract.features)}


def _golden_column(feature: Feature, contract: Contract, place: int) -> Array:
    turn = np.arange(ROWS)
    steps = (turn + turn // 7 * (place + 1) + place) % 7  # each feature walks its levels in another order
    missing = (np.arange(ROWS) == ROWS - 1) | (np.arange(ROWS) == ROWS - 2 - place % 8)
    if feature.name in contract.categories:
        values = (*contract.categories[feature.name], "a value that was never seen")
        out = np.array([values[s % len(values)] for s in steps], object)
        out[missing] = None
        return out
    centre = 0.0 if feature.centre is None else feature.centre
    spread = feature.spread or 1.0
    low = centre - 3 * spread if feature.low is None else feature.low
    high = centre + 3 * spread if feature.high is None else feature.high
    levels = np.array([low - spread, low, centre - spread, centre, centre + spread, high, high + spread])
    numbers: Floats = levels.astype(np.float32).astype(np.float64)[steps]
    numbers[missing] = np.nan
    return numbers


def self_test(payload: Payload, session: Session, new_stream: Callable[[bytes | None], Stream]) -> SelfTest:
    """Run the golden rows through model and recipe and return what was found; errors of ours are findings too.

    `new_stream(state)` starts the recipe anew, or from a state. The golden raw rows are pushed in two parts with a
    restart between them, so that the state is tested as well.
    """
    golden = payload.golden
    try:
        reason, largest = _score_again(payload, session, golden)
        computed = 0
        if not reason and golden.raw:
            reason, computed = _compute_again(golden, new_stream)
    except (NinefoldError, ValueError) as error:  # ValueError: columns of different lengths
        return SelfTest(passed=False, reason=str(error), scored=0, computed=0, largest_difference=0.0)
    return SelfTest(not reason, reason, len(golden.scores), computed, largest)


def _score_again(payload: Payload, session: Session, golden: Golden) -> tuple[str, float]:
    rows = {name: column(values) for name, values in golden.features.items()}
    classes, decide = payload.manifest.contract.classes, payload.manifest.decide
    expected = np.array(golden.scores, np.float64)
    shape = (length(rows), len(classes)) if classes else (length(rows),)
    if expected.shape != shape or not len(expected):
        return "the bundle holds no golden rows, or not one score for each", 0.0
    found = session.score(rows)
    apart = np.abs(found - expected)
    if not (apart <= golden.tolerance).all():
        worst = np.unravel_index(np.argmax(np.where(np.isfinite(apart), apart, np.inf)), apart.shape)
        message = f"golden row {worst[0]} scores {found[worst]:.7g} here, expected {expected[worst]:.7g}"
        return message, float(np.nanmax(apart))
    here, there = decided(decide, classes, found), decided(decide, classes, expected)
    differs = (here.alarm != there.alarm) | (here.place != there.place)
    if differ := np.flatnonzero(clear(decide, classes, expected, golden.tolerance) & differs).tolist():
        return f"golden row {differ[0]} is decided differently here", float(apart.max())
    return _answer_again(golden, decide, classes, found, expected), float(apart.max())


def _answer_again(golden: Golden, decide: Decide, classes: tuple[str, ...], found: Floats, expected: Floats) -> str:
    """Return where conformal answers are others here; a set only where no score is near an edge of it."""
    here = _answers(decide, classes, found)
    wanted = {name: column(list(values)) for name, values in golden.answers.items()}
    if here.keys() != wanted.keys():
        given = ", ".join(wanted) or "none"
        return f"the bundle gives {', '.join(here) or 'no'} conformal answers, its golden rows {given}"
    for name, values in wanted.items():
        if len(values) != len(found):
            return f"the golden rows hold {len(values)} conformal answers to {len(found)} rows"
        if name == "answer":
            sure = np.ones(len(found), bool)
            if decide.conformal is not None:
                sure = certain(decide.conformal, expected, golden.tolerance)
            other = sure & (here[name] != values)
        else:
            other = ~(np.abs(here[name] - values.astype(np.float64)) <= golden.tolerance)
        if other.any():
            return f"golden row {int(np.argmax(other))} has another conformal answer here ({name})"
    return ""


def _compute_again(golden: Golden, new_stream: Callable[[bytes | None], Stream]) -> tuple[str, int]:
    raw = {name: column(values) for name, values in golden.raw.items()}
    wanted = {name: column(values) for name, values in golden.rows.items()}
    half = length(raw) // 2
    first = new_stream(None)
    parts = [first.push(take(raw, np.arange(half)))]
    parts.append(new_stream(first.state()).push(take(raw, np.arange(half, length(raw)))))
    found = {n: np.concatenate([p[n] for p in parts if n in p]) for n in dict.fromkeys(n for p in parts for n in p)}
    if found.keys() != wanted.keys():
        return f"the recipe gives other columns here: {', '.join(sorted(found.keys() ^ wanted.keys()))}", 0
    if length(found) != length(wanted):
        return f"the recipe gives {length(found)} rows here, expected {length(wanted)}", 0
    if set(found) >= {"asset", "t"}:
        found, wanted = ordered(found), ordered(wanted)  # within one push rows come by asset, whatever their times
    for name, values in wanted.items():
        if not same(found[name], values):
            return f"the recipe gives other values of {name} here", length(found)
    return "", length(found)


def same(found: Array, wanted: Array) -> bool:
    """Return whether two columns hold the same values; numbers within 1e-9 of their size, null equals null."""
    if found.dtype == object or wanted.dtype == object:
        return _listed(found) == _listed(wanted)
    a, b = found.astype(np.float64), wanted.astype(np.float64)
    return bool(np.allclose(a, b, rtol=_RELATIVE, atol=1e-12, equal_nan=True))


def column(values: list[Any]) -> Array:
    """Return a JSON list as a column: whole numbers int64, numbers float64 with NaN for null, anything else text.

    Raises:
        InvalidInput: a whole number does not fit 64 bit.
    """
    given = [v for v in values if v is not None]
    if any(isinstance(v, str) for v in given):
        return np.array(values, object)
    if len(given) == len(values) and given and all(type(v) is int for v in given):
        try:
            return np.array(values, np.int64)
        except OverflowError:
            raise InvalidInput("A golden column holds a whole number beyond 64 bit.") from None
    return np.array([np.nan if v is None else float(v) for v in values], np.float64)


def _listed(array: Array) -> list[float | int | str | None]:
    """Return a column as JSON holds it."""
    return [None if v is None or (isinstance(v, float) and not np.isfinite(v)) else v for v in array.tolist()]
