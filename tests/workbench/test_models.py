"""The model pages: the list, the leaderboard, and what a threshold does."""

import re
from html import unescape
from pathlib import Path

import msgspec
import pytest
from tests.workbench.desk import APPROVER, opened
from tests.workbench.empty import empty_project, unmade

from ninefold.development.modelling import pages
from ninefold.kernel.canonical import sha256
from ninefold.kernel.records import Record
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.model import Leaderboard

PAGE = "/models/tool-failure"


def text_of(root: Path, path: str, language: str = "en") -> str:
    """Return what a page says."""
    with opened(root, msgspec.structs.replace(APPROVER, language=language)) as client:
        answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def test_the_title_says_which_candidate_and_how_likely_it_passes(cell_root: Path) -> None:
    """With race, limits and records below."""
    text = text_of(cell_root, PAGE)
    assert re.search(r"<h1>tool-failure: linear-\d passes its test with a probability of \d+ %</h1>", text)
    for word in (
        "Leaderboard",
        "No blend is better",
        "Measured on the device",
        "torque_lift_slope_20",
        "Caught in time",
    ):
        assert word in text
    assert 'href="/records/' in text
    assert "style=" not in text


def test_a_threshold_is_tried_without_a_script(cell_root: Path) -> None:
    """A plain form asks for it; fewer false alarms are bought with fewer failures caught."""
    [low, high] = [counts(text_of(cell_root, f"{PAGE}?threshold={t}")) for t in ("0.05", "0,6")]
    assert low[0] > high[0]
    assert low[1] > high[1]
    assert "a trial:" in text_of(cell_root, f"{PAGE}?threshold=0.6")


def counts(text: str) -> tuple[int, int]:
    """Return the caught events and the false alarms that a page tells."""
    caught, false = re.search(r"<b>\s*(\d+) / \d+", text), re.search(r"a machine and week \((\d+) in", text)
    assert caught is not None
    assert false is not None
    return int(caught.group(1)), int(false.group(1))


@pytest.mark.parametrize("typed", ["abc", "nan", "inf", "1e300", "<script>", "٣"])
def test_what_is_no_threshold_is_told_beside_the_field(cell_root: Path, typed: str) -> None:
    """And the one in use is shown; an Arabic digit is a number like any other."""
    with opened(cell_root) as client:
        answer = client.get(PAGE, params={"threshold": typed})
    assert answer.status_code == 200
    assert "<script>" not in answer.text
    assert ("is no number" in answer.text or "is no score" in answer.text) != (typed == "٣")


def test_an_erased_input_is_said_and_the_rest_stands(cell_root: Path) -> None:
    """The leaderboard needs no features; only the threshold cannot be explored."""
    with SqliteStore(cell_root / ".ninefold" / "store.db") as store:
        record = store.latest("labels:part-features")
        assert record is not None
        store.erase(record.content, "asked for", "person-1", 1)
    text = text_of(cell_root, PAGE)
    assert "was erased" in text
    assert "Leaderboard" in text


def test_it_speaks_german(cell_root: Path) -> None:
    """Also in its drawings."""
    text = text_of(cell_root, PAGE, "de")
    assert "besteht den Test mit einer Wahrscheinlichkeit von" in text
    assert "Was eine Schwelle bewirkt, außerhalb der Faltung</title>" in text


def test_an_empty_project_says_what_to_do_first(tmp_path: Path) -> None:
    """And an unknown model names the known ones."""
    with opened(empty_project(tmp_path / "p")) as client:
        assert "then write models/NAME.yaml" in client.get("/models").text
        assert client.get("/models/nobody").status_code == 404
        assert client.get("/models?from=-1").status_code == 422


def test_a_model_that_was_not_raced_says_what_it_waits_for(tmp_path: Path) -> None:
    """With the way to that step."""
    text = text_of(unmade(tmp_path / "fresh"), PAGE)
    assert "tool-failure was not raced yet" in text
    assert "dataset:cell-history" in text
    assert "Run the model</button>" in text


def test_the_list_names_every_model_with_its_score(cell_root: Path) -> None:
    """And the interval beside it."""
    text = text_of(cell_root, "/models")
    assert f'href="{PAGE}"' in text
    assert "average_precision 0." in text


def test_what_is_kept_ready_does_not_outlive_its_record(cell_root: Path) -> None:
    """The same page twice reads the rows once, under the id of the record."""
    from ninefold.development.modelling import exploring

    text_of(cell_root, PAGE)
    before = list(exploring._kept)
    text_of(cell_root, f"{PAGE}?threshold=0.2")
    assert list(exploring._kept) == before
    assert all(len(id) == len(sha256(b"")) for id in before)


def test_a_leaderboard_is_read_once_until_there_is_another(cell_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Turning over its pages does not decode ten thousand rows each time; a new record is another content."""
    read: list[str] = []
    body = Record.body

    def counted(record: Record, type_: type[object]) -> object:
        if type_ is Leaderboard:
            read.append(record.content)
        return body(record, type_)

    monkeypatch.setattr(Record, "body", counted)
    monkeypatch.setattr(pages, "_known", [])
    with opened(cell_root) as client:
        for path in (PAGE, f"{PAGE}?sort=size", "/models"):
            assert client.get(path).status_code == 200
        assert len(read) == 1
        pages._known[:] = [pages._Known("another", pages._known[0].board)]
        client.get(PAGE)
    assert len(read) == 2
