"""Facets from files: one id has one file, and a problem in one file does not hide the others."""

from collections.abc import Iterable, Iterator, Mapping

from ninefold.kernel.errors import InvalidFile, NotFound, Problem
from ninefold.kernel.view import Facet, read_view


class Words:
    """A reader of files that hold an id in their first line and a word in their second."""

    patterns = ("*.txt",)

    def facets(self, text: str, file: str) -> Iterator[Facet]:
        """Yield the one facet of a file."""
        id, _, word = text.partition("\n")
        if not word:
            raise InvalidFile([Problem(file, 2, "word", "There is no word.")])
        yield Facet(f"{id}#word", "word", word, file, 1)

    def check(self, facets: Mapping[str, Facet]) -> Iterable[Problem]:
        """Return nothing: these files name no others."""
        del facets
        return ()


class Files(dict[str, str]):
    """A tree in memory."""

    def names(self, patterns: Iterable[str]) -> list[str]:
        """Return all names; there is one pattern here."""
        assert list(patterns) == ["*.txt"]
        return sorted(self)

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        if name not in self:
            raise NotFound(f"The file {name} does not exist.")
        return self[name].encode()


def test_an_id_that_two_files_use_is_told_at_the_second() -> None:
    """With the first file's name; the first one counts."""
    view = read_view(Files({"a.txt": "W-1\nmill", "b.txt": "W-1\ndrill"}), [Words()], now=0)
    assert [str(p) for p in view.problems] == [
        "b.txt:1: id: The id 'W-1' is already used in a.txt. Give one of them another id."
    ]
    assert view.facets["W-1#word"].body == "mill"


def test_a_file_that_cannot_be_read_does_not_hide_the_others() -> None:
    """Its problem is told, and the facets of the rest are there."""
    view = read_view(Files({"a.txt": "W-1", "b.txt": "W-2\ndrill"}), [Words()], now=0)
    assert [str(p) for p in view.problems] == ["a.txt:2: word: There is no word."]
    assert list(view.facets) == ["W-2#word"]
