"""A sparkline: the course of a value, small enough for a row of a table, interrupted where samples are missing."""

import numpy as np

from ninefold.surface.figure import Figure
from ninefold.surface.marks import sheet
from ninefold.surface.scale import figure, span
from ninefold.surface.timeaxis import Axis
from ninefold.surface.trace import Floats, path, thinned, usual_gap


def spark(
    name: str, title: str, times: Floats, values: Floats, *, gap_s: float | None = None, height: float = 20,
    over: Axis | None = None,
) -> Figure:  # fmt: skip
    """Return the course of values, shape (n_samples,), over times in seconds; its table is the row it stands in.

    Without an axis it runs from the first time to the last.
    """
    good = values[np.isfinite(values)]
    start, end = (float(times.min()), float(times.max())) if len(times) else (0.0, 1.0)
    if over is not None:
        start, end = over.start.timestamp(), over.end.timestamp()
    low, high = span(good.tolist())
    pieces = thinned(times, values, start, end, usual_gap(times) if gap_s is None else gap_s, columns=80)
    line = f'<path class="n-line" d="{path(pieces, start, end, low, high)}"/>' if pieces else ""
    box = f'x="0" y="2" width="100%" height="{height - 4:g}" viewBox="0 0 1000 100" preserveAspectRatio="none"'
    said = f"{figure(low)} – {figure(high)}" if len(good) else ""
    return Figure(title, said, sheet(name, title, said, [f'<svg {box} overflow="visible">{line}</svg>'], height=height))
