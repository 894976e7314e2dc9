"""What a record says to a person, in one line."""

from typing import Any

import pytest

from ninefold.kernel.records import Record, encode
from ninefold.lifecycle.tables import said


def record(body: Any) -> Record:
    """Return a record of a body; None when it was erased."""
    data = None if body is None else encode("a@1", body)
    return Record("i", "c", "a@1", "", "s@1", "x", "o", 1, 0, 0, 0, "", (), data)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"statement": "It warns.", "outcome": "pass"}, "“It warns.”"),
        ({"name": "REQ-x#statement", "body": {"text": "It warns."}}, "“It warns.”"),
        ({"reason": "too few", "stage": "active"}, "too few"),
        ({"outcome": 3, "reason": "told"}, "told"),
        ({"outcome": "pass", "body": None}, ""),
        ({"outcome": "pass", "body": [1]}, ""),
        ({"rows": [{"reason": "of a row"}]}, ""),
        ([1, 2], ""),
        ("text", ""),
        (None, ""),
    ],
)
def test_a_record_says_its_statement_or_outcome_or_reason(body: Any, words: str) -> None:
    """A facet says what its body says; what holds none of them, or was erased, says nothing."""
    assert said(record(body)) == words
