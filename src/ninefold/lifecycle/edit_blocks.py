"""An edit for people: what it would do, what was changed before, and two changes that met; for every kind of file."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from ninefold.kernel.errors import Problem
from ninefold.lifecycle.history import Change
from ninefold.lifecycle.impact import Impact, Rejudged
from ninefold.lifecycle.sentences import Sentence
from ninefold.surface.blocks import Block, Difference, Facts, Panel, Words
from ninefold.surface.cells import Cell, Moment, Noted, State, StateName
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text

_SHOWN = 12  # rows of one kind; the rest is counted
_OUTCOMES: Mapping[str, StateName] = {"pass": "pass", "fail": "failed", "insufficient": "insufficient"}


def impact_blocks(found: Impact) -> tuple[Block, ...]:
    """Return what saving would do: problems, verdicts told in advance, what becomes stale, approvals that end."""
    blocks: list[Block] = []
    if found.problems:
        blocks.append(problems_table(found.problems))
    if found.nothing:
        blocks.append(Words(Say("edit.changes-nothing"), "note"))
    items = [*_verdicts(found.verdicts), *_approvals(found), *_tasks(found)]
    if items:
        blocks.append(Facts(Say("edit.if-saved"), tuple(items)))
    if found.diff:
        blocks.append(Difference(Say("edit.diff"), diff_lines(found.diff)))
    return (Words(Say("edit.if-saved"), "plain"), *blocks)


def _verdicts(found: Sequence[Rejudged]) -> Iterator[tuple[Text, Cell, Text]]:
    for one in found[:_SHOWN]:
        state = State(_OUTCOMES[one.after]) if one.after is not None else State("missing", Say("edit.must-measure"))
        same = one.before == one.after and one.certain
        note = "" if same else Say(f"edit.was-{one.before or 'none'}{'' if one.certain else '-uncertain'}")
        yield one.name.partition(":")[2].partition("/")[2], Noted(state, one.reason), note


def _approvals(found: Impact) -> Iterator[tuple[Text, Cell, Text]]:
    for name in found.approvals[:_SHOWN]:
        yield Say("edit.approval"), State("revoked", Say("edit.ends")), name.partition(":")[2]


def _tasks(found: Impact) -> Iterator[tuple[Text, Cell, Text]]:
    """Yield the other tasks that would not be fresh, counted by kind."""
    skip = {v.name for v in found.verdicts} | set(found.approvals)
    rest = sorted((t for t in found.tasks if t.name not in skip), key=lambda t: t.name.partition(":")[0])
    for kind, group in groupby(rest, key=lambda t: t.name.partition(":")[0]):
        tasks = list(group)
        names = ", ".join(t.name.partition(":")[2].rpartition("/")[2] or t.name for t in tasks[:3])
        more = f" +{len(tasks) - 3}" if len(tasks) > 3 else ""
        state: StateName = "blocked" if any(t.state == "blocked" for t in tasks) else "stale"
        yield kind, State(state), names + more
    for name in found.gone[:_SHOWN]:
        yield name, State("missing", Say("edit.gone")), ""


def problems_table(problems: Sequence[Problem]) -> Table:
    """Return what is wrong in a file, each at its line."""
    rows = tuple((State("failed", Say("edit.line", {"n": p.line})), Noted(p.message, p.hint)) for p in problems[:100])
    return Table(Say("edit.problems"), (Say("edit.where"), Say("edit.problem")), rows)


def history_panel(changes: Sequence[Change], names: Mapping[str, str]) -> Panel:
    """Return the changes of a file in sentences, the newest with its difference; `names` says who people are."""
    blocks: list[Block] = []
    for number, change in enumerate(changes):
        if number < 1 and change.diff:
            blocks += [_told(change, names), Difference(Say("edit.diff"), diff_lines(change.diff, 24))]
    rest = [c for n, c in enumerate(changes) if n or not c.diff]
    if rest:
        rows = tuple((Moment(c.time) if c.time else None, _who(c, names), *_said(c)) for c in rest)
        columns = tuple(Say(f"edit.{c}") for c in ("when", "who", "what", "reason"))
        blocks.append(Table(Say("edit.history"), columns, rows))
    if not blocks:
        blocks.append(Words(Say("edit.no-history"), "note"))
    return Panel(Say("edit.history"), tuple(blocks), end=Say("edit.changes", {"n": len(changes)}), name="history")


def _told(change: Change, names: Mapping[str, str]) -> Table:
    row: tuple[Cell, ...] = (Moment(change.time) if change.time else None, _who(change, names), *_said(change))
    return Table(Say("edit.latest"), tuple(Say(f"edit.{c}") for c in ("when", "who", "what", "reason")), (row,))


def _who(change: Change, names: Mapping[str, str]) -> Cell:
    if change.source == "outside":
        return Say("edit.nobody-knows")
    return Noted(names.get(change.by, change.by), Say(f"edit.by-{change.source}"))


def _said(change: Change) -> tuple[Cell, Cell]:
    first, *others = change.sentences
    shown: Cell = saying(first)
    if others:
        shown = Noted(saying(first), Say("edit.and-more", {"n": len(others)}))
    return shown, change.reason


def saying(sentence: Sentence) -> Say:
    """Return a sentence about a change as a message of the reader's language."""
    return Say(sentence.code, dict(sentence.values))


def conflict_blocks(theirs: Change | None, mine: str, names: Mapping[str, str]) -> tuple[Block, ...]:
    """Return what was saved meanwhile, and what one's own change would do on top of it."""
    blocks: list[Block] = []
    if theirs is not None:
        blocks += [_told(theirs, names), Difference(Say("edit.theirs"), diff_lines(theirs.diff))]
    if mine:
        blocks += [Words(Say("edit.yours"), "plain"), Difference(Say("edit.yours"), diff_lines(mine))]
    else:
        blocks.append(Words(Say("edit.yours-nothing"), "plain"))
    return tuple(blocks)


def diff_lines(diff: str, most: int = 400) -> tuple[tuple[str, int, str], ...]:
    """Return the lines of a unified diff: (mark, line number in the side that it belongs to, text)."""
    found: list[tuple[str, int, str]] = []
    old = new = 0
    for line in diff.splitlines():
        if line.startswith(("--- ", "+++ ")) and not found:
            continue
        if line.startswith("@@"):
            old, new = _starts(line)
            continue
        mark, text = (line[:1] or " "), line[1:]
        found.append((mark if mark in "+- " else " ", old if mark == "-" else new, text))
        old += mark != "+"
        new += mark != "-"
    return tuple(found[:most])


def _starts(line: str) -> tuple[int, int]:
    """Return where both sides of a hunk begin: @@ -3,7 +3,8 @@."""
    old, new = (part.lstrip("-+").partition(",")[0] for part in line.split()[1:3])
    return int(old), int(new)
