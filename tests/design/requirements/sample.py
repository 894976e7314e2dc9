"""A requirement and a use case as a user would write them, and a project folder that holds them."""

from collections.abc import Iterable
from pathlib import Path

from ninefold.kernel.trees import WorkingTree
from ninefold.kernel.view import FileReader, View, read_view

REQUIREMENT = """---
id: REQ-tool-failure-warning
uuid: 6a1f5b1e-6f0e-4c58-9a53-0d6a3f6d8a11      # never changes
type: quality
title: Tool failures are announced in time
owner: maintenance
priority: must
links:
  - {to: UC-tool-failure, role: refines}
criteria:
  - id: recall
    where: [validation, shadow, runtime]
    metric: recall
    params: {unit: episode, lead: [5 min, 2 h], clock: operating}
    threshold: {op: ">=", value: 0.70}
    bound: {side: lower, method: wilson, level: 0.95}
    min_samples: 100
    slices: {by: [variant], mode: report}
  - id: false-alarms
    where: [validation, shadow, runtime]
    metric: false_alarms_per_machine_week
    params: {unit: episode}
    threshold: {op: "<=", value: 2}
    bound: {side: upper, method: poisson, level: 0.95}
  - id: decision-latency
    where: [deployment]
    metric: input_to_decision_p99_ms
    threshold: {op: "<=", value: 50}
  - id: input-drift
    where: [runtime]
    metric: drift
    params: {states: [producing]}
    threshold: {op: ">=", value: 1}
    breach: {then: propose_retrain}
---
While a machine is producing, the system shall warn of a tool failure at least five minutes and
at most two hours before it occurs.

Rationale: an unannounced failure scraps the part.
"""

FILE = "requirements/REQ-tool-failure-warning.md"


def small(id: str, links: str = "[]", criteria: str = "[]", number: int = 0) -> str:
    """Return a requirement with only what must be there."""
    return (
        f"---\nid: {id}\nuuid: 00000000-0000-4000-8000-{number:012x}\ntype: quality\ntitle: A title\nowner: maintenance\n"
        f"links: {links}\ncriteria: {criteria}\n---\nThe system shall stop.\n"
    )


def project(root: Path, files: dict[str, str | bytes], readers: Iterable[FileReader]) -> View:
    """Return the view of a folder with these files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_view(WorkingTree(root), tuple(readers), now=0)
