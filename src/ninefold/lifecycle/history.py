"""Who changed a file, when and why, in sentences: edits that were recorded, commits of git, and changes from outside.

Records and commits are joined by what the file held: a commit of what an edit wrote tells nothing new, and a gap that
no commit explains is told as a change from outside.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from ninefold.kernel.canonical import sha256
from ninefold.kernel.errors import NotFound
from ninefold.kernel.records import Record
from ninefold.kernel.saving import ABSENT, difference, locate
from ninefold.kernel.trees import FileCommit, WorkingTree, file_history
from ninefold.lifecycle.changes import field_changes
from ninefold.lifecycle.editing import patterns
from ninefold.lifecycle.sentences import Sentence, plain, sentence
from ninefold.surface.session import Session
from ninefold.vocabulary.edit import EDIT, Edit, FieldChange

MOST_EDITS = 10_000


class Change(NamedTuple):
    """One change of a file. `by` is a person's key, git's author, or "" when nobody knows."""

    time: int  # µs UTC; 0 when nobody knows
    source: Literal["workbench", "git", "outside"]
    by: str
    reason: str
    sentences: tuple[Sentence, ...]
    diff: str
    id: str  # of the record or the commit; "" for a change from outside


def history(session: Session, path: str, limit: int = 100) -> list[Change]:
    """Return the changes of a file, the newest first; it need not exist any more.

    Raises:
        Refused: the name is no project file's.
    """
    locate(session.root, path, patterns())
    records = [r for r in session.store.of_kind(EDIT, MOST_EDITS) if r.data is not None]
    edits = [(r, e) for r in records if (e := r.body(Edit)).file == path]
    commits = file_history(session.root, path, limit)
    committed = {_etag(c.data) for c in commits}
    written = {e.after for _, e in edits}
    told = [*_edits(edits, committed, _now(session, path)), *_commits(commits, written, path)]
    told.sort(key=lambda pair: -pair[0])  # stable: a change from outside stays above the edit that it came after
    return [change for _, change in told[:limit]]


def _edits(edits: Sequence[tuple[Record, Edit]], committed: set[str], now: str) -> Iterator[tuple[int, Change]]:
    """Yield (place in time, change) of the recorded edits, and of the gaps between them that no commit explains."""
    holds = now
    for record, edit in edits:
        if edit.after != holds and holds not in committed:
            yield record.time, Change(0, "outside", "", "", (plain("edit.outside"),), "", "")
        yield (
            record.time,
            Change(record.time, "workbench", edit.person, edit.reason, _sentences(edit), edit.diff, record.id),
        )
        holds = edit.before


def _commits(commits: Sequence[FileCommit], written: set[str], path: str) -> Iterator[tuple[int, Change]]:
    for number, commit in enumerate(commits):
        if _etag(commit.data) in written:
            continue
        older = commits[number + 1].data if number + 1 < len(commits) else None
        before, after = (None if d is None else d.decode("utf-8", errors="replace") for d in (older, commit.data))
        said = _said(before, after, field_changes(before, after, path))
        diff = difference(before or "", after or "", path)
        yield commit.time, Change(commit.time, "git", commit.author, commit.subject, said, diff, commit.commit)


def _sentences(edit: Edit) -> tuple[Sentence, ...]:
    before, after = (None if etag == ABSENT else "" for etag in (edit.before, edit.after))
    return _said(before, after, edit.changes)


def _said(before: str | None, after: str | None, changes: Sequence[FieldChange]) -> tuple[Sentence, ...]:
    if before is None:
        return (plain("edit.created"),)
    if after is None:
        return (plain("edit.deleted"),)
    return tuple(sentence(c) for c in changes) or (plain("edit.layout"),)


def _etag(data: bytes | None) -> str:
    return ABSENT if data is None else sha256(data)


def _now(session: Session, path: str) -> str:
    try:
        return sha256(WorkingTree(session.root).read(path))
    except NotFound:
        return ABSENT
