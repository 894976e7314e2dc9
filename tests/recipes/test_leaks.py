"""A shifted label and a shifted feature are each caught; honest ones are not."""

from typing import Any

import numpy as np
import pytest
from tests.recipes import cases

from ninefold.recipes import Label, batch, label_frames
from ninefold.recipes.leaks import feature_leaks, label_leaks
from ninefold.vocabulary.quantity import Duration


def history(rows: int = 600) -> dict[str, Any]:
    """Two machines, ten-second samples, parts of twelve."""
    rng = np.random.default_rng(7)
    place = np.arange(rows)
    part = np.floor(place / 12)
    one = {
        "ts": cases.START + place * 10 * cases.SECOND,
        "part": part,
        "spindle_torque": rng.normal(40, 3, rows),
        "spindle_speed": rng.normal(1500, 20, rows),
        "tool_wear": place / 10.0,
        "tool_life": np.floor(part / 20),
        "variant": np.array(["L", "M", "H"], dtype=object)[(part % 3).astype(int)],
    }
    both = {n: np.concatenate([a, a]) for n, a in one.items()}
    return {"asset": np.repeat(np.array(["m1", "m2"], dtype=object), rows), **both}


RECIPE = cases.recipe(cases.PART_FEATURES)


def test_honest_features_do_not_leak() -> None:
    """Taking away the future changes no row that was complete before it."""
    inputs = {"cell": history(), "log": {}}
    assert feature_leaks(RECIPE, inputs, batch.run(RECIPE, inputs)) == ()


@pytest.mark.job("data/leaks", against="cases", what="planted error")
def test_a_feature_shifted_by_one_part_is_caught() -> None:
    """The next part's torque under this part's name."""
    inputs = {"cell": history(), "log": {}}
    features = batch.run(RECIPE, inputs)
    planted = features | {"torque_lift": np.roll(features["torque_lift"], -1)}
    assert {leak.column for leak in feature_leaks(RECIPE, inputs, planted)} == {"torque_lift"}


def test_a_join_on_the_time_of_occurrence_is_caught() -> None:
    """An event that was typed an hour late stands in a feature at once."""
    recipe = cases.steps("as_of: {right: log, columns: [word], tolerance: 2 h}", frame=False, right=True)
    when = np.array([cases.START + 100 * cases.SECOND])
    log = {"asset": np.array(["m1"], dtype=object), "occurred": when, "word": np.array(["x"], dtype=object)}
    honest = {"cell": history(60), "log": log | {"known": when + 200 * cases.SECOND}}
    early = {"cell": history(60), "log": log | {"known": when}}
    assert feature_leaks(recipe, honest, batch.run(recipe, honest)) == ()
    leaks = feature_leaks(recipe, honest, batch.run(recipe, early))
    assert [leak.column for leak in leaks] == ["word"]
    assert "None from what was known" in leaks[0].message


def test_a_shifted_label_is_caught() -> None:
    """Labels that slipped one frame say 1 where no event is ahead, or 0 where one is."""
    label = Label("log", "tool_failure", (Duration(0.0), Duration(300.0)))
    features = batch.run(RECIPE, {"cell": history(), "log": {}})
    when = np.array([cases.START + 3000 * cases.SECOND])
    log = {
        "asset": np.array(["m1"], dtype=object),
        "event": np.array(["tool_failure"], dtype=object),
        "occurred": when,
        "known": when,
    }

    def calendar(t: Any) -> Any:
        return t / 1e6

    as_of = int(features["t"].max()) + 10**12
    labels = label_frames(label, features, log, None, as_of=as_of)
    assert np.nansum(labels["label"]) > 0
    assert label_leaks(label, labels, log, calendar, as_of) == ()
    planted = labels | {"label": np.roll(labels["label"], 1)}
    assert label_leaks(label, planted, log, calendar, as_of)
    assert label_leaks(label, labels, log, calendar, int(when[0]) - 1), "the event was not known by then"


def test_an_averted_failure_of_another_kind_bears_out_its_labels() -> None:
    """Where averted failures count as positive, an operator's change in time is one of them."""
    at = np.array([cases.START])
    log = {
        "asset": np.array(["m1"], dtype=object),
        "event": np.array(["operator_change"], dtype=object),
        "occurred": at + 60 * cases.SECOND,
        "known": at + 60 * cases.SECOND,
        "outcome": np.array(["averted"], dtype=object),
    }
    frames = {"asset": log["asset"], "frame": np.zeros(1), "t": at}

    def calendar(t: Any) -> Any:
        return t / 1e6

    as_of = cases.START + 1000 * cases.SECOND
    counted = Label("log", "tool_failure", (Duration(0.0), Duration(300.0)), averted="positive")
    made = label_frames(counted, frames, log, None, as_of=as_of)
    assert made["label"].tolist() == [1.0]
    assert label_leaks(counted, made, log, calendar, as_of) == ()
    other = Label("log", "tool_failure", (Duration(0.0), Duration(300.0)), averted="negative")
    assert len(label_leaks(other, made, log, calendar, as_of)) == 1
