"""The project's files that follow from the answers: what a person could have written, with the reasons beside it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ninefold.connectors.csv.looking import TableSeen
from ninefold.kernel.scalars import flow, quoted
from ninefold.lifecycle.beginning.answers import Columns, Goal, Learning, Place, signals_of
from ninefold.lifecycle.beginning.guessing import PART

SINCE = "2000-01-01"  # of times that are invented


class NewText(NamedTuple):
    """A file that is to be written."""

    path: str
    text: str


def connection(name: str, seen: TableSeen, answers: Columns) -> NewText:
    """Return the connection of a table."""
    asset = quoted(answers.asset) if answers.asset else flow({"is": answers.machine})
    time = quoted(answers.time) if answers.time else f'{{every: 1 s, since: "{SINCE}"}}'
    told = "" if answers.time else "      # the rows have none: their order, recorded as invented"
    lines = ["connector: csv", f"path: data/{name}.csv"]
    lines += [f"delimiter: {quoted(seen.delimiter)}"] if seen.delimiter != "," else []
    lines += [f"decimal: {quoted(seen.decimal)}"] if seen.decimal != "." else []
    lines += [f"asset: {asset}", f"time: {time}{told}"]
    lines += [f"times_in: {answers.zone}"] if answers.time and answers.zone != "UTC" else []
    lines.append("tags:                 # signal, its column, its unit (UCUM); without a unit it is text")
    named = signals_of(answers)
    if answers.part:
        lines.append(f"  - {_tag(PART, answers.part, None)}      # numbers the parts")
    for column, unit in answers.units.items():
        lines.append(f"  - {_tag(named[column], column, unit)}")
    lines.append(f"  - {_tag(named[answers.label], answers.label, '1')}      # what is to be known beforehand: 1 or 0")
    return NewText(f"connections/{name}.yaml", "\n".join(lines) + "\n")


def _tag(signal: str, column: str, unit: str | None) -> str:
    shown = f"{{signal: {signal}, column: {quoted(column)}"
    return f"{shown}, unit: {quoted(unit)}}}" if unit is not None else f"{shown}}}"


def requirement(name: str, goal: Goal) -> NewText:
    """Return the requirement with its criteria."""
    drift = ""
    if goal.drift_per_year:
        drift = f"""\
  - id: input-drift                  # watched in service: false alarms a year, of all machines of a gateway together
    where: [runtime]
    metric: drift
    params: {{block: 50, practical_shift: {goal.shift:g}}}
    threshold: {{op: ">=", value: {goal.drift_per_year:g}}}
    breach: {{then: alert}}
"""
    text = f"""---
id: REQ-{name}
uuid: {goal.uuid}          # never changes: other systems know the requirement by it
type: quality
title: {quoted(goal.title)}
owner: {quoted(goal.owner)}         # a role, never a person's name
priority: must
links:
  - {{to: UC-{name}, role: refines}}
criteria:
  - id: recall                       # of the cases, so many are told ...
    where: [validation]
    metric: recall
    params: {{unit: sample}}
    threshold: {{op: ">=", value: {goal.recall:g}}}
    bound: {{side: lower, method: wilson, level: {goal.level:g}}}       # ... and not by luck
    min_samples: {goal.samples}
  - id: precision                    # of what is told, so much is a case
    where: [validation]
    metric: precision
    threshold: {{op: ">=", value: {goal.precision:g}}}
    bound: {{side: lower, method: wilson, level: {goal.level:g}}}
    min_samples: {goal.samples}
  - id: decision-latency             # measured on the gateway
    where: [deployment]
    metric: input_to_decision_p99_ms
    threshold: {{op: "<=", value: {goal.latency_ms:g}}}
{drift}---
{goal.statement}

Rationale: say here why, for people; it changes no evidence.
"""
    return NewText(f"requirements/REQ-{name}.md", text)


def use_case(name: str, goal: Goal, signals: Sequence[str], assets: Sequence[str]) -> NewText:
    """Return the use case that the requirement serves, with the data that it needs."""
    machines = assets[0] if len(assets) == 1 else "*"
    needs = "\n".join(f"  - {flow({'signal': s, 'assets': machines})}" for s in signals)
    text = f"""---
id: UC-{name}
title: {quoted(goal.title)}
stage: candidate      # idea, candidate, selected, development, production or retired
owner: {quoted(goal.owner)}
scores: {{benefit: unknown, urgency: unknown, feasibility: unknown, risk: unknown}}      # 0 to 5, a range, or unknown
gates: {{ai_needed: true, prohibited_practice: false, owner_named: true}}
data_needs:
{needs}
---
Say in two sentences what is better afterwards, and for whom.
"""
    return NewText(f"use-cases/UC-{name}.md", text)


def recipe(
    name: str, numbers: Sequence[str], texts: Mapping[str, Sequence[str]], label: str, *, parts: bool
) -> NewText:
    """Return the recipe: the columns that go on, texts as one column for each of their values, and the label."""
    lines = [
        f"inputs: {{rows: dataset:{name}}}",
        f"keys: {{entity: asset, time: ts, frame: {PART}}}" if parts else "keys: {entity: asset, time: ts}",
        "steps:",
        f"  - keep: {flow([*numbers, *texts])}      # nothing else reaches the model, so nothing gives the answer away",
    ]
    lines += [f"  - one_hot: {flow({s: list(levels) for s, levels in texts.items()})}"] if texts else []
    lines.append(f"label: {{from: rows, column: {label}}}")
    return NewText(f"recipes/{name}.yaml", "\n".join(lines) + "\n")


def model(name: str, learning: Learning, *, timed: bool) -> NewText:
    """Return the model file."""
    share = f"{{test: {learning.test_share:g}}}"
    split = f"{{time: {share}}}" if timed else f"{{order: {share}}}"
    trainers = "all" if learning.trainers == "all" else f"[{learning.trainers}]"
    text = f"""use_case: UC-{name}
dataset: recipe:{name}
task: {{kind: binary, target: label}}
split: {split}      # the last part is kept apart for the verdict
metric: average_precision
decision: {{choose_on: out_of_fold, satisfy: [REQ-{name}/recall, REQ-{name}/precision]}}
budget: {{cpu: {learning.cpu_s:g} s, memory: 2 GiB}}
trainers: {trainers}
limits: {{latency_p99_ms: 100, size_kb: 2000}}      # of the gateway; the first is measured there
"""
    return NewText(f"models/{name}.yaml", text)


def live_connection(name: str, place: Place, units: Mapping[str, str | None]) -> NewText:
    """Return the connection that the gateway reads; its signals have the names of the table's."""
    played = "      # the table plays the machine here: a simulator" if place.stand_in else ""
    lines = [
        "connector: opcua",
        f"endpoint: {place.endpoint}{played}",
        "zone: cell",
        "security: {policy: Basic256Sha256, mode: SignAndEncrypt, certificate: agent}",
        "tags:",
    ]
    for key, address in place.addresses.items():
        asset, _, signal = key.rpartition("/")
        shown = f"{{signal: {signal}, asset: {flow(asset)}, address: {quoted(address)}"
        unit = units[signal]
        lines.append(f"  - {shown}, unit: {quoted(unit)}}}" if unit is not None else f"  - {shown}}}")
    return NewText(f"connections/{name}-live.yaml", "\n".join(lines) + "\n")


def deployment(name: str, place: Place) -> NewText:
    """Return the deployment: first the model only watches, then it decides."""
    text = f"""model: {name}
targets: [edge:{place.device}]
rollout:
  - {{stage: self-test}}
  - {{stage: shadow, until: {{parts: {place.shadow_parts}, at_most: 1 h}}, require: {{pass: [decision-latency]}}}}
  - {{stage: active, pending: named_person}}
on_failure: rollback
fallback: {{when: [stale_input, bad_quality, model_late], then: abstain}}
"""
    return NewText(f"deployments/{name}.yaml", text)


def agent(name: str, device: str, port: int) -> NewText:
    """Return the file that the gateway's agent starts from."""
    text = f"""device = "{device}"
centre = "http://127.0.0.1:{port}"
connection = "../../connections/{name}-live.yaml"
trusted = "../../keys"
"""
    return NewText(f"gateways/{device}/agent.toml", text)
