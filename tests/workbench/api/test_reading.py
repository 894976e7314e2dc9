"""What the API shows, on the small cell and on a project that holds nothing."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from tests.once import copied
from tests.workbench.api.served import Asking, asking

LISTS = (
    "tasks", "files", "requirements", "use-cases", "availability", "models", "verdicts", "deployments", "devices",
    "decisions", "alarms", "proposals", "records", "chains", "tokens", "accounts",
)  # fmt: skip
UNKNOWN = (
    "tasks/nobody:nothing", "runs/nothing", "files/requirements/REQ-nothing.md", "requirements/nothing",
    "requirements/%3Cscript%3E", "use-cases/nothing", "availability/nothing", "models/nothing",
    "models/nothing/open-points", "gate?model=nothing", "devices/nothing", "decisions/nothing", "alarms/nothing",
    "proposals/nothing", "records/nothing", "lineage/nothing", "chains/nothing/events", "nothing", "tasks/%00",
    "requirements/" + "x" * 300,
)  # fmt: skip


@pytest.fixture(scope="module")
def api(small_cell_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """The API of one small milling cell for all that only read it."""
    root = copied(small_cell_once, tmp_path_factory.mktemp("read") / "cell")
    with asking(root) as found:
        yield found


@pytest.fixture
def own_api(cell_root: Path) -> Iterator[Asking]:
    """The same for one test alone, which may change it."""
    with asking(cell_root) as found:
        yield found


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_an_empty_project_is_empty(empty_api: Asking, name: str) -> None:
    """It is a page without items, but for what access and the store itself hold."""
    page = empty_api("GET", f"/{name}", 200)
    assert page["next"] == ""
    assert page["items"] == [] or name in {"files", "tasks", "chains", "tokens", "accounts"}


@pytest.mark.parametrize("path", UNKNOWN)
def test_what_is_not_there_is_a_problem(api: Asking, path: str) -> None:
    """404 with a hint."""
    assert api("GET", f"/{path}", 404)["hint"]


def test_a_list_comes_in_pages_that_miss_nothing(api: Asking) -> None:
    """Pages of three tasks together are the whole list, each once."""
    whole = [t["name"] for t in api("GET", "/tasks", 200, params={"limit": 500})["items"]]
    found, cursor = [], ""
    while True:
        page = api("GET", "/tasks", 200, params={"limit": 3, "cursor": cursor})
        found += [t["name"] for t in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert found == whole == sorted(whole)
    assert len(whole) > 30


def test_records_go_on_where_a_page_ended(own_api: Asking) -> None:
    """Records that are put meanwhile move nothing: the next page begins below the last one shown."""
    first = own_api("GET", "/records", 200, params={"limit": 5})
    own_api("POST", "/devices/gateway-1/orders", 201, json={"order": "stop"})
    second = own_api("GET", "/records", 200, params={"limit": 5, "cursor": first["next"]})
    ids = [r["id"] for r in own_api("GET", "/records", 200, params={"limit": 500})["items"]]
    assert [r["id"] for r in first["items"] + second["items"]] == ids[1:11]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "in_state=odd", "nothing=1", "cursor=%25"])
def test_a_query_out_of_its_bounds_is_refused(api: Asking, query: str) -> None:
    """A parameter that is unknown or too large is no silent default."""
    api("GET", f"/tasks?{query}", 422 if query.startswith("cursor") else 400)


def test_the_phases_are_shown(api: Asking) -> None:
    """A requirement with its criteria, a use case with its place, a model with its race, verdicts, the gate."""
    requirement = api("GET", "/requirements/REQ-tool-failure-warning", 200)
    assert requirement["statement"].startswith("While a machine is producing")
    [recall] = [c for c in requirement["criteria"] if c["id"] == "recall"]
    assert recall["verdicts"] == ["verdict:tool-failure/REQ-tool-failure-warning/recall"]
    assert api("GET", "/use-cases/UC-tool-failure", 200)["place"]["rank"] == 1
    assert api("GET", "/models/tool-failure", 200)["leaderboard"]["winner"]
    verdicts = api("GET", "/verdicts?model=tool-failure", 200)["items"]
    assert {v["verdict"]["outcome"] for v in verdicts} <= {"pass", "insufficient"}
    assert api("GET", "/gate?model=tool-failure", 200)["decision"] == "pass"
    assert api("GET", "/ranking", 200)["places"]
    assert api("GET", "/availability/UC-tool-failure", 200)["needs"]


def test_the_chain_is_walked_both_ways(api: Asking) -> None:
    """From a verdict up to the sentence, and from the sentence down to the verdict."""
    name = "verdict:tool-failure/REQ-tool-failure-warning/recall"
    up = api("GET", f"/lineage/{name}", 200)["items"]
    assert any("REQ-tool-failure-warning#statement" in link["names"] for link in up)
    down = api("GET", "/lineage/dataset:cell-history?direction=down", 200)["items"]
    assert any(name in link["names"] for link in down)
    record = api("GET", f"/records/{up[0]['id'][:12]}", 200)
    assert record["kind"] == "verdict@1"
    assert record["body"]["criterion"] == "recall"


def test_the_events_of_a_chain_are_linked(api: Asking) -> None:
    """Each names the hash before it, over the border of a page too."""
    [centre] = [c for c in api("GET", "/chains", 200)["items"] if c["origin"].startswith("centre-")]
    events, cursor, first = [], "", True
    while cursor or first:
        page = api("GET", f"/chains/{centre['origin']}/events", 200, params={"cursor": cursor, "limit": 40})
        events += page["items"]
        cursor, first = page["next"], False
    assert all(b["previous"] == a["hash"] for a, b in pairwise(events))
    assert (events[-1]["sequence"], events[-1]["hash"]) == (centre["sequence"], centre["hash"])


def test_who_asks_is_told(api: Asking) -> None:
    """With the role that the token gives."""
    assert api.as_("editor")("GET", "/me", 200)["role"] == "editor"
    assert api("GET", "/status", 200)["counts"]["fresh"] > 30
