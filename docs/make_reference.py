"""Writes the pages of docs/reference/ that follow from the code: commands, errors, files, metrics, operations.

Run it after a change of one of them: python docs/make_reference.py
"""

import ast
import importlib
import inspect
import io
import pkgutil
import re
import textwrap
import tokenize
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import click
import msgspec

import ninefold
from ninefold.cli.main import cli
from ninefold.connectors.files import plugins
from ninefold.criteria.metrics import REGISTRY
from ninefold.criteria.metrics.metric import Metric
from ninefold.development.modelling.specification import ModelFile
from ninefold.edge.config import AgentConfig
from ninefold.kernel.errors import Cancelled, NinefoldError
from ninefold.kernel.project import Settings
from ninefold.operations.delivery.files import Schedule
from ninefold.operations.deployment.files import DeploymentFile
from ninefold.recipes import Label
from ninefold.recipes.operations import OPERATIONS
from ninefold.vocabulary.asset import AssetGroup
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.quantity import Duration, Share, Size
from ninefold.vocabulary.ranking import Sheet
from ninefold.vocabulary.requirement import Requirement
from ninefold.vocabulary.use_case import UseCase

FOLDER = Path(__file__).parent / "reference"
NOTE = "Written by `python docs/make_reference.py` from the code; a test compares.\n"
ERRORS = """A message says what happened, to what, with which value; the line below it says what to do. On the command
line an error is a sentence, never a traceback, and ends the command with its exit code.
"""
KEYS = """An unknown key is an error that names the nearest known one. A required key has no default. The operations of
a recipe's `steps`: [operations](operations.md).
"""
STEPS = """Each step of a recipe is one of these, as `NAME: {KEY: VALUE}`, or in the short form that
[recipes](../recipes.md) shows. All of them give the same rows on DuckDB, in numpy and as a stream.
"""
# What a person writes -> the struct that reads it, and the page that explains it.
FILES: dict[str, tuple[type, str]] = {
    "ninefold.toml": (Settings, "../data.md"),
    "requirements/REQ-*.md": (Requirement, "../requirements.md"),
    "use-cases/UC-*.md": (UseCase, "../prioritisation.md"),
    "prioritisation.yaml": (Sheet, "../prioritisation.md"),
    "assets.yaml, each node": (AssetGroup, "../connectors.md"),
    "calendar.yaml": (Calendar, "../connectors.md"),
    "recipes/*.yaml, label": (Label, "../recipes.md"),
    "models/*.yaml": (ModelFile, "../models.md"),
    "deployments/*.yaml": (DeploymentFile, "../edge.md"),
    "schedule.yaml": (Schedule, "../pipelines.md"),
    "agent.toml": (AgentConfig, "../edge.md"),
}
QUANTITIES = {Duration: "duration, as `5 min`", Share: "share, as `50 %`", Size: "size, as `2 GiB`"}
PLAIN = {str: "text", int: "whole number", float: "number", bool: "true or false", Any: "any", object: "any"}


def commands(command: click.Command = cli, name: str = "ninefold") -> Iterator[tuple[str, click.Command]]:
    """Yield every command by its words, groups before what they hold."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=name)
        for word in command.list_commands(context):
            if (found := command.get_command(context, word)) is not None:
                yield from commands(found, f"{name} {word}")


def errors(parent: type[NinefoldError] = NinefoldError) -> Iterator[type[NinefoldError]]:
    """Yield every error class below one; those that only one module knows as well."""
    for module in pkgutil.walk_packages(ninefold.__path__, "ninefold."):
        if not module.name.endswith("__main__") and not module.name.startswith("ninefold.testing"):
            importlib.import_module(module.name)
    below = [parent]
    while below:
        found = below.pop(0)
        ours = [c for c in found.__subclasses__() if c.__module__.startswith("ninefold.")]
        below[:0] = sorted(ours, key=lambda c: c.__name__)  # not in the order in which somebody imported them
        yield found


def pages() -> dict[str, str]:
    """Return the text of each page that is written, by file name."""
    return {
        "commands.md": _commands_page(),
        "errors.md": _errors_page(),
        "files.md": _files_page(),
        "metrics.md": _metrics_page(),
        "operations.md": _operations_page(),
    }


def _commands_page() -> str:
    parts = [
        "# Commands\n",
        NOTE,
        "Every command understands `--help`. Exit codes: 0 done, 1 it failed or a criterion ",
    ]
    parts[-1] += "fails, 2 wrong usage, 3 insufficient\nevidence, 4 stale, 5 unapproved, 130 cancelled.\n"
    for name, command in commands():
        usage = " ".join([name, *command.collect_usage_pieces(click.Context(command, info_name=name))])
        parts.append(f"## {name}\n\n`{usage}`\n\n{' '.join((command.help or '').split())}\n")
        rows = [_option(p) for p in command.params if isinstance(p, click.Option)]
        if rows:
            parts.append("| option | |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _option(option: click.Option) -> str:
    words = ", ".join(f"`{w}`" for w in option.opts)
    info = option.to_info_dict()
    default = info["default"]
    shown = not option.is_flag and isinstance(default, str | int | float)
    extra = (" Required." if option.required else "") + (f" Default: {default}." if shown else "")
    return f"| {words} | {((option.help or '') + extra).strip()} |"


def _errors_page() -> str:
    parts = [
        "# Errors\n",
        NOTE,
        ERRORS,
        "| error | exit code | means |\n|---|---|---|\n" + "\n".join(map(_error_row, errors())) + "\n",
    ]
    for error in errors():
        parents = [b.__name__ for b in error.__bases__ if issubclass(b, NinefoldError)]
        kind = f"A kind of {parents[0]}.\n\n" if parents else ""
        text = "\n".join(line.strip() for line in (error.__doc__ or "").strip().splitlines())
        parts.append(f"## {error.__name__}\n\n{kind}{text}\n")
    return "\n".join(parts)


def _error_row(error: type[NinefoldError]) -> str:
    meaning = (error.__doc__ or "").strip().partition("\n")[0]
    return f"| [{error.__name__}](#{error.__name__.lower()}) | {exit_code(error)} | {meaning} |"


def exit_code(error: type[NinefoldError]) -> int:
    """Return the code with which a command ends on an error of a class; a test raises each and compares."""
    return 130 if issubclass(error, Cancelled) else 1


def _metrics_page() -> str:
    parts = [
        "# Metrics\n",
        NOTE,
        "What a criterion may name as `metric:`. How they count: [criteria](../criteria.md).\n",
    ]
    for name in sorted({m.name for m in REGISTRY}):
        parts.append(f"## {name}\n")
        parts.extend(_metric(m) for m in REGISTRY if m.name == name)
    return "\n".join(parts)


def _metric(metric: Metric) -> str:
    better = {"higher": "more is better", "lower": "less is better"}[metric.direction]
    bounds = ", ".join(sorted(metric.bounds)) or "none"
    lines = [f"{metric.about[0].upper()}{metric.about[1:]}.", ""]
    lines.append(f"Unit {metric.unit}; {better}; `min_samples` counts {metric.counts}; bounds: {bounds}.\n")
    if metric.params:
        lines += ["| parameter | |", "|---|---|", *(f"| `{n}` | {p.about} |" for n, p in metric.params.items()), ""]
    return "\n".join(lines)


def _files_page() -> str:
    """Return the page of files: a section for each, a table of keys for each struct in it."""
    parts = [
        "# Files and their keys\n",
        NOTE,
        KEYS,
    ]
    for file, (struct, page) in FILES.items():
        parts.append(f"## {file}\n\nExplained in [{page.rpartition('/')[2].removesuffix('.md')}]({page}).\n")
        parts += _tables(struct, "")
    for name, plugin in sorted(plugins().found.items()):
        parts.append(f"## connections/*.yaml, connector {name}\n\nExplained in [connectors](../connectors.md).\n")
        parts += _tables(plugin.settings, "")
    return "\n".join(parts)


def _operations_page() -> str:
    """Return the page of operations: what each does, and its keys."""
    parts = [
        "# Operations of a recipe\n",
        NOTE,
        STEPS,
    ]
    for name, operation in sorted(OPERATIONS.items()):
        parts.append(f"## {name}\n\n{_said(operation)}\n")
        parts += _tables(operation, "")
    return "\n".join(parts)


def _said(struct: type) -> str:
    return " ".join((inspect.getdoc(struct) or "").partition("\n\n")[0].split())


def _tables(struct: type, where: str) -> list[str]:
    """Return the table of a struct's keys, and those of the structs inside it, headed by their path."""
    remarks, rows, inner = _remarks(struct), [], []
    for field in msgspec.structs.fields(struct):
        key = f"{where}{field.encode_name}"
        kind, nested = _kind(field.type)
        default = "required" if field.required else _default(field)
        rows.append(f"| `{key}` | {kind} | {default} | {remarks.get(field.name, '')} |")
        for found, mark in nested:
            inner += _tables(found, f"{key}{mark}.")
    if not rows:
        return []
    if where:
        return [*rows, *inner]
    table = ["| key | value | default | |", "|---|---|---|---|", *rows, *inner]
    return ["\n".join(table) + "\n"]


def _kind(hint: Any) -> tuple[str, list[tuple[type, str]]]:
    """Return how a type is said, and the structs in it with the mark that their keys' path gets."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in QUANTITIES or hint in PLAIN:
        return QUANTITIES.get(hint) or PLAIN[hint], []
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return "a block", [(hint, "")]
    if origin is Literal:
        return " · ".join(f"`{a}`" for a in arguments), []
    if origin in {Union, types.UnionType}:
        found = [_kind(a) for a in arguments if a is not type(None)]
        return ", or ".join(said for said, _ in found), [n for _, inner in found for n in inner]
    if origin is tuple and (len(arguments) != 2 or arguments[1] is not Ellipsis):
        return f"[{', '.join(_kind(a)[0] for a in arguments)}]", []
    if origin in {tuple, list}:
        said, inner = _kind(arguments[0])
        return f"list of: {said}", [(s, f"[]{mark}") for s, mark in inner]
    if origin is dict or (origin is not None and len(arguments) == 2):
        said, inner = _kind(arguments[1])
        return f"name: {said}", [(s, f".NAME{mark}") for s, mark in inner]
    if hasattr(hint, "__value__"):
        return _kind(hint.__value__)
    return getattr(hint, "__name__", str(hint)), []


def _default(field: msgspec.structs.FieldInfo) -> str:
    value = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    if value is None or value in ("", (), {}, []):
        return "none"
    if isinstance(value, msgspec.Struct):
        return "the block's own"
    if isinstance(value, Duration | Share | Size):
        return _quantity(value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"`{', '.join(map(str, value)) if isinstance(value, tuple) else value}`".replace("|", "\\|")


def _quantity(value: Duration | Share | Size) -> str:
    """Return a quantity in the largest of its units that makes a whole number of it."""
    left_out = {"kB", "MB", "GB", "week", "weeks"}
    units = {u: factor for u, factor in type(value).units.items() if u not in left_out}
    whole = [u for u, factor in units.items() if value >= factor and round(value / factor, 9) % 1 == 0]
    unit = max(whole or [min(units, key=lambda u: abs(units[u] - 1))], key=units.__getitem__)
    return f"{round(value / units[unit], 9):g} {unit}"


def _remarks(struct: type) -> dict[str, str]:
    """Return field -> the remark that stands behind it in the source, for the struct and what it derives from."""
    found: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        if not (isinstance(base, type) and issubclass(base, msgspec.Struct)) or base is msgspec.Struct:
            continue
        source = textwrap.dedent(inspect.getsource(base))
        comments = {
            t.start[0]: t.string.lstrip("# ")
            for t in tokenize.generate_tokens(io.StringIO(source).readline)
            if t.type == tokenize.COMMENT
        }
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                said = " ".join(comments[n] for n in lines if n in comments)
                found[node.target.id] = re.sub(r"\|", "\\|", said)
    return found


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
