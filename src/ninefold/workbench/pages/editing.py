"""What all rooms that edit files share: opening, trying, saving, and the answer when somebody else was first."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.saving import Opened, difference
from ninefold.lifecycle.edit_blocks import conflict_blocks, history_panel, impact_blocks
from ninefold.lifecycle.editing import open_file, save_edit
from ninefold.lifecycle.history import history
from ninefold.lifecycle.impact import preview
from ninefold.lifecycle.known import names
from ninefold.surface.blocks import Block, Field, Form, Go, Panel
from ninefold.surface.cells import Ref
from ninefold.surface.page import Page
from ninefold.surface.words import Say, Text
from ninefold.workbench.desk import Desk, Shown


class Tried(NamedTuple):
    """What a form means for a file's text, and what is wrong with its fields."""

    text: str
    problems: Mapping[str, Text]


Apply = Callable[[str], Tried]  # a file's text -> what the form makes of it


def told_history(desk: Desk, path: str) -> Panel:
    """Return the panel with a file's history."""
    return history_panel(history(desk.session, path, 30), names(desk.session.store))


def what_if(desk: Desk, path: str, text: str) -> tuple[Block, ...]:
    """Return what saving a text would do."""
    return impact_blocks(preview(desk.session, desk.project.steps, path, text))


def saved(desk: Desk, path: str, text: str, etag: str) -> dict[str, Text]:
    """Save a text and return no problem, or those of the form.

    Raises:
        EditConflict: the file was changed since it was read.
    """
    reason = desk.form.get("reason", "")
    try:
        save_edit(desk.session, desk.actor, path, text, etag, reason)
    except InvalidInput as error:
        return {"reason": str(error)}
    return {}


def opened(desk: Desk, path: str) -> Opened:
    """Return a file to edit.

    Raises:
        NotFound: it does not exist.
    """
    return open_file(desk.session, path)


def conflict(desk: Desk, path: str, apply: Apply, action: str, back: Ref) -> Shown:
    """Return the page that tells both changes, keeps one's own, and offers to save it on top of what stands now."""
    now = opened(desk, path)
    tried = apply(now.text)
    mine = difference(now.text, tried.text, path) if not tried.problems else ""
    changes = history(desk.session, path, 1)
    theirs = changes[0] if changes else None
    blocks = list(conflict_blocks(theirs, mine, names(desk.session.store)))
    if mine:
        kept = {k: v for k, v in desk.form.items() if k not in {"csrf", "etag"}} | {"etag": now.etag}
        hidden = tuple(Field(k, "", "hidden", v) for k, v in kept.items())
        blocks.append(Form(Say("edit.apply"), action, hidden, Say("edit.apply"), note=Say("edit.apply-note")))
    blocks.append(Go(Say("edit.keep"), back))
    who = names(desk.session.store).get(theirs.by, theirs.by) if theirs and theirs.by else ""
    end = Say("edit.conflict-by", {"who": who}) if who else ""
    panel = Panel(Say("edit.conflict"), tuple(blocks), end=end, name="conflict")
    return Shown(Page(Say("edit.conflict"), (panel,), subtitle=Say("edit.conflict-sub"), crumbs=(back,)), 409)


def start(desk: Desk) -> int:
    """Return the row from which a list goes on (`?from=`)."""
    text = desk.query.get("from", "0")
    return min(int(text), 1_000_000) if text.isdecimal() and len(text) < 8 else 0
