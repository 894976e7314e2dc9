"""The confusion of classes as a picture: truth in rows, answers in columns, shaded by the share of the truth's rows."""

from collections.abc import Sequence

from ninefold.kernel.errors import InvalidInput
from ninefold.surface.figure import Figure
from ninefold.surface.marks import sheet, words
from ninefold.surface.svg import clean
from ninefold.surface.table import Table

CELL, NAMES, TOP = 30.0, 150.0, 42.0
MOST = 30  # classes that a picture can still show; a table shows more


def confusion(
    name: str, title: str, description: str, classes: Sequence[str], counts: Sequence[Sequence[int]], *,
    truth: str = "truth", answer: str = "answer",
) -> Figure:  # fmt: skip
    """Return a square of cells; right answers are blue, wrong ones red, and each says how many rows it holds.

    Raises:
        InvalidInput: the counts are no square of the classes, or there are more classes than a picture can show.
    """
    if len(counts) != len(classes) or any(len(row) != len(classes) for row in counts):
        raise InvalidInput(f"The counts of {title!r} are no square.", hint="Give one row and column for each class.")
    if len(classes) > MOST:
        raise InvalidInput(f"{len(classes)} classes do not fit a picture.", hint="Show the table instead.")
    wide = min(max(560.0 / max(len(classes), 1), CELL), 96.0)
    parts = [
        words(NAMES, 12, f"{answer} →", style="n-m"),
        words(NAMES - 10, 12, f"↓ {truth}", anchor="end", style="n-m"),
    ]
    for place, label in enumerate(classes):
        parts.append(words(NAMES + wide * (place + 0.5), TOP - 8, label, anchor="middle", style="n-b", width=wide))
        parts.append(words(NAMES - 10, TOP + CELL * place + 19, label, anchor="end", style="n-b", width=NAMES - 16))
    for row, (label, cells) in enumerate(zip(classes, counts, strict=True)):
        total = max(sum(cells), 1)
        for column, n in enumerate(cells):
            x, y = NAMES + wide * column, TOP + CELL * row
            tip = f"{truth} {label}, {answer} {classes[column]}: {n:,} ({100 * n / total:.0f} %)"
            parts += _cell(x, y, wide, n, n / total, tip, right=row == column)
    width, height = NAMES + wide * len(classes) + 4, TOP + CELL * len(classes) + 4
    columns = (truth, *(f"{answer} {c}" for c in classes))
    table = Table(title, columns, tuple((c, *row) for c, row in zip(classes, counts, strict=True)))
    return Figure(title, description, sheet(name, title, description, parts, width=width, height=height), table)


def _cell(x: float, y: float, wide: float, n: int, share: float, tip: str, *, right: bool) -> list[str]:
    kind = "n-shade" if right else "n-wrong"
    box = f'x="{x:g}" y="{y:g}" width="{wide - 2:g}" height="{CELL - 2:g}" rx="2" opacity="{0.05 + 0.4 * share:.2f}"'
    said = words(x + wide / 2 - 1, y + 19, f"{n:,}", anchor="middle", style="n-b" if n else "")
    return [f'<rect class="{kind}" {box}><title>{clean(tip)}</title></rect>', said]
