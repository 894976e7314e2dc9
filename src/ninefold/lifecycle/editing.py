"""Saving an edit: the file is written, and the store gets a record of who changed what and why.

The two cannot be one transaction. The file comes first; when the record cannot be put, the file is put back. What a
kill leaves between the two is told by the history as a change from outside.
"""

from typing import NamedTuple

from ninefold.kernel.errors import EditConflict, InvalidInput, NinefoldError, NotFound
from ninefold.kernel.records import Draft, encode
from ninefold.kernel.saving import ABSENT, Opened, difference, read, remove, save
from ninefold.kernel.trees import OverlayTree, Tree, WorkingTree
from ninefold.kernel.view import read_view
from ninefold.lifecycle.changes import field_changes
from ninefold.lifecycle.graph import readers
from ninefold.surface.session import Session
from ninefold.vocabulary.edit import EDIT, Edit

LONGEST_REASON = 1000
_LONGEST_DIFF = 100_000


class Saved(NamedTuple):
    """The id of the record of an edit ("" when nothing changed), and the file's new ETag ("" when it is gone)."""

    record: str
    etag: str


def patterns() -> tuple[str, ...]:
    """Return the names of the files that may be edited: what some reader reads, and what a gateway starts from."""
    return tuple(dict.fromkeys([*(p for reader in readers() for p in reader.patterns), "gateways/*/agent.toml"]))


def open_file(session: Session, path: str) -> Opened:
    """Return a project file's text as it stands and its ETag.

    Raises:
        Refused: the name is no project file's.
        NotFound: it does not exist.
        InvalidFile: too large, unreadable, or not UTF-8.
    """
    return read(session.root, path, patterns())


def save_edit(session: Session, person: str, path: str, new_text: str, expected_etag: str, reason: str = "") -> Saved:
    """Write a file that was read with `expected_etag`, and record the edit with the person as its actor.

    A text with problems is saved too: a surface shows them before, with `preview`.

    Raises:
        EditConflict: the file changed meanwhile; the difference is told.
        Refused: the name is no project file's, or it cannot be written.
        InvalidInput: no person, or a reason that is too long.
        InvalidFile: the text is too large.
        StoreError: the edit could not be recorded; the file is as before.
    """
    _check(person, reason)
    before = _as_expected(session, path, new_text, expected_etag)
    facets = changed_facets(session, path, new_text)
    etag = save(session.root, path, new_text, expected_etag, patterns())
    if etag == expected_etag:
        return Saved("", etag)
    edit = _edit(path, before, Opened(new_text, etag), person, reason, facets)
    try:
        return Saved(_record(session, edit), etag)
    except NinefoldError:
        _put_back(session, path, before, etag)
        raise


def create_file(session: Session, person: str, path: str, text: str, reason: str = "") -> Saved:
    """Write a new file and record it.

    Raises:
        EditConflict: the file exists.
        Refused, InvalidInput, InvalidFile, StoreError: as for `save_edit`.
    """
    return save_edit(session, person, path, text, ABSENT, reason)


def delete_file(session: Session, person: str, path: str, expected_etag: str, reason: str = "") -> Saved:
    """Remove a file that was read with `expected_etag`, and record that.

    Raises:
        EditConflict: the file changed meanwhile.
        NotFound: it does not exist.
        Refused, InvalidInput, StoreError: as for `save_edit`.
    """
    _check(person, reason)
    before = open_file(session, path)
    facets = changed_facets(session, path, None)
    remove(session.root, path, expected_etag, patterns())
    try:
        return Saved(_record(session, _edit(path, before, Opened("", ABSENT), person, reason, facets)), ABSENT)
    except NinefoldError:
        save(session.root, path, before.text, ABSENT, patterns())
        raise


def changed_facets(session: Session, path: str, new_text: str | None) -> tuple[str, ...]:
    """Return the names of the facets that read otherwise once a file has another text (None: is removed)."""
    below: Tree = WorkingTree(session.root)
    over = OverlayTree(below, {path: None if new_text is None else new_text.encode(errors="replace")})
    now, all_readers = session.clock.now(), readers()
    base, head = read_view(below, all_readers, now), read_view(over, all_readers, now)
    names = sorted(base.facets.keys() | head.facets.keys())
    absent = [n for n in names if (n in base.facets) != (n in head.facets)]
    both = [n for n in names if n in base.facets and n in head.facets and base.content(n) != head.content(n)]
    return tuple(sorted([*absent, *both]))


def _check(person: str, reason: str) -> None:
    if not person.strip():
        raise InvalidInput("An edit has an author.", hint="Log in.")
    if len(reason) > LONGEST_REASON:
        message = f"The reason has {len(reason)} characters, at most {LONGEST_REASON} are kept."
        raise InvalidInput(message, hint="Write it in one or two sentences.")


def _edit(path: str, before: Opened, after: Opened, person: str, reason: str, facets: tuple[str, ...]) -> Edit:
    sides = [None if o.etag == ABSENT else o.text for o in (before, after)]
    diff = difference(before.text, after.text, path)[:_LONGEST_DIFF]
    changes = field_changes(sides[0], sides[1], path)
    return Edit(path, before.etag, after.etag, person, reason.strip(), facets, changes, diff)


def _record(session: Session, edit: Edit) -> str:
    [id] = session.store.put([Draft(EDIT, encode(EDIT, edit), "edit@1", edit.person, session.clock.now())])
    return str(id)


def _as_expected(session: Session, path: str, new_text: str, expected: str) -> Opened:
    """Return the file as the person read it; saving checks again, under the lock."""
    if expected == ABSENT:
        return Opened("", ABSENT)
    try:
        found = open_file(session, path)
    except NotFound:
        found = Opened("", ABSENT)
    if found.etag != expected:
        raise EditConflict(path, difference(found.text, new_text, path), found.etag)
    return found


def _put_back(session: Session, path: str, before: Opened, etag: str) -> None:
    if before.etag == ABSENT:
        remove(session.root, path, etag, patterns())
    else:
        save(session.root, path, before.text, etag, patterns())
