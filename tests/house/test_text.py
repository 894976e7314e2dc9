"""What every text of this repository keeps to: sizes, words about itself, places of one machine, exemptions."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.conftest import DATA

ROOT = Path(__file__).parents[2]
FILES = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607 - the git of whoever runs the tests
TEXTS = [
    ROOT / name
    for name in FILES.split("\0")
    if name and (ROOT / name).is_file() and (ROOT / name).suffix in {".py", ".md", ".toml", ".yaml", ".json", ".ci", ""}
]
PYTHON = [path for path in TEXTS if path.suffix == ".py"]
PRODUCT = [path for path in PYTHON if path.is_relative_to(ROOT / "src")]
MOST_LINES = 400
EXEMPTION = re.compile(r"#\s*(noqa|type:\s*ignore)(?P<rest>.*)")
GIVEN = re.compile(r"(: [A-Z]+[0-9]+(, [A-Z]+[0-9]+)*|\[[a-z, -]+\])\s+(-|--|–|#)\s*\S.*")


def lines(path: Path, pattern: str) -> list[str]:
    """Return the places in a file where a pattern stands."""
    found = path.read_text(encoding="utf-8").splitlines()
    return [f"{path.relative_to(ROOT)}:{n}" for n, line in enumerate(found, 1) if re.search(pattern, line)]


def test_the_texts_are_found() -> None:
    """The list is not empty by mistake."""
    assert {ROOT / "README.md", ROOT / "Makefile", ROOT / "src/ninefold/kernel/errors.py"} <= set(TEXTS)


@pytest.mark.parametrize("path", PRODUCT, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_is_short_and_says_what_it_holds(path: Path) -> None:
    """At most 400 lines; a docstring, unless it is empty."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert not text.strip() or ast.get_docstring(ast.parse(text))


def test_nothing_is_left_to_be_done_later() -> None:
    """No reminder in the code: what is not done is not there."""
    words = "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"))
    assert [place for path in TEXTS for place in lines(path, rf"\b({words})\b")] == []


def test_no_place_of_one_machine_is_named() -> None:
    """No home folder, no working folder of whoever wrote it."""
    folders = "|".join(("/ho" + "me/", "/ro" + "ot/", "/wo" + "rk/", "/Us" + "ers/"))
    assert [place for path in TEXTS for place in lines(path, rf"({folders})\w")] == []


def test_every_exemption_has_its_code_and_its_reason() -> None:
    """After `noqa` or `type: ignore`."""
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in PYTHON
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (found := EXEMPTION.search(line)) and not GIVEN.fullmatch(found["rest"])
    ]
    assert bare == []


def test_nothing_of_others_and_nothing_generated_is_kept() -> None:
    """No binary, no picture, no minified text, no licence but our own: libraries come by their package managers."""
    names = [ROOT / name for name in FILES.split("\0") if name and (ROOT / name).is_file()]
    binary = [p for p in names if b"\0" in p.read_bytes()]
    minified = [p for p in names if p.suffix in {".js", ".css"} and max(map(len, p.read_text().splitlines())) > 1_000]
    licences = [p for p in names if "licen" in p.name.lower() and p != ROOT / "LICENSE"]
    assert [str(p.relative_to(ROOT)) for p in (*binary, *minified, *licences)] == []


def test_the_product_does_not_know_the_demo() -> None:
    """The demo is an example like any other: files, and commands that everybody has."""
    assert [place for path in PRODUCT for place in lines(path, r"(?i)\bdemo")] == []


def test_what_is_left_out_without_data_is_said_at_the_end(tmp_path: Path) -> None:
    """The count is that of the tests that need the data."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests/acceptance"]
    told = [
        subprocess.run(
            command, cwd=ROOT, env=environment | {"NINEFOLD_DATA": data}, capture_output=True, text=True, check=False
        ).stdout
        for data in (str(DATA.resolve()), str(tmp_path / "none"))
    ]  # fmt: skip
    assert "NOT RUN" not in told[0]
    everything, rest = (len(re.findall(r"^tests/acceptance/\S+::", text, re.MULTILINE)) for text in told)
    assert everything > rest
    assert f"acceptance NOT RUN: {everything - rest} tests need the data of NINEFOLD_DATA" in told[1]


def test_no_example_fails_on_a_clock() -> None:
    """Neither by how long it takes nor by how long it took to think it up."""
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check
    assert not [place for path in PYTHON for place in lines(path, r"\bsettings\(.*deadline=[^N]")]
