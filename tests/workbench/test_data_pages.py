"""The pages of data: needs with what was measured, the gap map, labels, connections and their tests."""

import re
from pathlib import Path

from tests.workbench.browser.rig import free_port
from tests.workbench.desk import opened
from tests.workbench.pages_kit import DEUTSCH, EDITOR, VIEWER, empty, form_of


def test_every_need_has_promise_measurement_and_verdict(cell_root: Path) -> None:
    """What somebody must do comes first, with owner and action."""
    with opened(cell_root) as client:
        page = client.get("/data").text
    assert "7 of 9 data needs are met" in page
    assert "coolant_flow: no connection brings coolant_flow." in page
    assert page.index("coolant_flow") < page.index("spindle_torque")
    assert "cell-history" in page
    assert "Who must act" in page


def test_the_gap_map_is_drawn_from_the_record(cell_root: Path) -> None:
    """By asset and day, planned stops hatched, and as a table."""
    with opened(cell_root) as client:
        page = client.get("/data/needs/UC-tool-failure").text
    assert "Gap map of cell-history" in page
    assert "planned stop" in page
    assert "n-full-cell" in page
    assert re.search(r"m8, 24 Nov: 100.0 %; planned_change", page)
    assert "Shifts of a day: early 06:00-14:00" in page
    assert "from repairs reported here" in page
    assert "6 of 6 needs are met" in page
    assert "What the bounds need" in page
    assert "style=" not in page


def test_a_connection_is_tested_read_only(cell_root: Path) -> None:
    """By whoever may edit; the findings are told."""
    with opened(cell_root, EDITOR) as client:
        assert "Test connection" in client.get("/data/connections/cell-history").text
        tested = client.post("/data/connections/cell-history/test")
    assert tested.status_code == 200
    assert "passes its test" in tested.text
    (cell_root / "data" / "cell-export.csv").unlink()
    with opened(cell_root, EDITOR) as client:
        failed = client.post("/data/connections/cell-export/test")
    assert "fails its test" in failed.text


def test_a_live_source_that_is_gone_is_told_with_what_to_check(tmp_path: Path) -> None:
    """A controller that nobody answers for: its page stands, and its test says which check fails."""
    root = empty(tmp_path / "p")
    (root / "connections").mkdir(exist_ok=True)
    (root / "connections" / "press.yaml").write_text(
        f"connector: modbus\nendpoint: tcp://127.0.0.1:{free_port()}\ntimeout: 1 s\n"
        "tags: [{signal: force, asset: press, address: holding:0, type: uint16, unit: N}]\n"
    )
    with opened(root, EDITOR) as client:
        told = client.post("/data/connections/press/test")
        assert client.get("/data/connections/press").status_code == 200
    assert told.status_code == 200
    assert "press fails its test in 1 of its checks" in told.text
    assert "press cannot be reached. Check address, port and cable." in told.text


def test_a_new_connection_opens_as_text(tmp_path: Path) -> None:
    """With the fields of a CSV file to begin with."""
    with opened(empty(tmp_path / "p"), EDITOR) as client:
        made = client.post("/data/connections/new", data={"name": "oven", "title": "The oven"}, follow_redirects=False)
        assert made.status_code == 303
        page = client.get(made.headers["location"]).text
        listed = client.get("/data").text
        wrong = client.post("/data/connections/new", data={"name": "The Oven"})
    assert "connector: csv" in form_of(page, "files/connections/oven.yaml")["text"]
    assert "oven" in listed
    assert wrong.status_code == 422


def test_empty_unknown_viewer_and_german(tmp_path: Path) -> None:
    """Every page answers."""
    root = empty(tmp_path / "p")
    with opened(root, VIEWER) as client:
        page = client.get("/data")
        assert page.status_code == 200
        assert "Begin with a use case" in page.text
        assert client.get("/data/needs/UC-x").status_code == 404
        assert client.get("/data/connections/x").status_code == 404
        assert 'method="post"' not in page.text.partition("<main")[2]
    with opened(root, DEUTSCH) as client:
        assert "Noch ist kein Datenbedarf geschrieben" in client.get("/data").text
