"""The API meets what its own document allows and forbids: schemathesis, with all its checks, over a real socket."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.once import copied
from tests.workbench.api.served import entered, is_problem, listening
from tests.workbench.api.told import told_alarms

from ninefold.workbench.api.document import document

# What a schema allows can still be meaningless (a cursor, a date that has passed: 422), late (412) or unread (428).
_MEANT = ["2xx", "400", "401", "403", "404", "409", "412", "422", "428", "429"]
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": _MEANT},
            "negative_data_rejection": {"expected-statuses": [*_MEANT[1:], "405", "406", "413", "415"]},
        },
        "generation": {"deterministic": True, "max-examples": 8, "database": "none", "no-shrink": True},
    }
)
KNOWN = {
    "tasks": "model:tool-failure", "files": "requirements/REQ-cabinet-heat.md", "edits": "models/tool-failure.yaml",
    "requirements": "REQ-tool-failure-warning", "use-cases": "UC-tool-failure", "availability": "UC-tool-failure",
    "models": "tool-failure", "deployments": "cell-gateways", "devices": "gateway-1", "alarms": "alarm-0",
    "repairs": "cell-1/m1", "lineage": "model:tool-failure",
}  # fmt: skip
SHAPES = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
SCHEMA = schemathesis.openapi.from_dict(json.loads(document()), config=CONFIG)


@pytest.fixture(scope="module")
def served(small_cell_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of the small cell's workbench, and the token of an administrator."""
    root = copied(small_cell_once, tmp_path_factory.mktemp("fuzzed") / "cell")
    told_alarms(root)
    token = entered(root).tokens["administrator"]
    with listening(root) as url:
        yield url, token


@SCHEMA.parametrize()
@settings(suppress_health_check=list(HealthCheck))
def test_every_answer_is_a_documented_one(case: Any, served: tuple[str, str]) -> None:
    """No server error, no status, header, type or body that the document does not have; every error is a problem."""
    url, token = served
    headers = {"Authorization": f"Bearer {token}"}
    answer = case.call(base_url=url, headers=headers)
    case.validate_response(answer, headers=headers)
    look(answer)
    room = case.path.split("/")[3]
    if case.path_parameters and room in KNOWN:  # the same of something that is there
        case.path_parameters = dict.fromkeys(case.path_parameters, KNOWN[room])
        found = case.call(base_url=url, headers=headers)
        case.validate_response(found, checks=SHAPES, headers=headers)
        look(found)


def look(answer: Any) -> None:
    """Fail for a server error, and for an error that is no problem."""
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        is_problem_of(answer)


def is_problem_of(answer: Any) -> None:
    """Look at an answer of schemathesis as at any other."""
    kind = {"content-type": answer.headers["content-type"][0]}
    is_problem(SimpleNamespace(headers=kind, status_code=answer.status_code, text=answer.text, json=answer.json))
