"""Step 1, requirements engineering: what must hold, measurably, and who says so."""

from ninefold.design.requirements.coverage import cover, coverage_page
from ninefold.design.requirements.diagram import diagram, diagram_of
from ninefold.design.requirements.files import RequirementFile, read_requirement
from ninefold.design.requirements.lint import lint, lint_page

__all__ = [
    "RequirementFile",
    "cover",
    "coverage_page",
    "diagram",
    "diagram_of",
    "lint",
    "lint_page",
    "read_requirement",
]
