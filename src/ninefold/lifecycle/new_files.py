"""New files to begin with: valid, as small as they can be, with comments that say what to fill in."""

import re
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args
from uuid import uuid4

from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.scalars import quoted

Kind = Literal["requirement", "use-case", "connection", "recipe", "model", "deployment"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST = 60


class NewFile(NamedTuple):
    """Where a new file goes, its text, and the names in it that must stand in other files."""

    path: str
    text: str
    references: tuple[str, ...] = ()


def new_file(kind: Kind, name: str, title: str = "", owner: str = "") -> NewFile:
    """Return a new file of a kind; the name is without REQ- or UC-, the owner a role or a key of the table of people.

    Raises:
        InvalidInput: the name is not made of lower-case letters, digits and single hyphens.
    """
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        message = f"{name[:LONGEST]!r} is not a name for a {kind}."
        raise InvalidInput(message, hint="Use lower-case letters, digits and single hyphens, at most 60.")
    words = title.strip() or name.replace("-", " ").capitalize()
    return _MAKERS[kind](name, quoted(words), quoted(owner.strip() or "production"))


def _requirement(name: str, title: str, owner: str) -> NewFile:
    text = f"""---
id: REQ-{name}
uuid: {uuid4()}          # never changes: other systems know the requirement by it
type: quality         # functional, quality, constraint, data or legal
title: {title}
owner: {owner}         # a role, never a person's name
priority: should      # must, should or could
links: []             # such as {{to: UC-tool-failure, role: refines}}
criteria: []          # what makes it measurable; without one nothing is judged
---
While the machine is producing, the system shall answer within 50 milliseconds.

Rationale: say why, for people; it changes no evidence.
"""
    return NewFile(f"requirements/REQ-{name}.md", text)


def _use_case(name: str, title: str, owner: str) -> NewFile:
    text = f"""---
id: UC-{name}
title: {title}
stage: idea           # idea, candidate, selected, development, production or retired
owner: {owner}         # a role, never a person's name
scores: {{benefit: unknown, urgency: unknown, feasibility: unknown, risk: unknown}}      # 0 to 5, a range, or unknown
data_needs: []        # such as {{signal: spindle_torque, assets: "cell-1/*", rate_hz: 0.1, history: 180 d}}
---
Say in two sentences what is better afterwards, and for whom.
"""
    return NewFile(f"use-cases/UC-{name}.md", text)


def _connection(name: str, title: str, _owner: str) -> NewFile:
    text = f"""# {_comment(title)}
connector: csv        # `ninefold connector list` names the others
path: data/{name}.csv      # below the project's folder
zone: enterprise      # cell, dmz or enterprise: where the source stands
time: ts              # the column that says when
asset: asset          # the column that says which machine
tags:                 # what is read: the signal, its column, and its unit
  - {{signal: temperature, column: temperature, unit: Cel}}
"""
    return NewFile(f"connections/{name}.yaml", text)


def _recipe(name: str, title: str, _owner: str) -> NewFile:
    text = f"""# {_comment(title)}
inputs: {{readings: dataset:readings}}      # dataset:CONNECTION, events:CONNECTION
keys: {{entity: asset, time: ts}}
steps:                # in order; each one operation
  - cast: {{temperature: float64, on_error: "null"}}
"""
    return NewFile(f"recipes/{name}.yaml", text, ("dataset:readings",))


def _model(name: str, title: str, _owner: str) -> NewFile:
    text = f"""# {_comment(title)}
use_case: UC-{name}
dataset: recipe:{name}
task: {{kind: binary, target: label}}      # binary, multiclass or regression
split: {{time: {{test: 0.25}}}}      # the last quarter of the time is the test
metric: average_precision
decision: {{satisfy: [REQ-{name}/recall]}}      # the criterion that the alarm's threshold must meet
budget: {{cpu: 5 min, memory: 2 GiB}}
trainers: [linear]    # such as lightgbm, random-forest, extra-trees; all for every one
"""
    return NewFile(f"models/{name}.yaml", text, (f"UC-{name}", f"recipe:{name}", f"REQ-{name}/recall"))


def _deployment(name: str, title: str, _owner: str) -> NewFile:
    text = f"""# {_comment(title)}
model: {name}
targets: [edge:gateway-1]
rollout:              # one stage after the other; the first failure goes back
  - {{stage: self-test}}
  - {{stage: active, pending: named_person}}
on_failure: rollback
"""
    return NewFile(f"deployments/{name}.yaml", text, (f"model:{name}",))


def _comment(title: str) -> str:
    """Return a quoted title as a comment: quoting has taken every line end away."""
    return title[1:-1]


_MAKERS: dict[Kind, Callable[[str, str, str], NewFile]] = {
    "requirement": _requirement,
    "use-case": _use_case,
    "connection": _connection,
    "recipe": _recipe,
    "model": _model,
    "deployment": _deployment,
}
