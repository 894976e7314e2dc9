"""The text editor: any project file, read, tried and saved with its own line ends."""

from pathlib import Path

from tests.lifecycle.editing_desk import REQ
from tests.workbench.desk import opened
from tests.workbench.pages_kit import EDITOR, form_of, written


def test_a_text_is_tried_and_saved(tmp_path: Path) -> None:
    """Saved with what a browser sends (CRLF), the file keeps its LF and changes in one line."""
    root = written(tmp_path / "p")
    before = (root / REQ).read_text()
    with opened(root, EDITOR) as client:
        form = form_of(client.get(f"/files/{REQ}").text, f"files/{REQ}")
        assert form["text"] == before
        form["text"] = form["text"].replace("value: 3", "value: 4").replace("\n", "\r\n")
        tried = client.post(f"/file-preview/{REQ}", data=form)
        assert tried.status_code == 200
        assert "value: 4" in tried.text
        assert (root / REQ).read_text() == before
        assert client.post(f"/files/{REQ}", data=form, follow_redirects=False).status_code == 303
    assert (root / REQ).read_bytes() == before.replace("value: 3", "value: 4").encode()


def test_crlf_and_mark_are_kept(tmp_path: Path) -> None:
    """A file of Windows stays one."""
    root = written(tmp_path / "p")
    data = b"\xef\xbb\xbf" + (root / REQ).read_text().replace("\n", "\r\n").encode()
    (root / REQ).write_bytes(data)
    with opened(root, EDITOR) as client:
        form = form_of(client.get(f"/files/{REQ}").text, f"files/{REQ}")
        form["text"] = form["text"].replace("scrap.", "scrap!").replace("\n", "\r\n")
        assert client.post(f"/files/{REQ}", data=form, follow_redirects=False).status_code == 303
    assert (root / REQ).read_bytes() == data.replace(b"scrap.", b"scrap!")


def test_a_text_that_somebody_changed_is_a_conflict(tmp_path: Path) -> None:
    """One's own text is kept on the page, with the difference."""
    root = written(tmp_path / "p")
    with opened(root, EDITOR) as client:
        form = form_of(client.get(f"/files/{REQ}").text, f"files/{REQ}")
        (root / REQ).write_text((root / REQ).read_text().replace("scrap.", "other."))
        met = client.post(f"/files/{REQ}", data=form | {"text": form["text"].replace("scrap.", "mine.")})
        assert met.status_code == 409
        assert "Rationale: mine." in met.text
        again = client.post(f"/files/{REQ}", data=form_of(met.text, f"files/{REQ}"), follow_redirects=False)
        assert again.status_code == 303
    assert "Rationale: mine." in (root / REQ).read_text()


def test_problems_are_shown_with_the_text(tmp_path: Path) -> None:
    """A broken text can be saved; its problems stand above it."""
    root = written(tmp_path / "p")
    with opened(root, EDITOR) as client:
        form = form_of(client.get(f"/files/{REQ}").text, f"files/{REQ}")
        form["text"] = form["text"].replace("type: quality", "type: nonsense")
        assert client.post(f"/files/{REQ}", data=form, follow_redirects=False).status_code == 303
        page = client.get(f"/files/{REQ}").text
    assert "Problems: 1" in page
    assert "nonsense" in page


def test_only_project_files_are_opened(tmp_path: Path) -> None:
    """Neither the store nor anything outside."""
    root = written(tmp_path / "p")
    with opened(root, EDITOR) as client:
        for path in (".ninefold/store.db", "..%2f..%2fetc/passwd", "ninefold.lock.x", "/etc/passwd"):
            assert client.get(f"/files/{path}").status_code in {403, 404}
            assert client.post(f"/files/{path}", data={"text": "x", "etag": ""}).status_code in {403, 404, 405}
