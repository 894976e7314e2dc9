"""Writes the pages of docs/reference/ that follow from the code: commands, errors, metrics.

Run it after a change of one of them: python docs/make_reference.py
"""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import click

import ninefold
from ninefold.cli.main import cli
from ninefold.criteria.metrics import REGISTRY
from ninefold.criteria.metrics.metric import Metric
from ninefold.kernel.errors import NinefoldError

FOLDER = Path(__file__).parent / "reference"
NOTE = "Written by `python docs/make_reference.py` from the code; a test compares.\n"


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
        below[:0] = [c for c in found.__subclasses__() if c.__module__.startswith("ninefold.")]
        yield found


def pages() -> dict[str, str]:
    """Return the text of each page that is written, by file name."""
    return {"commands.md": _commands_page(), "errors.md": _errors_page(), "metrics.md": _metrics_page()}


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
        "A message says what happened, to what, with which value; the line below it says what to do.\n",
    ]
    for error in errors():
        parents = [b.__name__ for b in error.__bases__ if issubclass(b, NinefoldError)]
        kind = f"A kind of {parents[0]}.\n\n" if parents else ""
        text = "\n".join(line.strip() for line in (error.__doc__ or "").strip().splitlines())
        parts.append(f"## {error.__name__}\n\n{kind}{text}\n")
    return "\n".join(parts)


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


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
