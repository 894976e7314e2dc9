"""An edit writes the file and a record of who changed what; the record failing, the file is as before."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.lifecycle.editing_desk import PERSON, REQ, TEXT, desk

from ninefold.cli.compose import Composer
from ninefold.kernel.editing import Typed, set_statement, set_value
from ninefold.kernel.errors import EditConflict, InvalidInput, NotFound, Refused, StoreError
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.verify import verify_store
from ninefold.lifecycle.editing import create_file, delete_file, open_file, patterns, save_edit
from ninefold.vocabulary.edit import EDIT, Edit

THRESHOLD = ("criteria", 0, "threshold", "value")


@pytest.fixture
def composer(tmp_path: Path) -> Iterator[Composer]:
    """An open project with one requirement."""
    with desk(tmp_path / "project") as found:
        yield found


def test_an_edit_is_an_event_with_its_author(composer: Composer) -> None:
    """It names the file before and after, the facets and fields that read otherwise, and the reason."""
    session = composer.session
    opened = open_file(session, REQ)
    saved = save_edit(
        session, PERSON, REQ, set_value(opened.text, REQ, THRESHOLD, Typed("2")), opened.etag, " Too many. "
    )
    record = session.store.get(saved.record)
    edit = record.body(Edit)
    assert (record.kind, record.actor, edit.person, edit.reason) == (EDIT, PERSON, PERSON, "Too many.")
    assert (edit.file, edit.before, edit.after) == (REQ, opened.etag, saved.etag)
    assert edit.facets == ("REQ-x#criterion/false-alarms",)
    assert [(c.field, c.before, c.after) for c in edit.changes] == [
        ("criteria[false-alarms].threshold.value", "3", "2")
    ]
    assert '+    threshold: {op: "<=", value: 2}' in edit.diff
    assert (composer.root / REQ).read_text() == TEXT.replace("value: 3", "value: 2")
    assert verify_store(session.store) == []


def test_an_edit_of_nothing_is_no_event(composer: Composer) -> None:
    """Also a comment is no facet."""
    session = composer.session
    opened = open_file(session, REQ)
    assert save_edit(session, PERSON, REQ, opened.text, opened.etag).record == ""
    saved = save_edit(session, PERSON, REQ, opened.text.replace("told by", "asked by"), opened.etag)
    assert session.store.get(saved.record).body(Edit).facets == ()
    assert len(session.store.of_kind(EDIT)) == 1


def test_a_stale_edit_writes_and_records_nothing(composer: Composer) -> None:
    """The difference is told."""
    session = composer.session
    opened = open_file(session, REQ)
    (composer.root / REQ).write_text(TEXT.replace("scrap", "scrap and waiting"))
    with pytest.raises(EditConflict) as raised:
        save_edit(session, PERSON, REQ, set_statement(opened.text, REQ, "The system shall warn."), opened.etag)
    assert "+The system shall warn." in raised.value.diff
    (composer.root / REQ).unlink()
    with pytest.raises(EditConflict, match="removed"):
        save_edit(session, PERSON, REQ, "x", opened.etag)
    assert session.store.of_kind(EDIT) == []


def test_a_file_is_created_and_removed(composer: Composer) -> None:
    """Both are events; what exists is not created over."""
    session, name = composer.session, "models/a.yaml"
    saved = create_file(session, PERSON, name, "use_case: UC-a\n", "A start.")
    with pytest.raises(EditConflict):
        create_file(session, PERSON, name, "x: 1\n")
    gone = delete_file(session, PERSON, name, saved.etag)
    assert session.store.get(gone.record).body(Edit).after == ""
    assert not (composer.root / name).exists()
    with pytest.raises(NotFound):
        delete_file(session, PERSON, name, saved.etag)


class _FailingStore(SqliteStore):
    """Fake: a store whose disk is gone when something is put."""

    def put(self, *_: Any, **__: Any) -> list[str]:
        """Fail."""
        raise StoreError("The evidence store failed.")


def test_what_cannot_be_recorded_is_not_done(composer: Composer) -> None:
    """A change, a new file and a removal are taken back."""
    opened = open_file(composer.session, REQ)
    store = _FailingStore(composer.root / ".ninefold" / "store.db")
    session = composer.session_on(store)
    with pytest.raises(StoreError):
        save_edit(session, PERSON, REQ, opened.text + "more\n", opened.etag)
    with pytest.raises(StoreError):
        create_file(session, PERSON, "models/a.yaml", "x: 1\n")
    with pytest.raises(StoreError):
        delete_file(session, PERSON, REQ, opened.etag)
    store.close()
    assert (composer.root / REQ).read_text() == TEXT
    assert not (composer.root / "models" / "a.yaml").exists()


def test_edits_need_an_author_a_short_reason_and_a_project_file(composer: Composer) -> None:
    """Nothing is written otherwise."""
    session = composer.session
    opened = open_file(session, REQ)
    with pytest.raises(InvalidInput, match="author"):
        save_edit(session, " ", REQ, "x", opened.etag)
    with pytest.raises(InvalidInput, match="1000"):
        save_edit(session, PERSON, REQ, "x", opened.etag, "x" * 1001)
    for name in (".ninefold/store.db", "../x.yaml", "README.md"):
        with pytest.raises(Refused):
            create_file(session, PERSON, name, "x")
    assert {"requirements/REQ-*.md", "connections/*.yaml", "assets.yaml"} <= set(patterns())
    assert (composer.root / REQ).read_text() == TEXT
