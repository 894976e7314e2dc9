"""The confusion as a table, from the first measurement that holds one."""

import pytest

from ninefold.development.validation.confusion import confusion_table, first_confusion
from ninefold.kernel.errors import NotFound
from ninefold.vocabulary.measurement import Confusion


def test_true_classes_stand_in_rows_and_told_ones_in_columns() -> None:
    """With the sum and the recall of each class; a class without a row has none."""
    body = {"confusion": {"classes": ["a", "b", "c"], "counts": [[3, 1, 0], [0, 2, 0], [0, 0, 0]]}}
    found = first_confusion("m", [{"metric": "rmse"}, body])
    assert found == Confusion(("a", "b", "c"), ((3, 1, 0), (0, 2, 0), (0, 0, 0)))
    table = confusion_table("m", found)
    assert table.columns == ("true class", "told a", "told b", "told c", "rows", "right")
    assert table.rows == (
        ("a", 3, 1, 0, 4, "75%"), ("b", 0, 2, 0, 2, "100%"), ("c", 0, 0, 0, 0, None), ("told in all", 3, 3, 0, 6, "83%"),
    )  # fmt: skip
    assert table.notes == ("5 of 6 test rows are told right.",)


def test_no_rows_make_a_table_too() -> None:
    """Without a share of nothing."""
    assert confusion_table("m", Confusion(("a", "b"), ((0, 0), (0, 0)))).rows[-1] == ("told in all", 0, 0, 0, None)


def test_a_model_without_classes_has_none() -> None:
    """The message says what to ask for."""
    with pytest.raises(NotFound, match="No measurement of m holds a confusion") as caught:
        first_confusion("m", [{"metric": "rmse"}])
    assert "macro_f1" in caught.value.hint
