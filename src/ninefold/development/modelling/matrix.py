"""Features and labels as a trainer sees them: a float32 matrix in the order of the contract, and a label per row."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Columns, Floats, length

MOST_CATEGORIES = 1000


class Table(NamedTuple):
    """Feature rows with their labels, row for row."""

    columns: dict[str, Array]  # keys, context and features
    features: tuple[str, ...]
    y: Floats
    categories: dict[str, tuple[str, ...]]

    @property
    def x(self) -> Array:
        """The float32 matrix (n_rows, n_features); text as codes, null as NaN."""
        return matrix(self.columns, self.features, self.categories)


def table_of(features: Columns, names: Sequence[str], labels: Columns, target: str) -> Table:
    """Return features and labels together.

    Raises:
        InvalidInput: a column is absent, the two do not stand row for row, or there are no rows or features.
    """
    for wanted, where, there in ((names, features, "features"), ([target], labels, "labels")):
        if absent := [n for n in wanted if n not in where]:
            message = f"The {there} have no column {absent[0]!r}."
            raise InvalidInput(message, hint=f"Use one of: {', '.join(sorted(where))}.")
    if not names:
        raise InvalidInput(
            "The recipe gives no features to learn from.", hint="Add a window or a derived column to it."
        )
    rows = length(features)
    if not rows:
        raise InvalidInput("The features have no rows.", hint="Look at the dataset's range and the recipe's filters.")
    for key in ("asset", "t"):
        if key in features and key in labels and not np.array_equal(features[key], labels[key]):
            raise InvalidInput(f"Features and labels differ in {key!r}.", hint="Run the labels again.")
    y = np.asarray(labels[target], dtype=np.float64)
    if len(y) != rows:
        raise InvalidInput(f"There are {rows} feature rows and {len(y)} labels.", hint="Run the labels again.")
    return Table(dict(features), tuple(names), y, categories_of(features, names))


def categories_of(columns: Columns, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the values of each text feature, sorted; a value's place is its code.

    Raises:
        InvalidInput: a text feature has more than 1,000 values, which makes it a name and no category.
    """
    found = {}
    for name in names:
        if columns[name].dtype != object:
            continue
        values = sorted({str(v) for v in columns[name] if v is not None})
        if len(values) > MOST_CATEGORIES:
            message = f"The text feature {name!r} has {len(values)} values."
            raise InvalidInput(message, hint="Leave it out: it names rows instead of grouping them.")
        found[name] = tuple(values)
    return found


def matrix(columns: Columns, names: Sequence[str], categories: Mapping[str, Sequence[str]]) -> Array:
    """Return the float32 matrix of some columns; an unknown text value is NaN, as a null is."""
    rows = np.empty((length(columns), len(names)), dtype=np.float32)
    for place, name in enumerate(names):
        column = columns[name]
        if name in categories:
            codes = {value: float(code) for code, value in enumerate(categories[name])}
            column = np.array([np.nan if v is None else codes.get(str(v), np.nan) for v in column], dtype=np.float64)
        with np.errstate(over="ignore"):
            rows[:, place] = column.astype(np.float32)
    return rows
