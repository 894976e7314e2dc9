"""Recipes as people write them: every problem at its line."""

import pytest
from tests.recipes import cases

from ninefold.kernel.errors import InvalidFile, InvalidInput
from ninefold.recipes import decode, encode
from ninefold.recipes.operations import Window

HEAD = "inputs: {cell: dataset:cell}\nkeys: {entity: asset, time: ts, frame: part}\n"


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        cases.recipe(text)
    return [str(p) for p in caught.value.problems]


def test_the_worked_example_carries_what_later_steps_need() -> None:
    """variant and tool_life are in no statistic, but a later expression and a reset read them."""
    recipe = cases.recipe(cases.PART_FEATURES)
    window = next(s for s in recipe.steps if isinstance(s, Window))
    assert window.context == ("variant", "tool_life")
    assert recipe.features() == (
        "power_mean", "power_min", "power_max", "spindle_torque_mean", "spindle_torque_std", "spindle_torque_max",
        "tool_wear_last", "torque_lift", "torque_lift_mean_20", "torque_lift_slope_20",
    )  # fmt: skip
    assert recipe.needed == ("spindle_speed", "spindle_torque", "tool_life", "tool_wear", "variant")
    assert recipe.label is not None
    assert recipe.label.horizon == (300.0, 7200.0)


def test_the_bundle_gets_back_the_same_recipe() -> None:
    """Canonical JSON and back, twice."""
    recipe = cases.recipe(cases.PART_FEATURES)
    assert decode(encode(recipe)) == recipe
    assert encode(decode(encode(recipe))) == encode(recipe)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"{", b'{"inputs": {}, "keys": {}, "steps": [{"op": "eval"}]}'])
def test_bytes_that_are_no_recipe(data: bytes) -> None:
    """Refused, with the reason."""
    with pytest.raises(InvalidInput, match="no recipe"):
        decode(data)


WRONG = {
    "unknown operation": (
        "steps:\n  - clipp: {x: [0, 1]}",
        ":4: steps[0].clipp: There is no operation 'clipp'. Did you mean 'clip'?",
    ),
    "unknown function": (
        "steps:\n  - derive: {a: 'sqt(x)'}",
        "position 1: there is no function or table 'sqt'. Did you mean 'sqrt'?",
    ),
    "unknown table": ("steps:\n  - derive: {a: 'nominal(x)'}", "or declare nominal under tables."),
    "unit missing": (
        "steps:\n  - fill: {columns: [x], limit: 30}",
        ":4: steps[0].fill.limit: Expected a unit as in '5 min', found 30.",
    ),
    "unknown unit": ("steps:\n  - unit: {x: {from: C, to: K}}", "The unit 'C' is not known."),
    "wrong dimension": ("steps:\n  - unit: {x: {from: m, to: K}}", "m measures length, K measures temperature."),
    "no frame": (
        "steps:\n  - window: {by: batch, statistics: {x: mean}}",
        "by 'batch' is not the frame of the keys (part).",
    ),
    "unknown statistic": (
        "steps:\n  - window: {by: part, statistics: {x: median}}",
        ":4: steps[0].window.statistics.x[0]: Found 'median', expected one of mean, std",
    ),
    "reversed": ("steps:\n  - clip: {x: [2, 1]}", "the bounds of 'x' are reversed: 2 is above 1."),
    "two keys": (
        "steps:\n  - {clip: {x: [0, 1]}, filter: 'x > 0'}",
        ":4: steps[0]: A step is one name and what it does.",
    ),
    "over": (
        "steps:\n  - rolling: {over: 20 lives, statistics: {x: mean}}",
        "The unit 'lives' is neither rows nor the frame.",
    ),
    "admit late": (
        "steps:\n  - clip: {x: [0, 1]}\n  - admit: {lateness: 1 s}",
        ":5: steps[1].admit: admit must stand at the head",
    ),
    "twice": (
        "steps:\n  - lag: {column: x}\n  - lag: {column: x}",
        "lag makes the column 'x_lag_1', which exists already.",
    ),
    "key": ("steps:\n  - clip: {part: [0, 1]}", "clip cannot change the key 'part'."),
    "python": ("steps:\n  - python: features.py:mine", "The columns that the function adds must be named."),
    "python outside": (
        "steps:\n  - python: {function: ../x.py:f, columns: [a]}",
        "expected FILE.py:FUNCTION inside the project",
    ),
    "daylight saving": (
        "steps:\n  - parse_time: {column: ts, zone: Europe/Berlin}",
        "neither UTC nor an offset such as +01:00.",
    ),
    "text order": ("steps:\n  - filter: 'variant > \"M\"'", "text has no order"),
    "unknown key": ("step: []\nsteps: []", ":3: step: The key 'step' is not known here. Did you mean 'steps'?"),
    "label input": ("steps: []\nlabel: {from: log, event: x, horizon: [1 s, 2 s]}", "There is no input 'log'."),
    "label horizon": (
        "steps: []\nlabel: {from: cell, event: x, horizon: [2 s, 1 s]}",
        "the horizon runs from 2 s to 1 s",
    ),
    "reserved": ("steps:\n  - derive: {__row: 'x'}", "The column name '__row' is reserved."),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_named_at_its_line(name: str) -> None:
    """What was found, what was expected, and the nearest word."""
    text, expected = WRONG[name]
    assert expected in " ".join(problems(HEAD + text))


def test_all_problems_are_reported_together() -> None:
    """One run, three mistakes, three lines."""
    found = problems(HEAD + "steps:\n  - clipp: {}\n  - cast: {x: float}\n  - fill: {columns: [x], limit: 3}")
    assert [p.split(":")[1] for p in found] == ["4", "5", "6"]


def test_what_keep_does_not_list_is_gone() -> None:
    """Also for a recipe whose source is not known yet: its features are."""
    recipe = cases.recipe(HEAD + "steps:\n  - keep: [x, y]\n  - derive: {z: 'x / y'}")
    assert recipe.features() == ("x", "y", "z")
    assert recipe.needed == ("x", "y")
    assert "There is no column 'failure'" in problems(HEAD + "steps:\n  - keep: [x]\n  - derive: {z: failure}")[0]


def test_two_datasets_are_one_too_many() -> None:
    """Unless an as-of join takes one of them."""
    text = "inputs: {a: dataset:a, b: dataset:b}\nkeys: {entity: asset, time: ts}\nsteps:\n"
    assert "exactly one dataset" in problems(text + "  - clip: {x: [0, 1]}")[0]
    assert cases.recipe(text + "  - as_of: {right: b, columns: [y], tolerance: 1 h}").rows == "a"


def test_python_columns_are_for_the_centre_only() -> None:
    """An edge can refuse them by name; this version runs them nowhere."""
    recipe = cases.recipe(HEAD + "steps:\n  - python: {function: mine.py:f, columns: [a, b]}")
    assert recipe.centre_only == ("a", "b")
