"""Where tasks belong: by the edges of the plan and by what the files name."""

from pathlib import Path

import pytest
from tests.small_cell import opened

from ninefold.kernel.plan import Plan
from ninefold.kernel.view import View
from ninefold.lifecycle.belonging import Belonging, linked
from ninefold.lifecycle.graph import STEP_MODULES, step_numbers


@pytest.fixture
def found(derived_once: Path) -> tuple[Plan, View]:
    """The plan and the view of the small cell."""
    with opened(derived_once) as composer:
        return composer.session.status(), composer.session.view()


def test_every_step_has_its_number() -> None:
    """One to nine; the eighth plans nothing."""
    assert set(step_numbers().values()) == {1, 2, 3, 4, 5, 6, 7, 9}
    assert len(STEP_MODULES) > 8


def test_data_belong_to_what_they_are_made_for(found: tuple[Plan, View]) -> None:
    """Against the direction of the edges: a dataset serves the model that is trained on its rows."""
    where = Belonging(*found)
    for task in ("dataset:cell-history", "features:part-features", "parity:part-features", "candidates:tool-failure",
                 "rollout:cell-gateways/gateway-1", "approval:tool-failure"):  # fmt: skip
        assert where.uses[task] == {"UC-tool-failure"}, task
    assert where.uses["availability:UC-part-count"] == {"UC-part-count"}
    assert where.uses["label-need:UC-part-count"] == {"UC-part-count"}
    assert where.uses["ranking"] == {"UC-tool-failure", "UC-part-count", "UC-cabinet-heat"}


def test_a_requirement_belongs_to_the_use_case_behind_the_one_it_refines(found: tuple[Plan, View]) -> None:
    """Links are followed; a criterion that a verdict reads draws no requirement's task along."""
    where = Belonging(*found)
    assert where.uses["lint:REQ-cabinet-heat"] == {"UC-cabinet-heat"}
    assert linked(found[1])["REQ-warning-reaction"] == {"UC-tool-failure"}
    assert where.requirements_of("UC-part-count") == []


def test_steps_of_a_use_case_are_in_order(found: tuple[Plan, View]) -> None:
    """Every task of a use case is at one of its steps."""
    where = Belonging(*found)
    names = [s.name for step in range(1, 10) for s in where.tasks("UC-tool-failure", step)]
    assert sorted(names) == sorted(n for n, u in where.uses.items() if "UC-tool-failure" in u)
    assert [s.name for s in where.tasks("UC-part-count", 5)] == []
