"""The report as one page of HTML: no script, no outside reference, readable on light and dark ground and in print."""

from collections.abc import Iterator

from ninefold.development.validation.report.document import Document, Section
from ninefold.development.validation.report.drawing import svg
from ninefold.surface.svg import clean
from ninefold.surface.table import Cell, Table

LARGEST = 500_000  # bytes
LONG = 30  # characters without a blank, such as a digest: broken anywhere
MOST_ROWS = 200  # of one table; the record holds all

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #566173; --ground: #fff; --line: #d5dbe6; --head: #f4f6fa;
  --good: #1a7f37; --warn: #a13d00; --doubt: #8a6d00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf3; --soft: #a9b4c6; --ground: #14181f; --line: #323b4a;
  --head: #1e2530; --good: #5cc97a; --warn: #ffab73; --doubt: #e0c050; } }
body { font: 15px/1.5 system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; color: var(--ink); background: var(--ground);
  max-width: 900px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; margin-bottom: 0; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .3rem; }
h2 { border-bottom: 1px solid var(--line); padding-bottom: .2rem; } h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; }
p { margin: .3rem 0; } .soft, .notes { color: var(--soft); } .notes { font-size: .85rem; padding-left: 1.1rem; }
figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: .85rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; width: 100%; margin: .4rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); }
th { background: var(--head); position: sticky; top: 0; } td { overflow-wrap: break-word; }
td.long { overflow-wrap: anywhere; min-width: 9rem; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; overflow-wrap: normal; }
td.pass, td.fresh { color: var(--good); font-weight: 600; } td.fail, td.leak { color: var(--warn); font-weight: 600; }
td.insufficient, td.look, td.stale { color: var(--doubt); font-weight: 600; }
summary { cursor: pointer; color: var(--soft); }
nav a { margin-right: .9rem; color: inherit; } code { font-size: .85em; }
@media print { details > * { display: block; } nav { display: none; } }
"""
_STATES = frozenset({"pass", "fail", "insufficient", "fresh", "stale", "leak", "look"})


def page(found: Document) -> str:
    """Return the whole page; its tables are cut further when it would be larger than 500 kB."""
    text = ""
    for most in (MOST_ROWS, 40, 10):
        text = "".join(_page(found, most))
        if len(text.encode()) <= LARGEST:
            break
    return text


def _page(found: Document, most: int) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    yield f"<title>{clean(found.title)}</title>\n<style>{_STYLE}</style></head>\n<body>\n"
    yield f'<h1>{clean(found.title)}</h1>\n<p class="soft">{clean(found.subtitle)}</p>\n<nav>'
    yield "".join(f'<a href="#{_id(s.title)}">{clean(s.title)}</a>' for s in found.sections)
    yield "</nav>\n"
    for section in found.sections:
        yield from _section(section, most)
    yield "</body></html>\n"


def _section(found: Section, most: int) -> Iterator[str]:
    yield f'<h2 id="{_id(found.title)}">{clean(found.title)}</h2>\n<p class="soft">{clean(found.lead)}</p>\n'
    for drawn in found.figures:
        words = f"{drawn.title}. {drawn.description}"
        yield f"<figure>{svg(drawn)}<figcaption>{clean(words)}</figcaption></figure>\n"
    for table in found.tables:
        if found.figures and found.title != "Criteria":
            name = table.title or "The figures as a table"
            yield f"<details><summary>{clean(name)} as a table</summary>{''.join(_table(table, most))}</details>\n"
        else:
            yield from _table(table, most)


def _table(found: Table, most: int) -> Iterator[str]:
    if not found.rows:
        yield f"<p>{clean(found.empty or f'{found.title}: nothing.')}</p>\n"
        return
    yield '<div class="wide"><table><thead><tr>'
    yield "".join(f'<th scope="col">{clean(c)}</th>' for c in found.columns)
    yield "</tr></thead>\n<tbody>"
    for row in found.rows[:most]:
        yield f"<tr>{''.join(_cell(c) for c in row)}</tr>\n"
    yield "</tbody></table></div>\n"
    notes = list(found.notes)
    if len(found.rows) > most:
        notes.append(f"{len(found.rows) - most} more rows are in the record.")
    if notes:
        yield f'<ul class="notes">{"".join(f"<li>{clean(n)}</li>" for n in notes)}</ul>\n'


def _cell(value: Cell) -> str:
    if isinstance(value, int | float):
        return f'<td class="number">{shown(value)}</td>'
    text = clean("" if value is None else value)
    if len(max(text.split(), key=len, default="")) > LONG:
        return f'<td class="long">{text}</td>'
    return f'<td class="{text}">{text}</td>' if text in _STATES else f"<td>{text}</td>"


def shown(value: float) -> str:
    """Return a number as people read it: no exponent for whole numbers, six digits at most."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def _id(title: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in title.lower())
