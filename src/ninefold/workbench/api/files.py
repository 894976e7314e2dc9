"""The project's files: read with an ETag, written only over what was read, and what an edit would do."""

from ninefold.client.answers import Consequence, Edit, FileLine, FileSaved, FileText, Impact, Page, Rejudged
from ninefold.client.requests import FileWrite, Preview
from ninefold.kernel.errors import EditConflict, NotFound
from ninefold.kernel.saving import ABSENT
from ninefold.kernel.trees import WorkingTree
from ninefold.lifecycle.editing import delete_file, open_file, patterns, save_edit
from ninefold.lifecycle.history import history
from ninefold.lifecycle.impact import preview
from ninefold.workbench.api.conditions import Seen
from ninefold.workbench.api.operation import Answered, operation
from ninefold.workbench.api.paging import Cursor, Limit, part
from ninefold.workbench.api.refusals import Refusal
from ninefold.workbench.api.standing import problems_of
from ninefold.workbench.desk import Desk

TAG = "Files"


@operation("GET", "/files", tag=TAG)
def files(desk: Desk, cursor: Cursor = "", limit: Limit = 100) -> Page[FileLine]:
    """List the project's files by path, each with the number of its problems."""
    found: dict[str, int] = {}
    for problem in desk.view.problems:
        found[problem.file] = found.get(problem.file, 0) + 1
    names = WorkingTree(desk.session.root).names(patterns())
    return part(names, lambda n: n, cursor, limit, lambda n: FileLine(n, found.get(n, 0)))


@operation("GET", "/files/{path:path}", tag=TAG)
def file(desk: Desk, path: str) -> FileText:
    """Show a file's text as it stands; the ETag is what a change sends back."""
    opened = open_file(desk.session, path)
    return Answered(FileText(path, opened.text, opened.etag), etag=opened.etag)  # type: ignore[return-value]  # the body of an answer


@operation("PUT", "/files/{path:path}", role="editor", tag=TAG, matched=True, creates=True)
def write_file(desk: Desk, path: str, data: FileWrite, seen: Seen) -> FileSaved:
    """Write a file over what was read (If-Match), or a new one (If-None-Match: *), and record who did and why."""
    try:
        saved = save_edit(desk.session, desk.actor, path, data.text, ABSENT if seen.new else seen.etag, data.reason)
    except EditConflict as error:
        raise _changed(error) from None
    return Answered(FileSaved(path, saved.etag, saved.record), etag=saved.etag)  # type: ignore[return-value]  # the body of an answer


@operation("DELETE", "/files/{path:path}", role="editor", tag=TAG, matched=True)
def remove_file(desk: Desk, path: str, seen: Seen) -> FileSaved:
    """Remove a file that still holds what was read, and record who did."""
    try:
        done = delete_file(desk.session, desk.actor, path, seen.etag)
    except EditConflict as error:
        raise _changed(error) from None
    return FileSaved(path, done.etag, done.record)


def _changed(error: EditConflict) -> Refusal:
    return Refusal(412, error.message, error.hint, diff=error.diff, etag=error.etag)


@operation("POST", "/previews", role="viewer", tag=TAG, once=False)
def preview_edit(desk: Desk, data: Preview) -> Impact:
    """Tell what an edit would do before it is saved: problems, what becomes stale, which verdicts turn."""
    found = preview(desk.session, desk.project.steps, data.path, data.text)
    return Impact(
        found.file, found.diff, problems_of(found.problems), problems_of(found.mended), dict(found.facets),
        tuple(Consequence(t.name, t.state, t.reason, t.waits) for t in found.tasks), found.gone,
        tuple(Rejudged(v.name, v.before, v.after, v.reason, v.certain) for v in found.verdicts), found.approvals,
    )  # fmt: skip


@operation("GET", "/edits/{path:path}", tag=TAG)
def edits(desk: Desk, path: str) -> Page[Edit]:
    """List the changes of a file, the newest first, in sentences: by the workbench, in git, or from outside."""
    if path not in WorkingTree(desk.session.root).names(patterns()) and not history(desk.session, path):
        raise NotFound(f"The file {path[:200]} does not exist.", hint="List them at /api/v1/files.")
    return Page(tuple(
        Edit(c.time, c.source, c.by, c.reason, tuple(s.text for s in c.sentences), c.diff, c.id)
        for c in history(desk.session, path)
    ))  # fmt: skip


ROUTES = (files, file, write_file, remove_file, preview_edit, edits)
