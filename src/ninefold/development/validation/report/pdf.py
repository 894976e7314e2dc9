"""The report as a PDF: the same sections, with the drawings as lines and words, not as pictures.

The same report gives the same bytes. Words are set in the face that ReportLab brings (Bitstream Vera); a character that
it lacks becomes a question mark.
"""

import io
from html import escape
from typing import Any

from ninefold.development.validation.report.document import Document, Section
from ninefold.development.validation.report.drawing import LIGHT, SIZE, Dot, Drawing, Rect, Shape, Stroke, Word
from ninefold.development.validation.report.html import MOST_ROWS, shown
from ninefold.kernel.errors import MissingDependency
from ninefold.surface.table import Cell, Table

_FACE, _BOLD = "Vera", "VeraBd"
_MARGIN = 42.0  # points
_OUTCOMES = {"pass": LIGHT["good"], "fresh": LIGHT["good"], "fail": LIGHT["warn"], "leak": LIGHT["warn"],
             "insufficient": LIGHT["doubt"], "look": LIGHT["doubt"], "stale": LIGHT["doubt"]}  # fmt: skip


def paper(found: Document) -> bytes:
    """Return the PDF, A4.

    Raises:
        MissingDependency: ReportLab is not installed.
    """
    try:
        from reportlab.lib.pagesizes import A4
        from reportlab.platypus import SimpleDocTemplate, Spacer
    except ImportError:
        raise MissingDependency("reportlab", "report", "Writing a PDF") from None
    setting = _Setting(A4[0] - 2 * _MARGIN)
    story = [setting.line(found.title, "title"), setting.line(found.subtitle, "soft"), Spacer(1, 8)]
    for section in found.sections:
        story += _section(section, setting)
    out = io.BytesIO()
    template = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN + 8,
        title=found.title, subject=found.subtitle, invariant=1,
    )  # fmt: skip
    template.build(story, onFirstPage=_footer(found.title), onLaterPages=_footer(found.title))
    return out.getvalue()


class _Setting:
    """Faces, styles and the width of the column, made once a report."""

    def __init__(self, width: float) -> None:
        from reportlab.lib.styles import ParagraphStyle
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.ttfonts import TTFont

        self.width = width
        for face in (_FACE, _BOLD):
            pdfmetrics.registerFont(TTFont(face, f"{face}.ttf"))
        self._known = pdfmetrics.getFont(_FACE).face.charToGlyph
        plain = {"fontName": _FACE, "textColor": LIGHT["ink"]}
        self._styles = {
            "title": ParagraphStyle("title", **{**plain, "fontName": _BOLD}, fontSize=17, leading=22),
            "heading": ParagraphStyle("heading", **{**plain, "fontName": _BOLD}, fontSize=12, leading=16,
                                      spaceBefore=14, spaceAfter=2, keepWithNext=1),
            "soft": ParagraphStyle("soft", fontName=_FACE, textColor=LIGHT["soft"], fontSize=8, leading=11),
            "cell": ParagraphStyle("cell", **plain, fontSize=6.6, leading=8.4, splitLongWords=1),
            "note": ParagraphStyle("note", fontName=_FACE, textColor=LIGHT["soft"], fontSize=6.6, leading=9),
        }  # fmt: skip

    def printable(self, text: str) -> str:
        """Return text with a question mark for what the face cannot show."""
        return "".join(c if ord(c) in self._known or c == " " else "?" for c in text.replace("\n", " "))

    def line(self, text: object, style: str, colour: str = "") -> Any:
        """Return a paragraph."""
        from reportlab.platypus import Paragraph

        words = escape(self.printable(str(text)))
        return Paragraph(f'<font color="{colour}">{words}</font>' if colour else words, self._styles[style])


def _section(found: Section, setting: _Setting) -> list[Any]:
    from reportlab.platypus import KeepTogether, Spacer

    head: list[Any] = [setting.line(found.title, "heading"), setting.line(found.lead, "soft"), Spacer(1, 4)]
    story: list[Any] = []
    for drawn in found.figures:
        words = setting.line(f"{drawn.title}. {drawn.description}", "note")
        story.append(KeepTogether([*head, _flowable(drawn, setting), words, Spacer(1, 6)]))
        head = []
    story = [*head, *story]
    for table in found.tables:
        story += [*_table(table, setting), Spacer(1, 6)]
    return story


def _flowable(drawn: Drawing, setting: _Setting) -> Any:
    from reportlab.platypus import Flowable

    class Lines(Flowable):  # type: ignore[misc]  # ReportLab ships no types
        """A drawing as wide as the column."""

        def wrap(self, _width: float, _height: float) -> tuple[float, float]:
            return setting.width, drawn.height * setting.width / drawn.width

        def draw(self) -> None:
            scale = setting.width / drawn.width
            self.canv.scale(scale, scale)
            for shape in drawn.shapes:
                _draw(self.canv, shape, drawn.height, setting)

    return Lines()


def _draw(canvas: Any, shape: Shape, height: float, setting: _Setting) -> None:
    """Draw one shape; paper counts upwards from the bottom."""
    match shape:
        case Rect(x, y, width, tall, tone, strength):
            canvas.setFillColor(_mixed(LIGHT[tone], strength))
            canvas.rect(x, height - y - tall, width, tall, stroke=0, fill=1)
        case Stroke(points, tone, width, dashed):
            canvas.setStrokeColor(LIGHT[tone])
            canvas.setLineWidth(width)
            canvas.setDash([5, 4] if dashed else [])
            path = canvas.beginPath()
            path.moveTo(points[0][0], height - points[0][1])
            for x, y in points[1:]:
                path.lineTo(x, height - y)
            canvas.drawPath(path, stroke=1, fill=0)
        case Dot(x, y, radius, tone):
            canvas.setFillColor(LIGHT[tone])
            canvas.circle(x, height - y, radius, stroke=0, fill=1)
        case Word(x, y, text, anchor, tone):
            canvas.setFillColor(LIGHT[tone])
            canvas.setFont(_FACE, SIZE * 0.92)  # Vera is wider than the faces of a screen
            say = {"start": canvas.drawString, "middle": canvas.drawCentredString, "end": canvas.drawRightString}[
                anchor
            ]
            say(x, height - y, setting.printable(text))


def _mixed(colour: str, strength: float) -> Any:
    """Return a colour on white paper at a strength of 0 to 1."""
    from reportlab.lib.colors import Color

    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return Color(*(1 - strength * (1 - p) for p in parts))


def _table(found: Table, setting: _Setting) -> list[Any]:
    from reportlab.platypus import LongTable, TableStyle

    if not found.rows:
        return [setting.line(found.empty or f"{found.title}: nothing.", "soft")]
    rows = [[setting.line(c, "cell") for c in found.columns]]
    for row in found.rows[:MOST_ROWS]:
        texts = [_words(c) for c in row]
        rows.append([setting.line(t, "cell", _OUTCOMES.get(t, "")) for t in texts])
    style = TableStyle([
        ("BACKGROUND", (0, 0), (-1, 0), "#f4f6fa"), ("LINEBELOW", (0, 0), (-1, -1), 0.4, "#d5dbe6"),
        ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4), ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ])  # fmt: skip
    table = LongTable(rows, colWidths=_widths(found, setting.width), repeatRows=1, style=style)
    return [table, *(setting.line(note, "note") for note in found.notes)]


def _words(cell: Cell) -> str:
    if cell is None:
        return ""
    return shown(cell) if isinstance(cell, int | float) else str(cell)


def _widths(found: Table, width: float) -> list[float]:
    """Return the widths of the columns: each holds its longest word, long texts share the rest."""
    least, wish = [], []
    for place, name in enumerate(found.columns):
        column = [row[place] for row in found.rows[:MOST_ROWS]]
        cells = [str(name), *map(_words, column)]
        word = max((len(w) for c in cells for w in c.split()), default=1)
        least.append(4.3 * min(word, 32) + 8)
        wish.append(4.3 * min(max(len(c) for c in cells), 120))
    room = max(width - sum(least), 0.0)
    more = [max(w - m, 1.0) for w, m in zip(wish, least, strict=True)]
    wide = [m + room * x / sum(more) for m, x in zip(least, more, strict=True)]
    return [w * width / sum(wide) for w in wide]


def _footer(title: str) -> Any:
    def draw(canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont(_FACE, 7)
        canvas.setFillColor(LIGHT["soft"])
        canvas.drawString(_MARGIN, 26, "".join(c if ord(c) < 256 else "?" for c in title))
        canvas.drawRightString(document.pagesize[0] - _MARGIN, 26, str(canvas.getPageNumber()))
        canvas.restoreState()

    return draw
