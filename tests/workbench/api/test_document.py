"""The document says of every operation what may come, and every route of the API is in it."""

import json
import re

from ninefold.workbench.api.document import document, operations

PATHS = json.loads(document())["paths"]


def test_it_is_openapi_of_this_version() -> None:
    """3.1, with the token as what is asked for."""
    found = json.loads(document())
    assert found["openapi"].startswith("3.1")
    assert found["security"] == [{"token": []}]


def test_every_operation_is_in_it() -> None:
    """With words, a tag and the errors that it can answer, each as a problem."""
    told = {o["operationId"]: o for ways in PATHS.values() for o in ways.values()}
    assert set(told) == {h.operation_id for h in operations()}
    for name, operation in told.items():
        assert re.match(r"[A-Z].*\.$|.*: .*", operation["summary"]), name
        assert operation["tags"]
        for status, answer in operation["responses"].items():
            kinds = set(answer.get("content", {}))
            assert kinds == ({"application/problem+json"} if status >= "400" else {"application/json"}), (name, status)
        assert {"400", "401", "403", "404", "503"} <= set(operation["responses"])


def test_what_changes_what_was_read_asks_for_its_etag() -> None:
    """428 and 412 stand beside the header."""
    for ways in PATHS.values():
        for operation in ways.values():
            headers = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "header"}
            assert ("If-Match" in headers) == ("428" in operation["responses"])


def test_no_operation_is_without_a_role() -> None:
    """Reading is for viewers; nothing that changes anything is, but previews and one's own tokens."""
    for handler in operations():
        [method] = handler.http_methods
        if method == "GET":
            assert handler.opt["role"] in {"viewer", "administrator"}
        elif handler.opt["role"] == "viewer":
            assert handler.operation_id in {"preview_edit", "make_token", "revoke_token"}
