"""Labels from a column of the rows: taken at the frame's end, refused when they are no labels, and never a feature."""

from typing import Any

import numpy as np
import pytest
from tests.recipes import cases

from ninefold.kernel.errors import InvalidFile, InvalidInput
from ninefold.recipes import Label, label_rows
from ninefold.vocabulary.quantity import Duration

HEAD = "inputs: {parts: dataset:parts, other: dataset:other}\nkeys: {entity: asset, time: ts, frame: part}\n"
FAILED = Label("parts", column="failed", known_with=("hdf",))


def text(*values: str | None) -> Any:
    return np.array(values, dtype=object)


def rows(*failed: float, asset: str = "mill") -> dict[str, Any]:
    n = len(failed)
    return {"asset": np.full(n, asset, object), "ts": np.arange(n) * 1_000_000, "failed": np.array(failed)}


def frames(asset: Any, *seconds: int) -> dict[str, Any]:
    t = np.array(seconds, np.int64) * 1_000_000
    return {"asset": asset, "frame": np.arange(float(len(t))), "t": t}


def test_a_frame_takes_the_label_of_its_own_asset_and_moment() -> None:
    """In any order; unknown stays unknown, and so does a frame that ends at no row."""
    table = {
        n: np.concatenate((a, b))
        for (n, a), b in zip(rows(0, 1, np.nan).items(), rows(1, asset="m2").values(), strict=True)
    }
    found = label_rows(FAILED, frames(text("mill", "mill", "mill", "m2", "m2", None), 2, 1, 0, 0, 1, 1), table)
    assert np.array_equal(found["label"], [np.nan, 1, 0, 1, np.nan, np.nan], equal_nan=True)
    assert found["event"].tolist() == [None] * 6


def test_a_label_that_is_none_is_refused() -> None:
    """Text, another number, no column, rows that contradict each other, frames that end between the rows."""
    at = frames(text("mill"), 0)
    for table, message in (
        ({**rows(0), "failed": text("yes")}, "the column 'failed' is text"),
        (rows(2), "'failed' holds 2"),
        ({"asset": text("mill"), "ts": np.zeros(1, np.int64)}, "the rows have no column 'failed'"),
        ({**rows(0, 1), "ts": np.zeros(2, np.int64)}, "two rows of mill at 0 µs contradict each other"),
        (rows(np.nan), "no frame ends at a row where 'failed' is known"),
        (rows(0, asset="m2"), "no frame ends at a row"),
    ):
        with pytest.raises(InvalidInput, match=message):
            label_rows(FAILED, at, table)


def test_two_rows_that_agree_are_one() -> None:
    """As when an export holds a part twice; and no rows give no labels."""
    table = {**rows(1, 1), "ts": np.zeros(2, np.int64)}
    assert label_rows(FAILED, frames(text("mill"), 0), table)["label"].tolist() == [1.0]
    assert label_rows(FAILED, frames(text()), rows())["label"].tolist() == []


def problems(body: str) -> str:
    with pytest.raises(InvalidFile) as caught:
        cases.recipe(HEAD.replace(", other: dataset:other", "") + body)
    return " ".join(str(p) for p in caught.value.problems)


LABEL = "\nlabel: {from: parts, column: failed, known_with: [hdf, osf]}"


def test_what_is_known_only_with_the_label_is_no_feature() -> None:
    """Kept, in an expression, as a condition, or by taking everything: each is named at its line."""
    assert ":4: steps[0].keep: The step reads 'failed'" in problems("steps:\n  - keep: [torque, failed]" + LABEL)
    twice = problems("steps:\n  - derive: {hot: hdf * torque}\n  - filter: osf < 1\n  - keep: [hot]" + LABEL)
    assert ":4: steps[0].derive: The step reads 'hdf'" in twice
    assert ":5: steps[1].filter: The step reads 'osf'" in twice
    assert "All columns of 'parts' become features, the label 'failed' among them" in problems("steps: []" + LABEL)
    assert cases.recipe(HEAD.replace(", other: dataset:other", "") + "steps:\n  - keep: [torque]" + LABEL).needed == (
        "torque",
    )


def test_a_label_is_of_events_or_of_a_column() -> None:
    """Both, neither, and fields of the one with the other are named."""
    keep = "steps:\n  - keep: [torque]\nlabel: "
    assert "names either event: (with a horizon) or column:" in problems(keep + "{from: parts}")
    assert "either event" in problems(keep + "{from: parts, event: x, horizon: [1 s, 2 s], column: failed}")
    assert "a label of events needs a horizon" in problems(keep + "{from: parts, event: x}")
    assert "clock, horizon belongs to a label of events" in problems(
        keep + "{from: parts, column: failed, horizon: [1 s, 2 s], clock: operating}"
    )
    assert Label("log", "x", (Duration(0.0), Duration(2.0))).told == frozenset()


def test_the_column_stands_in_the_rows_that_become_features() -> None:
    """Not in a table that is joined."""
    body = "steps:\n  - as_of: {right: other, columns: [y], tolerance: 1 h}\n  - keep: [y]\nlabel: {from: other, column: failed}"
    with pytest.raises(InvalidFile, match="The column 'failed' must stand in 'parts', whose rows become features"):
        cases.recipe(HEAD + body)
