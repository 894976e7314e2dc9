"""Test rows on which sensors fail: columns disturbed, read and scored as on the device."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ninefold.bundle.session import Session
from ninefold.criteria.faults import Line, disturbed
from ninefold.vocabulary.columns import Array, Columns


@dataclass(frozen=True)
class Disturbance:
    """A model with its test rows. Columns and arrays are (n_rows,); the matrix is as the session reads the rows."""

    session: Session
    features: tuple[str, ...]  # that the model reads
    rows: Columns
    line: Line
    matrix: Array
    spreads: Mapping[str, float | None]  # of the training rows: 0 where nothing varies, None for text

    @classmethod
    def of(cls, session: Session, features: tuple[str, ...], trained: Columns, tested: Columns) -> "Disturbance":
        """Return the test rows, ready to be disturbed by the spread of the training rows.

        Raises:
            InvalidInput: a feature of the model is not among the columns.
        """
        matrix = session.matrix(tested)
        spreads = {name: spread_of(trained[name]) for name in features}
        return cls(session, features, tested, Line.of(tested), matrix, spreads)

    def scores(
        self, fault: str, names: Sequence[str], rng: np.random.Generator, size: float = 1.0, places: Array | None = None
    ) -> Array:
        """Return what the model says while some features have a fault; of the rows at `places`, or of all.

        Raises:
            InvalidInput: there is no such fault, its size is out of range, or text should do more than drop out.
        """
        changed = self.matrix.copy() if places is None else self.matrix[places]
        for name in names:
            column = disturbed(self.rows[name], self.line, fault, self.spreads[name] or 0.0, rng, size)
            # through the session's own reading of a column, as on the device
            changed[:, self.features.index(name)] = self._as_read(name, column if places is None else column[places])
        return self.session.score_matrix(changed)

    def _as_read(self, name: str, values: Array) -> Array:
        only = {n: (values if n == name else np.zeros(len(values))) for n in self.features}
        return self.session.matrix(only)[:, self.features.index(name)]


def spread_of(column: Array) -> float | None:
    """Return the standard deviation of a column, 0 when nothing varies; None for text."""
    if column.dtype == object:
        return None
    numbers = column.astype(np.float64)
    numbers = numbers[np.isfinite(numbers)]
    return float(numbers.std()) if len(numbers) else 0.0


__all__ = ["Disturbance", "spread_of"]
