"""Features and labels as a trainer sees them: a float32 matrix in the order of the contract, and a label per row."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ninefold.development.modelling.specification import TaskSpec
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Columns, Floats, length

MOST_CATEGORIES = 1000
MOST_CLASSES = 100
FEW = 20  # values of a text feature that may mix words and numbers: codes of variants


class Table(NamedTuple):
    """Feature rows with their labels, row for row."""

    columns: dict[str, Array]  # keys, context and features
    features: tuple[str, ...]
    y: Floats  # NaN where unknown; of a multiclass task the place in `classes`
    categories: dict[str, tuple[str, ...]]
    classes: tuple[str, ...] = ()

    @property
    def x(self) -> Array:
        """The float32 matrix (n_rows, n_features); text as codes, null as NaN."""
        return matrix(self.columns, self.features, self.categories)


def table_of(features: Columns, names: Sequence[str], labels: Columns, task: TaskSpec) -> Table:
    """Return features and labels together.

    Raises:
        InvalidInput: a column is absent, the two do not stand row for row, there are no rows or features, or a label
            does not suit the kind of task.
    """
    target = task.target
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
    y, classes = targets(labels[target], task)
    if len(y) != rows:
        raise InvalidInput(f"There are {rows} feature rows and {len(y)} labels.", hint="Run the labels again.")
    return Table(dict(features), tuple(names), y, categories_of(features, names), classes)


def targets(column: Array, task: TaskSpec) -> tuple[Floats, tuple[str, ...]]:
    """Return the labels as numbers, NaN where unknown, and the classes of a multiclass task.

    Raises:
        InvalidInput: text where a number is wanted or the reverse, or a class that the model file does not name.
    """
    is_text = column.dtype == object
    if task.kind != "multiclass":
        if is_text and (words := [v for v in column if isinstance(v, str)]):
            message = f"The label {task.target!r} holds the text {words[0]!r}; a {task.kind} task learns numbers."
            raise InvalidInput(message, hint="Correct the recipe's label, or use kind: multiclass.")
        y = np.array([np.nan if v is None else v for v in column], np.float64) if is_text else column.astype(np.float64)
        if np.isinf(y).any():
            raise InvalidInput(f"{int(np.isinf(y).sum())} labels are infinite.", hint="Correct the recipe's label.")
        return y, ()
    if not is_text and not np.isnan(column.astype(np.float64)).all():
        message = f"The label {task.target!r} holds numbers; a multiclass task learns classes, which are text."
        raise InvalidInput(message, hint="Correct the recipe's label, or use kind: regression.")
    texts = [None if not isinstance(v, str) else v for v in column]
    found = {v for v in texts if v is not None}
    classes = task.classes or tuple(sorted(found))
    if unknown := sorted(found - set(classes)):
        message = f"The labels hold {unknown[0]!r}, which is none of the task's classes."
        raise InvalidInput(message, hint=f"Add it to task.classes, which has: {', '.join(classes)}.")
    if len(classes) > MOST_CLASSES:
        message = f"The labels hold {len(classes)} classes; at most {MOST_CLASSES} can be learnt."
        raise InvalidInput(message, hint="Group rare classes in the recipe's label.")
    places = {name: float(place) for place, name in enumerate(classes)}
    return np.array([np.nan if v is None else places[v] for v in texts], np.float64), classes


def categories_of(columns: Columns, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the values of each text feature, sorted; a value's place is its code.

    Raises:
        InvalidInput: a text feature has more than 1,000 values, which makes it a name and no category, or holds
            numbers with a few words between them.
    """
    found = {}
    for name in names:
        if columns[name].dtype != object:
            continue
        values = sorted({str(v) for v in columns[name] if v is not None})
        if len(values) > MOST_CATEGORIES:
            message = f"The text feature {name!r} has {len(values)} values."
            raise InvalidInput(message, hint="Leave it out: it names rows instead of grouping them.")
        if len(values) > FEW and (words := [v for v in values if not _is_number(v)]) and len(words) < len(values) / 2:
            message = f"The feature {name!r} is text, though most of its values are numbers; one is {words[0]!r}."
            raise InvalidInput(message, hint=f'Cast it in the recipe: cast: {{{name}: float64, on_error: "null"}}.')
        found[name] = tuple(values)
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


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
