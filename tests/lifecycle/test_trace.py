"""The chain as people walk it: back to the sentence, and on to everything that rests on it."""

from pathlib import Path

import pytest

from ninefold.kernel.errors import NotFound
from ninefold.kernel.records import Draft, Input, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.lifecycle.trace import beginnings, trace


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    """A sentence with its criterion, data, a model from both, a verdict, and an alarm of the bundle."""
    store = SqliteStore(tmp_path / "store.db")

    def put(name: str, kind: str, **inputs: str) -> str:
        links = tuple(Input(role, id, store.get(id).content) for role, id in inputs.items())
        data = encode(kind, {"name": name})
        [id] = store.put([Draft(kind, data, "toy@1", "t", 1, links, name=name)])
        return id

    put("REQ-x#statement", "facet-statement@1")
    criterion = put("REQ-x#criterion/recall", "facet-criterion@1")
    data = put("dataset:d", "dataset@1")
    model = put("model:m", "model@1", data=data, recall=criterion)
    put("verdict:m/REQ-x/recall", "verdict@1", criterion=criterion, model=model)
    put("bundle:m", "bundle@1", model=model)
    put("", "alarm@1", bundle=beginnings(store, "bundle:m")[0])
    return store


def names(store: SqliteStore, start: str, *, up: bool) -> list[tuple[int, str]]:
    """Return depth and name of each link."""
    links = trace(store, beginnings(store, start), up=up)
    return [(k.depth, k.names[0] if k.names else k.record.kind) for k in links]


def test_back_from_a_bundle_to_the_sentence(store: SqliteStore) -> None:
    """Through the model and the criterion that its threshold satisfies, to the words of the requirement."""
    assert names(store, "bundle:m", up=True) == [
        (0, "bundle:m"), (1, "model:m"), (2, "dataset:d"), (2, "REQ-x#criterion/recall"), (3, "REQ-x#statement"),
    ]  # fmt: skip


@pytest.mark.parametrize("start", ["REQ-x", "REQ-x#statement"])
@pytest.mark.job("chain/down", against="cases", what="evidence made for the test, in a real store")
def test_on_from_the_sentence_to_verdict_and_alarm(store: SqliteStore, start: str) -> None:
    """Everything that rests on any part of the requirement."""
    found = names(store, start, up=False)
    assert found[0] == (0, "REQ-x#statement")
    assert {"verdict:m/REQ-x/recall", "model:m", "bundle:m", "alarm@1"} <= {n for _, n in found}
    assert "dataset:d" not in {n for _, n in found}


def test_each_record_is_met_once_on_its_shortest_way(store: SqliteStore) -> None:
    """The verdict reaches the criterion directly and through the model; it is shown once, near."""
    found = names(store, "verdict:m/REQ-x/recall", up=True)
    assert found.count((1, "REQ-x#criterion/recall")) == 1
    assert len({n for _, n in found}) == len(found)


def test_an_unknown_start_is_named(store: SqliteStore) -> None:
    """Neither task, facet, requirement nor record."""
    with pytest.raises(NotFound):
        beginnings(store, "zzz")
