"""The confusion of a model's classes as a table: what each class was told as, on the test rows."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ninefold.kernel.errors import NotFound
from ninefold.surface.table import Cell, Table
from ninefold.vocabulary.measurement import Confusion


def first_confusion(model: str, bodies: Iterable[Mapping[str, Any]]) -> Confusion:
    """Return the confusion that the first of some measurements (as plain values) holds; all hold the same.

    Raises:
        NotFound: none holds one.
    """
    for body in bodies:
        if plain := body.get("confusion"):
            return msgspec.convert(plain, Confusion)
    message = f"No measurement of {model} holds a confusion."
    raise NotFound(
        message, hint="Ask for macro_f1, class_recall or accuracy of a model of classes, then: ninefold run."
    )


def confusion_table(model: str, confusion: Confusion) -> Table:
    """Return rows of true classes by columns of told ones, with the rows and the recall of each class."""
    rows: list[tuple[Cell, ...]] = []
    for place, (name, counts) in enumerate(zip(confusion.classes, confusion.counts, strict=True)):
        total = sum(counts)
        rows.append((name, *counts, total, f"{counts[place] / total:.0%}" if total else None))
    right = sum(counts[i] for i, counts in enumerate(confusion.counts))
    everything = sum(map(sum, confusion.counts))
    told = [sum(column) for column in zip(*confusion.counts, strict=True)]
    share = f"{right / everything:.0%}" if everything else None
    rows.append(("told in all", *told, everything, share))
    columns = ("true class", *(f"told {c}" for c in confusion.classes), "rows", "right")
    return Table(f"Confusion of {model}", columns, tuple(rows), (f"{right} of {everything} test rows are told right.",))
