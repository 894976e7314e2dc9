"""The page of dependencies names each package that is declared, with a licence and a reason, and no other."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PAGE = (ROOT / "docs" / "dependencies.md").read_text()


def name_of(requirement: str) -> str:
    return re.split(r"[\s\[<>=!~;]", requirement)[0].lower()


def declared() -> dict[str, set[str]]:
    """Return package -> the places that declare it: base, an extra, dev."""
    places: dict[str, set[str]] = {}
    extras = {e: r for e, r in PROJECT["project"]["optional-dependencies"].items() if e != "all"}
    groups = {"dev": [r for g in PROJECT["dependency-groups"].values() for r in g if isinstance(r, str)]}
    for place, requirements in {"base": PROJECT["project"]["dependencies"], **extras, **groups}.items():
        for requirement in requirements:
            places.setdefault(name_of(requirement), set()).add(place)
    return places


def rows() -> dict[str, list[str]]:
    """Return package -> the other cells of its row."""
    found: dict[str, list[str]] = {}
    for line in PAGE.partition("## Refused")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] != "package":
            found |= {name.strip().lower(): cells[1:] for name in cells[0].split(",")}
    return found


def test_every_package_has_its_row_and_every_row_its_package() -> None:
    """A dependency comes with its reason, or does not come."""
    assert set(rows()) == set(declared())


def test_every_row_says_where_which_licence_and_why() -> None:
    """Where as in pyproject.toml; a licence; a reason of more than a word."""
    for package, places in declared().items():
        where, licence, why = rows()[package]
        assert set(re.findall(r"\w+", where)) == places, package
        assert licence, package
        assert len(why) > 15, package
