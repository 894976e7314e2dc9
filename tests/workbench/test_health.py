"""Whether the workbench says that it can work."""

from pathlib import Path

from tests.workbench.desk import opened


def test_it_answers_while_the_store_does(cell_root: Path) -> None:
    """Ok, and 503 with the kind of problem once the store is spoilt."""
    with opened(cell_root) as client:
        assert (client.get("/health").status_code, client.get("/health").text) == (200, "ok")
        for file in (cell_root / ".ninefold").glob("store.db*"):
            file.write_bytes(b"no database at all" * 100)
        answer = client.get("/health")
    assert (answer.status_code, answer.text) == (503, "StoreError")
