"""Step 2, use-case prioritisation: which use case first, and how stable that choice is."""

from ninefold.design.prioritisation.ranking import rank
from ninefold.design.prioritisation.report import ranking_page
from ninefold.design.prioritisation.sheet import DEFAULT

__all__ = ["DEFAULT", "rank", "ranking_page"]
