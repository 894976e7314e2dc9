"""The gap map: how much of each day's producing time of each asset has good data; planned stops are hatched.

A diamond stands on a day on which something was done to the asset, a bar above the days on which a model decided.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, TypeAlias, TypeGuard

from ninefold.kernel.errors import InvalidInput
from ninefold.surface.calendar import DIAMOND
from ninefold.surface.figure import Figure
from ninefold.surface.marks import hatched, hatching, percent, sheet, words
from ninefold.surface.svg import clean
from ninefold.surface.table import Table

ROW, NAMES, FOOT, TYPICAL = 30.0, 0.09, 20.0, 700.0
COMPLETE = 0.995
GapCell: TypeAlias = float | Literal["stop"] | None


def gap_map(
    name: str, title: str, description: str, days: Sequence[date], assets: Mapping[str, Sequence[GapCell]], *,
    complete: float = COMPLETE, day: str = "%d %b", stopped: str = "planned stop", nothing: str = "not measured",
    columns: tuple[str, str, str, str] = ("asset", "complete days", "days with gaps", "done"),
    done: Mapping[str, Mapping[date, str]] | None = None, versions: Sequence[tuple[date, date, str]] = (),
) -> Figure:  # fmt: skip
    """Return a cell for each asset and day: a share 0 to 1, `stop`, or None where nothing was measured.

    A share below `complete` is a gap, framed and with its per cent where there is room; the table names them. `done`
    says what was done by asset and day, `versions` what decided from one day to another, both included.

    Raises:
        InvalidInput: an asset has not one cell for each day.
    """
    if wrong := next((a for a, cells in assets.items() if len(cells) != len(days)), None):
        message = f"The gap map has {len(assets[wrong])} cells of {wrong!r} for {len(days)} days."
        raise InvalidInput(message, hint="Give one cell for each day.")
    done = done or {}
    wide, top = (1 - NAMES) / max(len(days), 1), 9.0 if versions else 0.0
    parts = [hatching(name), *_versions(days, versions, wide, day)]
    for number, (asset, cells) in enumerate(assets.items()):
        y, did = ROW * number + 2 + top, done.get(asset, {})
        parts.append(words(0, y + 17, asset, style="n-m", width=NAMES * TYPICAL))
        for place, (when, cell) in enumerate(zip(days, cells, strict=True)):
            kind, told = _kind(name, cell, complete, stopped, nothing)
            tip = f"{asset}, {when.strftime(day)}: {told}" + (f"; {did[when]}" if when in did else "")
            parts += _cell(kind, clean(tip), NAMES + wide * place, y, wide)
            if when in did:
                parts.append(_sign(NAMES + wide * (place + 0.5), y))
            if _gap(cell, complete) and wide * TYPICAL > 14:
                at = percent(NAMES + wide * (place + 0.5))
                parts.append(words(at, y + 17, told.partition(".")[0], anchor="middle", style="n-b"))
    bottom = ROW * len(assets) + top
    for place in range(0, len(days), max(1, -(-len(days) // 8))):
        x = percent(NAMES + wide * (place + 0.5))
        parts.append(words(x, bottom + 14, days[place].strftime(day), anchor="middle"))
    rows = tuple(
        (a, sum(_full(c, complete) for c in of), _told(days, of, complete, day), _did(done.get(a, {}), day))
        for a, of in assets.items()
    )
    notes = tuple(f"{word}: {a.strftime(day)} – {b.strftime(day)}" for a, b, word in versions)
    svg = sheet(name, title, description, parts, height=bottom + FOOT)
    return Figure(title, description, svg, Table(title, columns, rows, notes))


def _versions(days: Sequence[date], versions: Sequence[tuple[date, date, str]], wide: float, day: str) -> list[str]:
    """Return a bar over the days on which each version decided."""
    parts = []
    for first, last, word in versions:
        inside = [n for n, d in enumerate(days) if first <= d <= last]
        if inside:
            x, width = percent(NAMES + wide * inside[0]), percent(wide * len(inside))
            tip = clean(f"{word}, {first.strftime(day)} – {last.strftime(day)}")
            parts.append(
                f'<rect class="n-version n-now" x="{x}" width="{width}" y="2" height="5"><title>{tip}</title></rect>'
            )
    return parts


def _sign(x: float, y: float) -> str:
    return f'<svg x="{percent(x)}" y="{y + 5:g}" overflow="visible"><path class="n-mark" d="{DIAMOND}"/></svg>'


def _did(done: Mapping[date, str], day: str) -> str:
    """Return what was done on which days, the latest ten."""
    latest = sorted(done)[-10:]
    said = ", ".join(f"{d.strftime(day)} {done[d]}" for d in latest)
    return f"… {said} ({len(done)})" if len(done) > 10 else said


def _cell(kind: str, tip: str, x: float, y: float, wide: float) -> list[str]:
    box = f'x="{percent(x + wide * 0.05)}" width="{percent(wide * 0.9)}" y="{y:g}" height="{ROW - 4:g}" rx="2"'
    return [f"<rect {kind} {box}><title>{tip}</title></rect>"]


def _full(cell: GapCell, complete: float) -> bool:
    return not isinstance(cell, str) and cell is not None and cell >= complete


def _gap(cell: GapCell, complete: float) -> TypeGuard[float]:
    return not isinstance(cell, str) and cell is not None and cell < complete


def _told(days: Sequence[date], cells: Sequence[GapCell], complete: float, day: str) -> str:
    """Return the days with gaps and their shares, the first ten."""
    gaps = [(d, c) for d, c in zip(days, cells, strict=True) if _gap(c, complete)]
    said = ", ".join(f"{d.strftime(day)} {100 * c:.0f} %" for d, c in gaps[:10])
    return f"{said}, \u2026 ({len(gaps)})" if len(gaps) > 10 else said


def _kind(name: str, cell: GapCell, complete: float, stopped: str, nothing: str) -> tuple[str, str]:
    if isinstance(cell, str):
        return f'fill="{hatched(name)}"', stopped
    if cell is None:
        return 'class="n-sunken n-rim"', nothing
    return f'class="{"n-full-cell" if cell >= complete else "n-gap-cell"}"', f"{100 * cell:.1f} %"
