"""Reading the project again: only what changed is parsed, and every change is seen."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from tests.small_cell import copy_example, edit
from tests.workbench.desk import opened

from ninefold.kernel.errors import InvalidFile, Problem
from ninefold.kernel.trees import WorkingTree
from ninefold.kernel.view import Facet, View, read_view
from ninefold.workbench.project import Project
from ninefold.workbench.remembering import Remembering, carried, later, stats_of


class Counting:
    """A reader of one-line files that counts how often it parses."""

    patterns: Sequence[str] = ("notes/*.txt",)

    def __init__(self) -> None:
        self.parsed: list[str] = []

    def facets(self, text: str, file: str) -> Iterable[Facet]:
        """Return one facet; an empty file is wrong."""
        self.parsed.append(file)
        if not text:
            raise InvalidFile([Problem(file, 1, "", "Nothing is in it.")])
        yield Facet(f"{file}#note", "note", {"text": text}, file, 1)

    def check(self, facets: Mapping[str, Facet]) -> Iterable[Problem]:
        """Find nothing."""
        return ()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Two notes, one of them empty."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("one")
    (tmp_path / "notes" / "b.txt").write_text("")
    return tmp_path


def test_a_file_is_parsed_once(notes: Path) -> None:
    """Its facets and its problems are remembered until its text is another."""
    counting = Counting()
    reader = Remembering(counting)
    views = [read_view(WorkingTree(notes), [reader], now) for now in (1, 2)]
    assert counting.parsed == ["notes/a.txt", "notes/b.txt"]
    assert [len(v.problems) for v in views] == [1, 1]
    (notes / "notes" / "b.txt").write_text("two")
    after = read_view(WorkingTree(notes), [reader], 3)
    assert counting.parsed[2:] == ["notes/b.txt"]
    assert (len(after.problems), len(after.facets)) == (0, 2)


def test_a_digest_is_carried_over_with_its_facet_only(notes: Path) -> None:
    """What is another object is computed anew."""
    reader = Remembering(Counting())
    before = read_view(WorkingTree(notes), [reader], 1)
    digest = before.content("notes/a.txt#note")
    assert later(before, 2).contents() == {"notes/a.txt#note": digest}
    (notes / "notes" / "a.txt").write_text("other")
    after: View = carried(read_view(WorkingTree(notes), [reader], 2), before)
    assert after.contents() == {}
    assert after.content("notes/a.txt#note") != digest


def test_what_moved_is_seen_in_the_files(notes: Path) -> None:
    """A change, a new file, one that is gone; a folder that is not there is no file."""
    looked = [stats_of(notes, ["notes/*.txt", "models/*.yaml"])]
    os.utime(notes / "notes" / "a.txt", ns=(1, 1))
    looked.append(stats_of(notes, ["notes/*.txt"]))
    (notes / "notes" / "c.txt").write_text("new")
    looked.append(stats_of(notes, ["notes/*.txt"]))
    (notes / "notes" / "a.txt").unlink()
    looked.append(stats_of(notes, ["notes/*.txt"]))
    assert len(set(looked)) == 4
    assert [len(x) for x in looked] == [2, 2, 3, 2]


def test_a_project_sees_every_edit(tmp_path: Path) -> None:
    """The plan is another after each; without one it is the very same."""
    root = tmp_path / "cell"
    copy_example(root)
    (root / "ninefold.toml").write_text('name = "cell"\n', encoding="utf-8")
    project = Project(root)
    with project.working() as session:
        first = session.status()
        assert session.status() is first
        edit(root, "use-cases/UC-part-count.md", "title: Count the parts of a shift", "title: Count")
        second = session.view()
        assert session.status() is not first
        assert second.facets["UC-part-count#index"].body.title == "Count"
        (root / "use-cases" / "UC-part-count.md").unlink()
        assert "UC-part-count#index" not in session.view().facets


def test_a_page_looks_at_the_files_once(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For files and plan together: to look at ten thousand files takes time."""
    looks: list[Path] = []

    def counted(root: Path, patterns: Iterable[str]) -> object:
        looks.append(root)
        return stats_of(root, patterns)

    with opened(bare) as client:
        client.get("/requirements")
        monkeypatch.setattr("ninefold.workbench.project.stats_of", counted)
        assert client.get("/requirements").status_code == 200
    assert len(looks) == 1
