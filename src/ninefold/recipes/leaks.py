"""Whether features or labels know what could not be known: each is made again without the future, and compared."""

from collections.abc import Mapping

import msgspec
import numpy as np

from ninefold.recipes.batch import run
from ninefold.recipes.label import AVERTED, Label, Operating, kinds_of_events
from ninefold.recipes.operations import AsOf
from ninefold.recipes.recipe import Recipe
from ninefold.recipes.table import NO_TIME, entities, null_mask, times
from ninefold.vocabulary.columns import Array, Columns, length, take

TOLERANCE = 1e-9


class Leak(msgspec.Struct, frozen=True):
    """One row that knows too much, or says what its events do not bear out."""

    column: str
    asset: str
    t: int
    message: str


def feature_leaks(
    recipe: Recipe, inputs: Mapping[str, Columns], features: Columns, shares: tuple[float, ...] = (0.35, 0.7, 1.0)
) -> tuple[Leak, ...]:
    """Return the rows of features that change when each entity's rows end earlier; at most one per column and share.

    Rows of other inputs that were not known by then are taken away too.
    """
    rows = inputs[recipe.rows]
    who = entities(recipe.keys.entity, rows[recipe.keys.entity])
    found: list[Leak] = []
    for share in shares:
        kept = _beginning(who, share)
        past = take(rows, kept)
        rights = {n: _known(recipe, n, inputs[n], past) for n in recipe.rights}
        again = run(recipe, {recipe.rows: past, **rights})
        found += _differences(features, again)
    return tuple({(leak.column, leak.asset, leak.t): leak for leak in found}.values())


def _beginning(who: Array, share: float) -> Array:
    """Return the rows that each entity's first share is made of, in their order."""
    kept = [
        rows[: int(np.ceil(len(rows) * share))]
        for name in sorted(set(who[~null_mask(who)].tolist()))
        if len(rows := np.flatnonzero(np.asarray(who == name, dtype=bool)))
    ]
    return np.sort(np.concatenate(kept)) if kept else np.empty(0, np.intp)


def _known(recipe: Recipe, name: str, right: Columns, past: Columns) -> Columns:
    step = next(s for s in recipe.steps if isinstance(s, AsOf) and s.right == name)
    moments = past[recipe.keys.time]
    t = recipe.parses.parse(moments) if recipe.parses else times(recipe.keys.time, moments)
    return take(right, times(step.known, right[step.known]) <= t.max(initial=NO_TIME))


def _differences(features: Columns, again: Columns) -> list[Leak]:
    keys = {(a, t): i for i, (a, t) in enumerate(zip(features["asset"].tolist(), features["t"].tolist(), strict=True))}
    pairs = [
        (keys[key], i)
        for i, key in enumerate(zip(again["asset"].tolist(), again["t"].tolist(), strict=True))
        if key in keys
    ]
    left, right = (np.array(side, dtype=np.intp) for side in (zip(*pairs, strict=True) if pairs else ((), ())))
    found = []
    for name in again:
        if name in features and len(left):
            wrong = np.flatnonzero(_unlike(features[name][left], again[name][right]))
            if len(wrong):
                i, j = left[wrong[0]], right[wrong[0]]
                message = f"is {features[name][i]!s}, but {again[name][j]!s} from what was known"
                found.append(Leak(name, str(features["asset"][i]), int(features["t"][i]), message))
    return found


def _unlike(a: Array, b: Array) -> Array:
    different: Array
    missing = null_mask(a) != null_mask(b)
    if a.dtype == object or b.dtype == object:
        different = missing | (np.asarray(a != b, dtype=bool) & ~null_mask(a))
        return different
    scale = max(float(np.nanmax(np.abs(b), initial=0.0)), 1e-300)
    with np.errstate(invalid="ignore"):
        different = missing | (np.abs(a - b) > TOLERANCE * scale)
    return different


def label_leaks(
    label: Label, labels: Columns, events: Columns, operating: Operating, as_of: int, most: int = 20
) -> tuple[Leak, ...]:
    """Return labels that their events do not bear out: 1 without a known event in the horizon, 0 with one.

    The horizon is measured here for every pair of frame and event, apart from `label_frames`. `operating` is the clock
    of the label (for the calendar: µs / 1e6).
    """
    occurred, known = times("occurred", events["occurred"]), times("known", events["known"])
    outcome = events.get("outcome", np.full(length(events), None, dtype=object))
    averted = label.averted == "positive"
    pairs = zip(kinds_of_events(events).tolist(), outcome, strict=True)
    kind = np.array([averted if o == AVERTED else e == label.event for e, o in pairs], bool)
    usable = kind & (occurred != NO_TIME) & (known != NO_TIME) & (known <= as_of)
    who, event_of = entities("asset", labels["asset"]), entities("asset", events["asset"])
    low, high = label.ahead
    found = []
    for name in sorted(set(who[~null_mask(who)].tolist())):
        rows = np.flatnonzero(np.asarray(who == name, dtype=bool))
        mine = usable & np.asarray(event_of == name, dtype=bool)
        ahead = operating(occurred[mine])[None, :] - operating(times("t", labels["t"][rows]))[:, None]
        there = ((ahead >= low) & (ahead <= high)).any(axis=1)
        value = labels["label"][rows]
        for i in np.flatnonzero(((value == 1) & ~there) | ((value == 0) & there)).tolist():
            says = (
                "an event that is not in its horizon or was not known"
                if value[i] == 1
                else "no event, but one is known"
            )
            found.append(Leak("label", name, int(labels["t"][rows[i]]), f"says {value[i]:g}: {says}"))
    return tuple(found[:most])
