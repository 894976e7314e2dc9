"""What the API does: roles, conditions, idempotency keys, malformed requests, and what must never be blocked."""

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.workbench.api.served import PASSWORD, Asking, asking, is_problem
from tests.workbench.api.told import told_alarms

from ninefold.kernel.project import STATE
from ninefold.workbench.api.once import FILE

ORDERS = "/devices/gateway-1/orders"
REQUIREMENT = "/files/requirements/REQ-cabinet-heat.md"
KEY = {"idempotency-key": "a-key-of-a-test"}


def orders(api: Asking) -> int:
    """Return how many orders were recorded."""
    return len(api("GET", "/records?kind=desired@1&limit=500", 200)["items"])


def test_the_same_key_does_it_once(api: Asking) -> None:
    """The second answer is the first one, and says so; without a key it is done again."""
    before = orders(api)
    first = api.answer("POST", ORDERS, 201, json={"order": "stop"}, headers=KEY)
    second = api.answer("POST", ORDERS, 201, json={"order": "stop"}, headers=KEY)
    assert second.json() == first.json()
    assert second.headers["location"] == first.headers["location"]
    assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (None, "true")
    assert orders(api) == before + 1
    api("POST", ORDERS, 201, json={"order": "stop"})
    assert orders(api) == before + 2


def test_the_same_key_for_another_request_is_refused(api: Asking) -> None:
    """Another body, or another place; another person's key is their own."""
    api("POST", ORDERS, 201, json={"order": "stop"}, headers=KEY)
    api("POST", ORDERS, 422, json={"order": "retry"}, headers=KEY)
    api("POST", "/devices/gateway-2/orders", 422, json={"order": "stop"}, headers=KEY)
    api.as_("editor")("POST", ORDERS, 201, json={"order": "retry"}, headers=KEY)


def test_what_was_refused_may_be_repeated_with_its_key(api: Asking) -> None:
    """It did nothing, so nothing is kept."""
    api("POST", "/devices/nothing/orders", 404, json={"order": "stop"}, headers=KEY)
    api("POST", ORDERS, 201, json={"order": "stop"}, headers=KEY)


def test_two_at_once_with_one_key_do_it_once(api: Asking) -> None:
    """Each gets the one answer, or is told that it is being done."""
    before = orders(api)
    found: list[int] = []

    def ask() -> None:
        headers = {"authorization": f"Bearer {api.people.tokens['editor']}", **KEY}
        found.append(api.client.post(f"/api/v1{ORDERS}", json={"order": "stop"}, headers=headers).status_code)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) <= {201, 409}
    assert 201 in found
    assert orders(api) == before + 1


def test_a_key_keeps_no_password(api: Asking, cell_root: Path) -> None:
    """Neither the request nor its digest: the same approval with another password has the same digest."""
    body = {"model": "tool-failure", "reason": "It is shown.", "password": PASSWORD}
    api("POST", "/approvals", 201, json=body, headers=KEY)
    with sqlite3.connect(cell_root / STATE / FILE) as db:
        rows = db.execute("SELECT person, key, digest, data FROM reply").fetchall()
    assert len(rows) == 1
    assert PASSWORD not in str(rows)
    api("POST", "/approvals", 403, json={**body, "password": "wrong horse battery"}, headers=KEY)


def test_no_file_of_keys_stops_a_stop(api: Asking, cell_root: Path) -> None:
    """Rollback and stop are never blocked: with a file that is none they are given all the same."""
    (cell_root / STATE / FILE).write_bytes(b"no database " * 100)
    api("POST", ORDERS, 201, json={"order": "rollback"}, headers=KEY)
    told = api("POST", "/runs", 503, json={}, headers=KEY)
    assert told["hint"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [({}, 428), ({"if-match": '"0000"'}, 412), ({"if-match": "*"}, 400), ({"if-match": 'W/"1"'}, 400),
     ({"if-none-match": "*"}, 412), ({"if-none-match": '"1"'}, 400)],
)  # fmt: skip
def test_a_file_is_written_by_who_has_read_it_only(api: Asking, headers: dict[str, str], expected: int) -> None:
    """Nothing is written otherwise."""
    before = api.answer("GET", REQUIREMENT, 200)
    api("PUT", REQUIREMENT, expected, json={"text": "x"}, headers=headers)
    api("DELETE", REQUIREMENT, expected if "if-none-match" not in headers else 428, headers=headers)
    assert api.answer("GET", REQUIREMENT, 200).text == before.text


def test_the_second_of_two_writers_sees_the_difference(api: Asking) -> None:
    """412 with the diff and the ETag of what is there."""
    read = api.answer("GET", REQUIREMENT, 200)
    etag, text = read.headers["etag"], read.json()["text"]
    done = api.answer("PUT", REQUIREMENT, 200, json={"text": text + "\nOne.\n"}, headers={"if-match": etag})
    told = api("PUT", REQUIREMENT, 412, json={"text": text + "\nTwo.\n"}, headers={"if-match": etag})
    assert "-One." in told["diff"]
    assert "+Two." in told["diff"]
    assert f'"{told["etag"]}"' == done.headers["etag"]


def test_an_alarm_is_changed_by_who_has_seen_it_only(cell_root: Path) -> None:
    """428 without an ETag, 412 with an older one; a stranger's id is not found."""
    told_alarms(cell_root)
    with asking(cell_root, "editor") as api:
        etag = api.answer("GET", "/alarms/alarm-0", 200).headers["etag"]
        api("POST", "/alarms/alarm-0/acknowledgement", 428)
        api("POST", "/alarms/alarm-0/acknowledgement", 200, headers={"if-match": etag})
        api("POST", "/alarms/alarm-0/judgement", 412, json={"outcome": "false"}, headers={"if-match": etag})
        api("POST", "/alarms/alarm-9/acknowledgement", 404, headers={"if-match": etag})
        past = {"until": 1, "reason": "x"}
        now = api.answer("GET", "/alarms/alarm-0", 200).headers["etag"]
        api("POST", "/alarms/alarm-0/shelving", 403, json=past, headers={"if-match": now})


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [(b"", "application/json", 400), (b"{", "application/json", 400), (b"[]", "application/json", 400),
     (b'{"order":"stop","more":1}', "application/json", 400), (b'{"order":"stop"}', "text/plain", 415),
     (b'{"order":"stop"}', "", 415), (b'{"order":"stop","order":"no"}', "application/json", 400),
     (b'{"order":' + b"[" * 100_000, "application/json", 400), (b"\xff\xfe{}", "application/json", 400),
     (b'{"order":"' + b"x" * 2_100_000 + b'"}', "application/json", 413), (b"order=stop", "multipart/form-data", 415)],
)  # fmt: skip
def test_a_body_that_is_not_meant_so_is_refused(api: Asking, content: bytes, kind: str, expected: int) -> None:
    """Malformed, of another type, with a field that nobody knows, too deep, too large: nothing is done."""
    before = orders(api)
    api("POST", ORDERS, expected, content=content, headers={"content-type": kind} if kind else {})
    assert orders(api) == before


def test_only_json_is_answered(api: Asking) -> None:
    """406 for who wants something else; a browser's list has a star in it."""
    api("GET", "/status", 406, headers={"accept": "text/html"})
    api("GET", "/status", 406, headers={"accept": "application/json;q=0"})
    api("GET", "/status", 200, headers={"accept": "text/html, */*;q=0.1"})


def test_a_method_that_is_not_there_is_told(api: Asking) -> None:
    """405 names those that are."""
    answer = api.answer("PATCH", "/status", 405)
    assert "GET" in answer.headers["allow"]


def test_who_may_less_is_refused(api: Asking) -> None:
    """A viewer reads; an editor orders; an approver signs; only an administrator sees accounts."""
    viewer, editor, approver = api.as_("viewer"), api.as_("editor"), api.as_("approver")
    viewer("GET", "/status", 200)
    viewer("POST", ORDERS, 403, json={"order": "stop"})
    editor("POST", ORDERS, 201, json={"order": "stop"})
    body = {"model": "tool-failure", "reason": "It is shown.", "password": PASSWORD}
    editor("POST", "/approvals", 403, json=body)
    approver("GET", "/accounts", 403)
    approver("POST", "/approvals", 201, json=body)


def test_nobody_is_told_to_log_in(api: Asking) -> None:
    """401 says by what; a token that is none, too."""
    for headers in ({}, {"authorization": "Bearer nf_nothing"}):
        answer = api.client.get("/api/v1/status", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        is_problem(answer)


def test_wrong_passwords_are_counted(api: Asking) -> None:
    """After a few a right one has to wait as well, and is told how long."""
    body: dict[str, Any] = {"name": "x", "scope": "viewer", "password": "wrong horse battery"}
    codes = []
    for _ in range(30):
        headers = {"authorization": f"Bearer {api.people.tokens['viewer']}"}
        codes.append(api.client.post("/api/v1/tokens", json=body, headers=headers).status_code)
    assert codes[0] == 403
    assert codes[-1] == 429
    answer = api.as_("viewer").answer("POST", "/tokens", 429, json={**body, "password": PASSWORD})
    assert int(answer.headers["retry-after"]) > 0


def test_a_store_that_is_gone_is_said(api: Asking, cell_root: Path) -> None:
    """503 with what to do, no stack; it works again when it is back."""
    store = cell_root / STATE / "store.db"
    for suffix in ("-wal", "-shm"):
        store.with_name(store.name + suffix).unlink(missing_ok=True)
    kept = store.read_bytes()
    store.write_bytes(b"no database " * 1000)
    assert api("GET", "/records", 503)["hint"]
    store.write_bytes(kept)
    api("GET", "/records", 200)


def test_an_unexpected_failure_shows_no_stack(api: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 is a problem too; the log has the rest."""
    from ninefold.workbench import project

    def fail(*_: object) -> None:
        raise ZeroDivisionError("a secret of the inside")

    monkeypatch.setattr(project.Project, "working", fail)
    api.client.raise_server_exceptions = False
    answer = api.answer("GET", "/status", 500)
    assert "secret" not in answer.text
