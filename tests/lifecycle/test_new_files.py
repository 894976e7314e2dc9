"""New files pass the check alone, or name only what other files must hold."""

from pathlib import Path

import pytest
from tests.lifecycle.editing_desk import PERSON, desk

from ninefold.kernel.errors import InvalidInput
from ninefold.lifecycle.editing import create_file
from ninefold.lifecycle.new_files import KINDS, Kind, new_file


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("title", ["", "A \"title\": 'x' # <b>\n---\n\u2028ü", "yes"])
def test_a_new_file_is_valid_but_for_what_it_names(tmp_path: Path, kind: Kind, title: str) -> None:
    """Whatever the title holds; each problem that the check finds is about one of the references."""
    with desk(tmp_path / "project") as composer:
        made = new_file(kind, "my-thing", title)
        create_file(composer.session, PERSON, made.path, made.text)
        view = composer.view()
        assert any(f.file == made.path for f in view.facets.values())
        names = [r.partition(":")[2] or r for r in made.references]
        assert all(any(n in p.message for n in names) for p in view.problems), view.problems
        assert len(view.problems) == len(made.references)


def test_a_title_and_an_owner_are_kept(tmp_path: Path) -> None:
    """As text."""
    with desk(tmp_path / "project") as composer:
        made = new_file("requirement", "a", "12:30", "yes")
        create_file(composer.session, PERSON, made.path, made.text)
        index = composer.view().facets["REQ-a#index"].body
        assert (index.title, index.owner) == ("12:30", "yes")


@pytest.mark.parametrize("name", ["", "A", "a_b", "../a", "a--b", "-a", "a" * 61])
def test_a_name_that_is_none(name: str) -> None:
    """It never becomes a path."""
    with pytest.raises(InvalidInput, match="not a name"):
        new_file("model", name)
