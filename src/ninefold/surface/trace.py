"""A signal as a line: the least and the greatest sample of each pixel column, interrupted where samples are missing."""

import numpy as np
from numpy.typing import NDArray

COLUMNS = 700
Floats = NDArray[np.float64]


def thinned(
    times: Floats, values: Floats, start: float, end: float, gap: float, columns: int = COLUMNS
) -> list[tuple[Floats, Floats]]:
    """Return the unbroken pieces of a signal between two times, each with at most two samples a column, in order.

    Times and values have the shape (n_samples,), times in seconds; a piece ends where a value is not finite or the
    next sample is more than `gap` seconds away.
    """
    inside = (times >= start) & (times <= end)
    times, values = times[inside], values[inside]
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    good = np.isfinite(values)
    broken = np.cumsum(~good)[good]
    times, values = times[good], values[good]
    if not len(times):
        return []
    apart = (np.diff(times) > gap) | (np.diff(broken) > 0)
    piece = np.concatenate(([0], np.cumsum(apart)))
    column = np.minimum(((times - start) / max(end - start, 1e-9) * columns).astype(np.int64), columns - 1)
    kept = _extremes(piece * columns + column, values)
    pieces = piece[kept]
    cuts = np.flatnonzero(np.diff(pieces)) + 1
    return [(times[part], values[part]) for part in np.split(kept, cuts)]


def _extremes(group: NDArray[np.int64], values: Floats) -> NDArray[np.int64]:
    """Return the places of the least and the greatest value of each group, ascending."""
    order = np.lexsort((values, group))
    edges = np.flatnonzero(np.diff(group[order])) + 1
    first = np.concatenate(([0], edges))
    last = np.concatenate((edges, [len(order)])) - 1
    return np.unique(np.concatenate((order[first], order[last])))


def usual_gap(times: Floats) -> float:
    """Return the distance in seconds beyond which samples are missing: five times the usual one."""
    return float(5 * np.median(np.diff(np.sort(times)))) if len(times) > 2 else float("inf")


def path(pieces: list[tuple[Floats, Floats]], start: float, end: float, low: float, high: float) -> str:
    """Return the pieces as a path in a box of 1000 by 100; one lonely sample is a dot."""
    parts: list[str] = []
    for times, values in pieces:
        x = (times - start) / max(end - start, 1e-9) * 1000
        y = 100 - np.clip((values - low) / max(high - low, 1e-12), -0.02, 1.02) * 100
        points = [f"{a:.1f} {b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        parts.append("M" + "L".join(points) + ("h.01" if len(points) == 1 else ""))
    return "".join(parts)
