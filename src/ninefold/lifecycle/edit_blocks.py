"""An edit for people: what it would do, what was changed before, and two changes that met; for every kind of file."""

from collections.abc import Iterator, Mapping, Sequence

from ninefold.kernel.errors import Problem
from ninefold.lifecycle.history import Change
from ninefold.lifecycle.impact import Impact, Rejudged
from ninefold.lifecycle.sentences import Sentence
from ninefold.surface.blocks import Block, Difference, Panel, Words
from ninefold.surface.cells import Cell, Moment, Noted, State, StateName
from ninefold.surface.table import Table
from ninefold.surface.words import Quote, Say

_SHOWN = 12  # rows of one kind; the rest is counted
_NOT_FRESH: tuple[StateName, ...] = ("blocked", "stale", "missing")
_OUTCOMES: Mapping[str, StateName] = {"pass": "pass", "fail": "failed", "insufficient": "insufficient"}


def impact_blocks(found: Impact) -> tuple[Block, ...]:
    """Return what saving would do: problems, verdicts told in advance, what becomes stale, approvals that end."""
    blocks: list[Block] = []
    if found.problems:
        blocks.append(problems_table(found.problems))
    if found.nothing:
        blocks.append(Words(Say("edit.changes-nothing"), "note"))
    rows = (*_verdicts(found.verdicts), *_approvals(found), *_tasks(found))
    if rows:
        blocks.append(Table(Say("edit.if-saved"), (Say("edit.becomes"), Say("edit.what")), rows))
    if found.diff:
        blocks.append(Difference(Say("edit.diff"), diff_lines(found.diff)))
    return (Words(Say("edit.if-saved"), "plain"), *blocks)


def _verdicts(found: Sequence[Rejudged]) -> Iterator[tuple[Cell, Cell]]:
    """Yield the verdicts that turn first, then those that are only judged again."""
    ordered = sorted(found, key=lambda v: v.before == v.after)
    for one in ordered[:_SHOWN]:
        state = State(_OUTCOMES[one.after]) if one.after is not None else State("missing", Say("edit.must-measure"))
        criterion = one.name.rpartition("/")[2]
        turns = one.before != one.after or not one.certain
        was = Say(f"edit.was-{one.before or 'none'}{'' if one.certain else '-uncertain'}")
        yield (
            state,
            Noted(Say("edit.verdict-on", {"criterion": criterion, "reason": Quote(one.reason)}), was if turns else ""),
        )


def _approvals(found: Impact) -> Iterator[tuple[Cell, Cell]]:
    for name in found.approvals[:_SHOWN]:
        said = Say("edit.approval-of", {"name": name.partition(":")[2]})
        yield State("revoked", Say("edit.ends")), Noted(said, Say("edit.sign-again"))


def _tasks(found: Impact) -> Iterator[tuple[Cell, Cell]]:
    """Yield the other tasks that would not be fresh, by state, with their names cut."""
    skip = {v.name for v in found.verdicts} | set(found.approvals)
    rest = [t for t in found.tasks if t.name not in skip]
    for state in _NOT_FRESH:
        names = [t.name for t in rest if t.state == state]
        if names:
            kinds = ", ".join(dict.fromkeys(n.partition(":")[0] for n in names))
            yield State(state), Noted(Say(f"edit.tasks-{state}", {"n": len(names)}), kinds)
    if found.gone:
        yield State("missing", Say("edit.gone")), ", ".join(found.gone[:_SHOWN])


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
