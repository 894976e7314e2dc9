"""The finder: objects and actions, as a page and as JSON for the palette."""

from pathlib import Path
from typing import Any

import msgspec
from litestar.testing import TestClient
from tests.workbench.desk import APPROVER, opened

VIEWER = msgspec.structs.replace(APPROVER, role="viewer")
GERMAN = msgspec.structs.replace(APPROVER, language="de")
JSON = {"Accept": "application/json"}


def _found(client: TestClient[Any], query: str) -> dict[str, list[str]]:
    groups = client.get("/find", params={"q": query}, headers=JSON).json()["groups"]
    return {g["title"]: [f"{i['text']} {i['href']}" for i in g["items"]] for g in groups}


def test_objects_are_found_by_a_part_of_their_name(cell_root: Path) -> None:
    """Requirements by id and title, devices, machines, files, tasks, and records by the beginning of their id."""
    with opened(cell_root) as client:
        assert _found(client, "warning")["Requirements"][0].startswith("REQ-")
        assert _found(client, "gateway-2")["Devices"] == ["gateway-2 /fleet/gateway-2"]
        assert _found(client, "m4")["Machines"] == ["m4 /m/m4"]
        assert _found(client, "part features")["Files"] == [
            "recipes/part-features.yaml /files/recipes/part-features.yaml"
        ]
        with client.app.state.project.working() as session:
            id = session.store.latest("ranking").id
        assert _found(client, id[:10])["Records"] == [f"{id[:16]} /records/{id}"]
        assert _found(client, "audit")["Places"] == ["Audit /audit"]


def test_actions_are_found_by_what_the_viewer_may(cell_root: Path) -> None:
    """A rollback is offered to who may roll back, and to nobody else."""
    with opened(cell_root) as client:
        assert _found(client, "roll back")["Actions"][0] == "Roll back gateway-1 /fleet/gateway-1"
    with opened(cell_root, VIEWER) as client:
        assert "Actions" not in _found(client, "roll back")
        assert _found(client, "verify")["Actions"] == ["Verify every chain /audit"]
    with opened(cell_root, GERMAN) as client:
        assert _found(client, "zurückrollen")["Aktionen"][0].startswith("gateway-1 zurückrollen")


def test_a_page_says_the_same(cell_root: Path) -> None:
    """Links in groups; nothing found says what to do; a query is text."""
    with opened(cell_root) as client:
        assert 'href="/fleet/gateway-1"' in client.get("/find?q=gateway").text
        nothing = client.get("/find", params={"q": "<script>zz" + "y" * 300})
    assert nothing.status_code == 200
    assert "Nothing is called so." in nothing.text
    assert "<script>zz" not in nothing.text


def test_an_empty_query_finds_nothing(cell_root: Path) -> None:
    """And asks for a part of a name."""
    with opened(cell_root) as client:
        assert _found(client, "  ") == {}
        assert "Write a part of a name." in client.get("/find").text
