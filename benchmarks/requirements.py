"""Requirements: read, lint and digest 1,000 files; and 20,000 weightings of 30 use cases on 10 criteria."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from bench import report, spread

from ninefold.design.prioritisation.ranking import rank
from ninefold.design.requirements.coverage import cover
from ninefold.design.requirements.files import READERS
from ninefold.design.requirements.lint import lint
from ninefold.kernel.trees import WorkingTree
from ninefold.kernel.view import View, read_view
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec
from ninefold.vocabulary.ranking import Sheet, SheetCriterion
from ninefold.vocabulary.requirement import RequirementIndex
from ninefold.vocabulary.use_case import Score, Scores

FILES, RUNS = 1_000, 5

TEXT = """---
id: REQ-warning-{n}
uuid: 00000000-0000-4000-8000-{n:012x}
type: quality
title: Failures of kind {n} are announced in time
owner: maintenance
priority: must
links:
  - {{to: REQ-warning-{before}, role: refines}}
criteria:
  - id: recall
    where: [validation, shadow, runtime]
    metric: recall
    params: {{unit: episode, lead: [5 min, 2 h], clock: operating}}
    threshold: {{op: ">=", value: 0.70}}
    bound: {{side: lower, method: wilson, level: 0.95}}
    min_samples: 100
    slices: {{by: [variant], mode: report}}
  - id: false-alarms
    where: [validation, shadow, runtime]
    metric: false_alarms_per_machine_week
    params: {{unit: episode}}
    threshold: {{op: "<=", value: 2}}
    bound: {{side: upper, method: poisson, level: 0.95}}
---
While a machine is producing, the system shall warn of a failure of kind {n} at least five minutes before it occurs.

Rationale: an unannounced failure scraps the part and stops the machine for a quarter of an hour.
"""


def write(folder: Path, files: int = FILES) -> None:
    """Write the files, each but the first linked to the one before it."""
    (folder / "requirements").mkdir()
    for n in range(files):
        text = TEXT.format(n=n, before=n - 1)
        if n == 0:
            text = text.replace("links:\n  - {to: REQ-warning--1, role: refines}\n", "")
        (folder / "requirements" / f"REQ-warning-{n}.md").write_text(text, encoding="utf-8")


def load(folder: Path) -> View:
    """Read all files and the problems between them."""
    view = read_view(WorkingTree(folder), READERS, now=0)
    if view.problems or len(view.facets) != 8 * FILES:
        raise SystemExit(f"{len(view.facets)} facets and {len(view.problems)} problems are not what was written")
    return view


def lint_all(view: View) -> int:
    """Lint every requirement, and return how many warnings there are."""
    found = 0
    for facet in view.of_kind("index"):
        index: RequirementIndex = facet.body
        metrics: list[MetricSpec] = [view.facets[f"{index.id}#metric/{c.id}"].body for c in index.criteria]
        specs: dict[str, CriterionSpec] = {
            c.id: view.facets[f"{index.id}#criterion/{c.id}"].body for c in index.criteria
        }
        found += len(lint(index, view.facets[f"{index.id}#statement"].body, metrics, specs).findings)
    return found


def timed(work: Callable[[], object]) -> float:
    """Return the CPU seconds of this process, all threads."""
    start = time.process_time()
    work()
    return time.process_time() - start


def sheet_of(n: int, k: int) -> tuple[list[Scores], Sheet]:
    """Return use cases with a range everywhere, the most expensive case."""
    rng = np.random.default_rng(3)
    cases = []
    for i in range(n):
        ends = np.sort(rng.uniform(0, 5, (k, 2)), axis=1).tolist()
        cases.append(Scores(f"UC-{i:02}", {f"c{c}": Score(*ends[c]) for c in range(k)}))
    return cases, Sheet({f"c{c}": SheetCriterion(1.0 + c) for c in range(k)}, draws=20_000)


def main() -> None:
    """Measure both."""
    found: dict[str, list[float]] = {"read": [], "lint": [], "digest": [], "coverage": [], "read, lint and digest": []}
    with tempfile.TemporaryDirectory() as name:
        write(Path(name))
        for _ in range(RUNS):
            views: list[View] = []
            parts = [
                timed(lambda: views.append(load(Path(name)))),  # noqa: B023 - called at once
                timed(lambda: lint_all(views[0])),  # noqa: B023 - called at once
                timed(lambda: [views[0].content(f) for f in views[0].facets]),  # noqa: B023 - called at once
                timed(lambda: cover([f.body for f in views[0].of_kind("index")], [])),  # noqa: B023 - called at once
            ]
            for part, seconds in zip(found, [*parts, sum(parts[:3])], strict=True):
                found[part].append(seconds)
    figures: dict[str, object] = {f"{FILES} files, {part}, CPU s": spread(times) for part, times in found.items()}
    cases, sheet = sheet_of(30, 10)
    figures["30 x 10 x 20,000 weightings, CPU s"] = spread([timed(lambda: rank(cases, sheet)) for _ in range(RUNS)])
    report("requirements", "Requirement files and a ranking, in one process without a cache.", figures, ["numpy"])


if __name__ == "__main__":
    main()
