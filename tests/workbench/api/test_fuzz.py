"""The API meets what its own document allows and forbids: schemathesis, with all its checks, over a real socket."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from tests.workbench.api.served import entered, is_problem, listening

from ninefold.workbench.api.document import document

# What a schema allows can still be meaningless (a cursor, a date that has passed: 422), late (412) or unread (428).
_MEANT = ["2xx", "400", "401", "403", "404", "409", "412", "422", "428", "429"]
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {"positive_data_acceptance": {"expected-statuses": _MEANT}},
        "generation": {"deterministic": True, "max-examples": 8, "database": "none", "no-shrink": True},
    }
)
SCHEMA = schemathesis.openapi.from_dict(json.loads(document()), config=CONFIG)


@pytest.fixture(scope="module")
def served(small_cell_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of the small cell's workbench, and the token of an administrator."""
    root = Path(shutil.copytree(small_cell_once, tmp_path_factory.mktemp("fuzzed") / "cell"))
    token = entered(root).tokens["administrator"]
    with listening(root) as url:
        yield url, token


@SCHEMA.parametrize()
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_a_documented_one(case: Any, served: tuple[str, str]) -> None:
    """No server error, no status, header, type or body that the document does not have; every error is a problem."""
    url, token = served
    answer = case.call(base_url=url, headers={"Authorization": f"Bearer {token}"})
    case.validate_response(answer, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and answer.status_code != 405:
        is_problem_of(answer)


def is_problem_of(answer: Any) -> None:
    """Look at an answer of schemathesis as at any other."""

    class Seen:
        headers = {"content-type": answer.headers["content-type"][0]}
        status_code, text = answer.status_code, answer.text
        json = staticmethod(answer.json)

    is_problem(Seen)
