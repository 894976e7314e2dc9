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


def test_no_plugin_for_models_of_other_libraries_is_loaded(bare: Path) -> None:
    """Litestar would import pydantic wherever it is installed, which is a fifth of the time of the start."""
    with opened(bare) as client:
        names = [type(p).__module__ for p in client.app.plugins]
    assert any("MsgspecDIPlugin" in type(p).__name__ for p in client.app.plugins)
    assert not [n for n in names if "pydantic" in n or "attrs" in n]
