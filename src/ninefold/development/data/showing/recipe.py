"""A recipe as people read it: its steps one by one with what each makes, its label in words, and its pipeline."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from ninefold.kernel.plan import Plan
from ninefold.recipes import Label, Recipe
from ninefold.surface.blocks import Facts, Panel, Words
from ninefold.surface.figure import Figure
from ninefold.surface.graph import Link, Node, graph
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Language, Say, Text, say, term, worded
from ninefold.vocabulary.features import Labels
from ninefold.vocabulary.quantity import Duration

_SHOWN = 12  # columns of a step that are named


def steps_panel(recipe: Recipe) -> Panel:
    """Return the steps in order: the operation, its settings as the file has them, and the columns that it makes."""
    schema, rows = recipe.opening(), []
    for number, step in enumerate(recipe.plan, 1):
        after = step.columns(schema)
        made = [n for n in after.columns if n not in schema.columns]
        text = _plain(step).removeprefix("{").removesuffix("}")
        rows.append((number, str(step.__struct_config__.tag), text[:600], _named(made)))
        schema = after
    columns = tuple(Say(f"recipes.{c}") for c in ("number", "operation", "settings", "makes"))
    table = Table("", columns, tuple(rows), (), Say("recipes.no-steps"))
    return Panel(Say("recipes.steps"), (table,), Say("recipes.steps-end", {"n": len(rows)}))


def _plain(value: Any) -> str:
    """Return settings as the file writes them, in one line."""
    if isinstance(value, msgspec.Struct):
        fields = {n.rstrip("_"): getattr(value, n) for n in value.__struct_fields__}
        value = {n: v for n, v in fields.items() if v not in (None, (), {}, "")}
    if isinstance(value, Duration):
        return duration(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_plain(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_plain(v) for v in value) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _named(columns: Sequence[str]) -> Text:
    if len(columns) <= _SHOWN:
        return ", ".join(columns)
    return Say("recipes.and-more", {"names": ", ".join(columns[:_SHOWN]), "n": len(columns) - _SHOWN})


def label_panel(label: Label | None, found: Labels | None) -> Panel:
    """Return the label block in words, and what it gave."""
    if label is None:
        return Panel(Say("recipes.label"), (Words(Say("recipes.no-label")),))
    facts: list[tuple[Text, Cell, Text]] = []
    if label.event and label.kind == "binary":
        facts = [
            (Say("recipes.planned-change"), Say(f"recipes.planned-{label.planned_change}"), ""),
            (Say("recipes.unlabelled"), Say(f"recipes.unlabelled-{label.unlabelled}"), ""),
            (Say("recipes.averted"), Say(f"recipes.averted-{label.averted}"), ""),
            (Say("recipes.mature"), duration(label.mature_after), ""),
        ]
    if found is not None:
        facts += _gave(found)
    told = (Words(in_words(label), "lead"), *((Words(_learnt(label)),) if label.learn is not None else ()))
    return Panel(Say("recipes.label"), (*told, Facts("", tuple(facts))))


def _gave(found: Labels) -> list[tuple[Text, Cell, Text]]:
    facts: list[tuple[Text, Cell, Text]] = [(Say("recipes.rows"), found.rows, "")]
    if found.kind == "binary":
        facts += [(Say("recipes.positive"), found.positive, ""), (Say("recipes.negative"), found.negative, "")]
    facts.append((Say("recipes.unknown"), found.unknown, Say("recipes.unknown-note")))
    if found.events:
        facts.append((Say("recipes.events"), found.events, Say("recipes.announced", {"n": found.announced})))
    facts += [(name, n, "") for name, n in list(found.classes.items())[:20]]
    return facts


def in_words(label: Label) -> Text:
    """Return what the label says of a frame, in one sentence."""
    if label.kind == "remaining":
        until = label.event or label.group
        code = "recipes.label-until-event" if label.event else "recipes.label-until-end"
        return Say(code, {"unit": label.unit, "until": until})
    if label.columns:
        classes = ", ".join(f"{k} ({v})" for k, v in label.columns.items())
        return Say("recipes.label-classes", {"classes": classes, "source": label.source})
    if label.column:
        return Say("recipes.label-column", {"column": label.column, "source": label.source, "kind": label.kind})
    low, high = label.ahead
    code = "recipes.label-operating" if label.clock == "operating" else "recipes.label-calendar"
    return Say(code, {"event": label.event, "low": duration(low), "high": duration(high)})


def _learnt(label: Label) -> Text:
    low, high = label.learn or (0.0, 0.0)
    return Say("recipes.learn", {"low": duration(low), "high": duration(high)})


def duration(seconds: float) -> str:
    """Return a length of time in its largest fitting unit: 5 min, 2 h, 3 d."""
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= size and abs(seconds / size - round(seconds / size)) < 1e-9:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:g} s"


def pipeline(name: str, plan: Plan, language: Language) -> Figure:
    """Return the drawing from the datasets by the recipe to what learns from it, as the plan links them."""
    own = [f"{kind}:{name}" for kind in ("features", "labels", "profile", "parity")]
    tasks = [t for t in own if t in plan]
    before = [d for t in tasks for d in _inputs(plan, t) if d.startswith("dataset:")]
    behind = [n for n, s in plan.statuses.items() if n.startswith("candidates:") and set(_inputs(plan, n)) & set(tasks)]
    shown = list(dict.fromkeys([*before, *tasks, *behind]))
    nodes = [_node(t, plan) for t in shown if t in plan]
    ids = {n.id for n in nodes}
    links = [Link(source, t) for t in shown for source in _inputs(plan, t) if source in ids and t in ids]
    title, spoken = say("recipes.pipeline", language), say("recipes.pipeline-words", language, n=len(nodes))
    return graph("pipeline", title, spoken, nodes, links, focus=f"features:{name}")


def _inputs(plan: Plan, task: str) -> list[str]:
    found = plan[task].task if task in plan else None
    return [] if found is None else list(dict.fromkeys(found.results.values()))


def _node(task: str, plan: Plan) -> Node:
    kind, _, subject = task.partition(":")
    place = {"dataset": "/data/sets/", "candidates": "/models/"}.get(kind)
    href = f"{place}{quote(subject)}" if place else f"/tasks/{quote(task, safe='/:')}"
    return Node(task, subject, worded(term("kinds.of-", kind)), plan[task].state, href)
