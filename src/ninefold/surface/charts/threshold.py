"""Threshold curves: what is caught and what is a false alarm, over the threshold of the score, with the one in use."""

from collections.abc import Sequence

from ninefold.kernel.errors import InvalidInput
from ninefold.surface.figure import Figure
from ninefold.surface.marks import percent, sheet, words
from ninefold.surface.scale import figure, share, span, ticks
from ninefold.surface.table import Table

PLOT, TOP, BETWEEN, FOOT, MOST = 84.0, 18.0, 26.0, 22.0, 60


def threshold_curve(
    name: str, title: str, description: str, thresholds: Sequence[float], curves: Sequence[tuple[str, Sequence[float]]],
    operating: float, *, across: str = "threshold",
) -> Figure:  # fmt: skip
    """Return each curve in a plot of its own (never two scales in one), one below the other, over one axis.

    The operating point is a dashed line through all, with the value of each curve there.

    Raises:
        InvalidInput: a curve has not one value for each threshold, or there is no threshold.
    """
    if not thresholds or any(len(values) != len(thresholds) for _, values in curves):
        raise InvalidInput(f"A curve of {title!r} has not one value for each threshold.", hint="Give one for each.")
    low, high = span(thresholds)
    parts = []
    for number, (what, values) in enumerate(curves):
        parts += _curve(number, what, thresholds, values, operating, (low, high))
    bottom = len(curves) * (PLOT + BETWEEN)
    for tick in ticks(low, high):
        at = share(tick, low, high)
        side = "start" if at < 0.03 else "end" if at > 0.97 else "middle"
        parts.append(words(percent(at), bottom + 15, figure(tick), anchor=side))
    step = max(1, -(-len(thresholds) // MOST))
    rows = tuple((t, *(v[i] for _, v in curves)) for i, t in list(enumerate(thresholds))[::step])
    table = Table(title, (across, *(what for what, _ in curves)), rows)
    return Figure(title, description, sheet(name, title, description, parts, height=bottom + FOOT), table)


def _curve(
    number: int, what: str, thresholds: Sequence[float], values: Sequence[float], operating: float,
    ends: tuple[float, float],
) -> list[str]:  # fmt: skip
    top = number * (PLOT + BETWEEN) + TOP
    low, high = span(values, zero=True)
    points = sorted(zip(thresholds, values, strict=True))
    way = "L".join(f"{1000 * share(t, *ends):.1f} {100 - 100 * share(v, low, high):.1f}" for t, v in points)
    box = f'x="0" y="{top:g}" width="100%" height="{PLOT:g}" viewBox="0 0 1000 100" preserveAspectRatio="none"'
    nearest = min(points, key=lambda p: abs(p[0] - operating))[1]
    x, y = percent(share(operating, *ends)), top + PLOT * (1 - share(nearest, low, high))
    left = share(operating, *ends) > 0.8
    said = words(-9 if left else 9, y - 5, figure(nearest), anchor="end" if left else "start", style="n-b n-halo")
    return [
        words(0, top - 6, what, style="n-h"),
        f'<line class="n-grid" x1="0" x2="100%" y1="{top:g}" y2="{top:g}"/>',
        f'<line class="n-axis" x1="0" x2="100%" y1="{top + PLOT:g}" y2="{top + PLOT:g}"/>',
        f'<svg {box} overflow="visible"><path class="n-line n-s{number % 4 + 1}" d="M{way}"/></svg>',
        words(4, top + 11, figure(high), style="n-halo"),
        words(4, top + PLOT - 4, figure(low), style="n-halo"),
        f'<line class="n-thr" x1="{x}" x2="{x}" y1="{top:g}" y2="{top + PLOT:g}"/>',
        f'<circle class="n-pt" cx="{x}" cy="{y:.1f}" r="4"/>',
        f'<svg x="{x}" y="0" overflow="visible">{said}</svg>',
    ]
