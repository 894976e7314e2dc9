"""The terminal: tables and sentences on the output, progress on the error stream, colour only where a person looks."""

import os
import sys
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

STATES = {"fresh": "green", "pass": "green", "stale": "yellow", "missing": "cyan", "insufficient": "yellow"}
STATES |= {"blocked": "red", "fail": "red", "available": "green", "partial": "yellow"}


class Terminal:
    """Shows surface models with rich; loaded when the first one is shown."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self._last = 0.0
        self._shown = ""

    @cached_property
    def _console(self) -> "Console":
        from rich.console import Console

        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120
        return Console(width=width, highlight=False, soft_wrap=False)

    def write(self, text: str) -> None:
        """Write a line of plain text as it is."""
        click.echo(text)

    def say(self, message: str, done: float | None = None) -> None:
        """Tell how far the work is: in place on a terminal, a line at most every two seconds elsewhere."""
        if self.quiet:
            return
        share = f" {done:.0%}" if done is not None else ""
        line = f"  {message}{share}"
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[2K{line[:118]}")
            sys.stderr.flush()
            self._shown = line
        elif time.monotonic() - self._last >= 2.0:
            self._last = time.monotonic()
            click.echo(line, err=True)

    def clear(self) -> None:
        """Remove the progress line."""
        if self._shown and sys.stderr.isatty():
            sys.stderr.write("\r\x1b[2K")
            self._shown = ""

    def show(self, model: Any) -> None:
        """Show a surface model: a table, a page."""
        from rich.table import Table as RichTable
        from rich.text import Text

        self.clear()
        for table in getattr(model, "sections", None) or (model,):
            if not table.rows:
                self.write(str(table.empty) or f"{table.title}: nothing yet.")
                continue
            drawn = RichTable(title=str(table.title) or None, title_justify="left", box=None, pad_edge=False)
            for name in table.columns:
                drawn.add_column(str(name), overflow="fold")
            for row in table.rows:
                drawn.add_row(
                    *(Text("" if cell is None else str(cell), style=STATES.get(str(cell), "")) for cell in row)
                )
            self._console.print(drawn)
            for note in table.notes:
                self._console.print(Text(str(note), style="dim"))
