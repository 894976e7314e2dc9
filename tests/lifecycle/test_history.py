"""The history of a file: sentences for people, commits of git, and changes from outside."""

from pathlib import Path

import pytest
from tests.lifecycle.editing_desk import PERSON, REQ, TEXT, desk
from tests.lifecycle.test_review import git

from ninefold.cli.compose import Composer
from ninefold.kernel.editing import Typed, add_key, append_item, set_statement, set_value
from ninefold.kernel.errors import Refused
from ninefold.kernel.yaml import Path as Field
from ninefold.lifecycle.changes import UNREADABLE, field_changes
from ninefold.lifecycle.editing import create_file, open_file, save_edit
from ninefold.lifecycle.history import history
from ninefold.lifecycle.sentences import sentence

AT: Field = ("criteria", 0)


@pytest.mark.parametrize(
    ("after", "code", "text"),
    [
        (set_value(TEXT, REQ, (*AT, "threshold", "value"), Typed("2")), "edit.threshold.tightened", "False alarms were tightened from 3 to 2 per machine and week."),
        (set_value(TEXT, REQ, (*AT, "threshold", "value"), Typed("4.5")), "edit.threshold.loosened", "False alarms were loosened from 3 to 4.5 per machine and week."),
        (set_value(TEXT, REQ, (*AT, "bound", "level"), 0.95), "edit.level.raised", "The confidence asked of 'False alarms' was raised from 0.9 to 0.95."),
        (set_value(TEXT, REQ, (*AT, "min_samples"), 120), "edit.min_samples", "'False alarms' now needs at least 120 samples; it was 100."),
        (set_value(TEXT, REQ, ("title",), "Told"), "edit.title", "The title changed from “Failures are announced” to “Told”."),
        (set_value(TEXT, REQ, ("priority",), "must"), "edit.priority.raised", "The priority was raised from should to must."),
        (set_value(TEXT, REQ, ("priority",), "could"), "edit.priority.lowered", "The priority was lowered from should to could."),
        (set_value(TEXT, REQ, ("owner",), "quality"), "edit.changed", "owner changed from maintenance to quality."),
        (set_value(TEXT, REQ, (*AT, "threshold", "op"), ">="), "edit.changed", "criteria[false-alarms].threshold.op changed from <= to >=."),
        (set_statement(TEXT, REQ, "The system shall warn."), "edit.statement", "The statement now reads: “The system shall warn.”"),
        (add_key(TEXT, REQ, AT, "breach", {"then": "stop"}), "edit.added", "criteria[false-alarms].breach was added: {then: stop}."),
        (append_item(TEXT, REQ, (*AT, "where"), "runtime"), "edit.changed", "criteria[false-alarms].where changed from [validation] to [validation, runtime]."),
        (TEXT.replace("scrap", "waste"), "edit.text", "The text below now reads: “Rationale: waste.”"),
    ],
)  # fmt: skip
def test_a_change_is_told_in_a_sentence(after: str, code: str, text: str) -> None:
    """With the code under which surfaces have it in their languages."""
    [change] = field_changes(TEXT, after, REQ)
    told = sentence(change)
    assert (told.code, told.text) == (code, text)


def test_comments_are_no_change_and_broken_files_have_no_fields() -> None:
    """What cannot be read field by field is told by its diff."""
    assert field_changes(TEXT, TEXT.replace("told by", "asked by"), REQ) == ()
    assert field_changes(TEXT, TEXT.replace("owner:", "owner"), REQ) == (UNREADABLE,)
    assert field_changes('name = "a"\n', 'name = "b"\n', "ninefold.toml")[0].field == "name"


def _edit(composer: Composer, old: str, new: str, reason: str = "") -> str:
    opened = open_file(composer.session, REQ)
    assert old in opened.text
    return save_edit(composer.session, PERSON, REQ, opened.text.replace(old, new), opened.etag, reason).record


def test_edits_and_changes_from_outside_are_told_newest_first(tmp_path: Path) -> None:
    """A gap between what one edit wrote and the next one found is a change from outside; so is what the file holds now."""
    with desk(tmp_path / "project") as composer:
        first = _edit(composer, "value: 3", "value: 2", "Too many.")
        (composer.root / REQ).write_text((composer.root / REQ).read_text() + "Edited by hand.\n")
        second = _edit(composer, "told by", "asked by")
        (composer.root / REQ).write_text((composer.root / REQ).read_text() + "And again.\n")
        told = history(composer.session, REQ)
        assert [(c.source, c.id) for c in told] == [
            ("outside", ""),
            ("workbench", second),
            ("outside", ""),
            ("workbench", first),
        ]
        assert [c.sentences[0].code for c in told] == [
            "edit.outside",
            "edit.layout",
            "edit.outside",
            "edit.threshold.tightened",
        ]
        assert (told[3].by, told[3].reason) == (PERSON, "Too many.")
        assert history(composer.session, "requirements/REQ-other.md") == []


def test_a_new_file_is_told_as_created(tmp_path: Path) -> None:
    """And a broken text as rewritten."""
    with desk(tmp_path / "project") as composer:
        name = "models/a.yaml"
        saved = create_file(composer.session, PERSON, name, "use_case: UC-a\n")
        assert history(composer.session, name)[0].sentences[0].code == "edit.created"
        save_edit(composer.session, PERSON, name, "use_case: [\n", saved.etag)
        assert [c.sentences[0].code for c in history(composer.session, name)] == ["edit.rewritten", "edit.created"]


def test_commits_tell_what_was_edited_elsewhere(tmp_path: Path) -> None:
    """A commit of what an edit wrote tells nothing new; a commit explains what would be a change from outside."""
    with desk(tmp_path / "project") as composer:
        root = composer.root
        git(root, "init", "-q", "-b", "main")
        git(root, "add", "requirements")
        git(root, "commit", "-q", "-m", "first")
        (root / REQ).write_text(TEXT.replace("value: 3", "value: 2.5"))
        git(root, "commit", "-q", "-a", "-m", "fewer")
        _edit(composer, "value: 2.5", "value: 2")
        git(root, "commit", "-q", "-a", "-m", "by the workbench")
        told = history(composer.session, REQ)
        assert sorted((c.source, c.reason) for c in told) == [("git", "fewer"), ("git", "first"), ("workbench", "")]
        sentences = {c.reason: c.sentences[0] for c in told}
        assert sentences["fewer"].text == "False alarms were tightened from 3 to 2.5 per machine and week."
        assert sentences["first"].code == "edit.created"
        assert {c.by for c in told if c.source == "git"} == {"x"}


def test_a_project_in_a_folder_of_its_repository_and_a_removed_file(tmp_path: Path) -> None:
    """Only its own file is told; a name that is a pattern or leaves the project tells nothing of others."""
    with desk(tmp_path / "plant" / "project") as composer:
        top, path = tmp_path / "plant", composer.root / REQ
        git(top, "init", "-q", "-b", "main")
        (top / "secret.md").write_text("secret")
        git(top, "add", "--all")
        git(top, "commit", "-q", "-m", "first")
        path.unlink()
        git(top, "commit", "-q", "-a", "-m", "no more")
        told = history(composer.session, REQ)
        assert {(c.reason, c.sentences[0].code) for c in told} == {
            ("first", "edit.created"),
            ("no more", "edit.deleted"),
        }
        assert history(composer.session, "requirements/REQ-*.md") == []
        for name in ("../secret.md", ".git/config", ":(top)secret.md"):
            with pytest.raises(Refused):
                history(composer.session, name)
