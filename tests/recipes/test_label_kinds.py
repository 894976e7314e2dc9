"""Labels of other kinds: a number, a class, and how long something still lasts."""

from typing import Any

import numpy as np
import pytest
from tests.recipes import cases

from ninefold.kernel.errors import InvalidFile, InvalidInput
from ninefold.recipes import Label, label_remaining, label_rows
from ninefold.vocabulary.quantity import Duration

MINUTE = 60_000_000
ENGINES = Label("engines", kind="remaining", until="end_of_group", cap=3.0)


def text(*values: str | None) -> Any:
    return np.array(values, dtype=object)


def frames(asset: Any, *minutes: int, **more: Any) -> dict[str, Any]:
    t = np.array(minutes, np.int64) * MINUTE
    return {"asset": asset, "frame": np.arange(float(len(t))), "t": t, **more}


def rows(**columns: Any) -> dict[str, Any]:
    n = len(next(iter(columns.values())))
    return {"asset": np.full(n, "mill", object), "ts": np.arange(n) * MINUTE, **columns}


def equal(found: Any, wanted: list[float]) -> bool:
    return np.array_equal(found, wanted, equal_nan=True)


def test_frames_that_remain_are_counted_to_the_last_one_and_capped() -> None:
    """Each asset by itself, in any order; the last frame has 0, a long life counts as the cap."""
    at = frames(text("a", "b", "a", "a", "a", "a", "b", None), 1, 2, 3, 4, 6, 5, 1, 9)
    assert equal(label_remaining(ENGINES, at, None, None)["label"], [3, 0, 3, 2, 0, 1, 1, np.nan])


def test_a_group_within_an_asset_has_ended_when_another_one_began() -> None:
    """The last group is still at work; a frame of no group has no label. In minutes, too."""
    at = frames(text(*"aaaaab"), 0, 1, 5, 7, 8, 0, tool=text("t1", "t1", "t2", None, "t3", "t1"))
    label = Label("engines", kind="remaining", until="end_of_group", group="tool", unit="min")
    assert equal(label_remaining(label, at, None, None)["label"], [1, 0, 0, np.nan, np.nan, np.nan])
    with pytest.raises(InvalidInput, match="no column 'tool'"):
        label_remaining(label, frames(text("a"), 0), None, None)


def log(*entries: tuple[int, str, str | None]) -> dict[str, Any]:
    at = np.array([e[0] for e in entries], np.int64) * MINUTE
    return {"asset": np.full(len(at), "a", object), "kind": text(*(e[1] for e in entries)), "occurred": at,
            "known": at, "event": text(*(f"e{i}" for i in range(len(at)))), "outcome": text(*(e[2] for e in entries))}  # fmt: skip


def test_what_remains_until_an_event() -> None:
    """Up to the event itself; after the last one nothing is known, and what ended otherwise says nothing either."""
    label = Label("log", "broken", kind="remaining", unit="min")
    events = log((3, "broken", None), (6, "planned_change", None), (8, "broken", "averted"), (12, "broken", None))
    found = label_remaining(label, frames(text(*"aaaaaaab"), 0, 3, 4, 7, 9, 11, 13, 1), events, None)
    assert equal(found["label"], [3, 0, np.nan, np.nan, 3, 1, np.nan, np.nan])
    assert found["event"].tolist() == ["e0", "e0", None, None, "e3", "e3", None, None]
    counted = label_remaining(Label("log", "broken", kind="remaining"), frames(text(*"aaaa"), 0, 1, 3, 4), events, None)
    assert equal(counted["label"], [2, 1, 0, np.nan])
    late = label_remaining(
        label, frames(text("a"), 0), {**events, "known": events["known"] + 99 * MINUTE}, None, as_of=0
    )
    assert equal(late["label"], [np.nan])
    assert label_remaining(label, frames(text()), log(), None)["label"].tolist() == []


def test_remaining_life_runs_on_the_operating_clock() -> None:
    """Here the plant works every second minute; without a calendar there is no such clock."""
    label = Label("log", "broken", kind="remaining", unit="s", clock="operating")
    at = frames(text("a", "a"), 0, 2)
    assert equal(label_remaining(label, at, log((4, "broken", None)), lambda t: t / 2e6)["label"], [120, 60])
    with pytest.raises(InvalidInput, match="no calendar is given"):
        label_remaining(label, at, log((4, "broken", None)), None)


def test_a_number_is_taken_as_it_stands() -> None:
    """Infinity is not a number that can be learnt."""
    label = Label("parts", column="wear", kind="regression")
    found = label_rows(label, frames(text(*["mill"] * 3), 0, 1, 2), rows(wear=np.array([-2.5, np.inf, 7])))
    assert equal(found["label"], [-2.5, np.nan, 7])
    with pytest.raises(InvalidInput, match="'wear' is text"):
        label_rows(label, frames(text("mill"), 0), rows(wear=text("x")))


def test_a_class_is_text() -> None:
    """Null stays null; numbers are no classes."""
    label = Label("parts", column="fault", kind="multiclass")
    found = label_rows(label, frames(text(*["mill"] * 4), 2, 1, 0, 9), rows(fault=text("b", None, "a")))
    assert found["label"].tolist() == ["a", None, "b", None]
    with pytest.raises(InvalidInput, match="'fault' holds numbers"):
        label_rows(label, frames(text("mill"), 0), rows(fault=np.ones(1)))


ONE_HOT = Label("parts", kind="multiclass", columns={"Scratch": "x", "Stain": "y"})


def test_one_column_for_each_class() -> None:
    """The class is the one that is 1; none of them, or one that is not known, gives no label; two are an error."""
    table = rows(x=np.array([1.0, 0, 0, np.nan]), y=np.array([0.0, 1, 0, 1]))
    found = label_rows(ONE_HOT, frames(text(*["mill"] * 4), 0, 1, 2, 3), table)
    assert found["label"].tolist() == ["Scratch", "Stain", None, None]
    for bad, message in (
        (rows(x=np.ones(2), y=np.array([0.0, 1])), "row 2 is of the classes Scratch and Stain at once"),
        (rows(x=np.ones(1), y=np.array([2.0])), "'y' holds 2"),
        (rows(x=np.ones(1)), "no column 'y'"),
        (rows(x=np.zeros(1), y=np.zeros(1)), "no frame ends at a row where 'x, y' is known"),
    ):
        with pytest.raises(InvalidInput, match=message):
            label_rows(ONE_HOT, frames(text("mill"), 0), bad)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "remaining"}, "either event: or until:"),
        ({"kind": "remaining", "until": "end_of_group", "event": "x"}, "either event: or until:"),
        ({"kind": "remaining", "until": "end_of_group", "column": "x"}, "counted, not read"),
        ({"kind": "remaining", "event": "x", "averted": "positive"}, "averted belongs to"),
        ({"kind": "remaining", "event": "x", "clock": "operating"}, "frames are counted without a clock"),
        ({"kind": "remaining", "event": "x", "group": "tool"}, "group: belongs to"),
        ({"kind": "remaining", "until": "end_of_group", "cap": 0.0}, "must be above 0"),
        ({"kind": "remaining", "until": "end_of_group", "group": ""}, "names asset"),
        ({"kind": "regression", "event": "x"}, "kind regression names column:"),
        ({"kind": "multiclass"}, "kind multiclass names column: or columns:"),
        ({"kind": "multiclass", "column": "x", "columns": {"a": "y", "b": "z"}}, "names column: or columns:"),
        ({"kind": "multiclass", "columns": {"a": "y"}}, "at least two classes"),
        ({"kind": "multiclass", "columns": {"a": "y", "b": "y"}}, "a column of its own"),
        ({"columns": {"a": "y", "b": "z"}}, "belongs to a label of kind multiclass"),
        ({"column": "x", "cap": 5.0}, "cap belongs to a label of kind remaining"),
        ({"kind": "regression", "column": "x", "mature_after": Duration(1.0)}, "mature_after belongs to"),
    ],
)
def test_what_does_not_belong_together_is_refused(fields: dict[str, Any], message: str) -> None:
    """Each with the words of the file."""
    with pytest.raises(ValueError, match=message):
        Label("parts", **fields)


HEAD = "inputs: {parts: dataset:parts}\nkeys: {entity: asset, time: ts}\n"


def test_no_class_column_becomes_a_feature() -> None:
    """Kept, or by taking everything; the remaining life is counted in the rows that become features."""
    label = "\nlabel: {from: parts, kind: multiclass, columns: {Scratch: x, Stain: y}}"
    for steps, message in (
        ("steps:\n  - keep: [z, y]", "The step reads 'y'"),
        ("steps: []", "the label 'x, y' among them"),
    ):
        with pytest.raises(InvalidFile) as caught:
            cases.recipe(HEAD + steps + label)
        assert message in " ".join(str(p) for p in caught.value.problems)
    found = cases.recipe(HEAD + "steps: []\nlabel: {from: parts, kind: remaining, until: end_of_group, cap: 125}").label
    assert found == Label("parts", kind="remaining", until="end_of_group", cap=125.0)
    with pytest.raises(InvalidFile) as caught:
        cases.recipe(HEAD.replace("}\nkeys", ", log: events:log}\nkeys") + "steps: []\nlabel: {from: log, kind: remaining, until: end_of_group}")  # fmt: skip
    assert "must stand in 'parts'" in str(caught.value.problems[0])
