"""The examples in docstrings are true."""

import doctest

from ninefold.criteria import planning
from ninefold.stats import intervals


def test_examples_in_docstrings_run() -> None:
    """Each module that shows examples shows right ones."""
    for module in (intervals, planning):
        result = doctest.testmod(module)
        assert result.attempted > 0
        assert result.failed == 0
