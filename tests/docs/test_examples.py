"""Commands, make targets and links that the pages show exist."""

import ast
import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from docs.make_reference import commands

ROOT = Path(__file__).parents[2]
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")})
COMMANDS = dict(commands())
SHELLS = {"", "sh", "bash", "console", "shell"}


def shell_lines(text: str) -> Iterator[str]:
    """Yield the lines of shell blocks, fenced or indented, and every span of code."""
    fence: str | None = None
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            fence = line.strip().removeprefix("```") if fence is None else None
        elif fence is not None:
            if fence in SHELLS:
                yield line.strip().removeprefix("$ ")
        elif line.startswith("    "):
            yield line.strip().removeprefix("$ ")
        else:
            yield from re.findall(r"`([^`]+)`", line)


def offence(line: str) -> str:
    """Return what is wrong with a line that calls `ninefold`, or ""."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        words = line.split()
    name, position = "ninefold", 1
    while position < len(words):
        if words[position] in {"-C", "--project"}:
            position += 2
        elif words[position] in {"-q", "--quiet"}:
            position += 1
        elif f"{name} {words[position]}" in COMMANDS:
            name, position = f"{name} {words[position]}", position + 1
        else:
            break
    rest = words[position:]
    if isinstance(COMMANDS[name], click.Group) and rest and rest[0].isidentifier() and rest[0].islower():
        return f"{name} has no command {rest[0]}"
    known = {"--help", "-h", *(o for p in COMMANDS[name].params for o in (*p.opts, *p.secondary_opts))}
    unknown = [w.partition("=")[0] for w in rest if re.match(r"--?[a-z]", w) and w.partition("=")[0] not in known]
    return f"{name} has no option {unknown[0]}" if unknown else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_commands_of_a_page_exist(page: Path) -> None:
    """With their subcommands and options."""
    lines = [line for line in shell_lines(page.read_text()) if re.match(r"ninefold( |$)", line)]
    assert [(line, wrong) for line in lines if (wrong := offence(line))] == []


def test_a_command_that_does_not_exist_is_found() -> None:
    """The look itself: a wrong command, a wrong subcommand, a wrong option, and three that are right."""
    page = "Say `ninefold chekc`.\n\n    ninefold fleet serv --port 1\n\n```sh\n$ ninefold run --agian\n```\n"
    assert [offence(line) for line in shell_lines(page)] == [
        "ninefold has no command chekc",
        "ninefold fleet has no command serv",
        "ninefold run has no option --agian",
    ]
    assert not any(map(offence, ("ninefold", "ninefold -C cell run 'dataset:*' --again", "ninefold gate  # a remark")))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    """To a file of this repository, or out of it."""
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.DOTALL)
    targets = [t.partition("#")[0] for t in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in t]
    assert [t for t in targets if t and not (page.parent / t).exists()] == []


def test_the_make_targets_of_the_pages_exist() -> None:
    """`make NAME` in a page is a rule of the Makefile."""
    rules = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = {
        found[1]
        for page in PAGES
        for line in shell_lines(page.read_text())
        if (found := re.match(r"make ([a-z-]+)", line))
    }
    assert {"demo", "test"} <= shown <= rules


def said(source: str) -> Iterator[str]:
    """Yield the command lines in the texts of a module: what follows "ninefold " up to the sentence's end."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"(?:^|: |`)(ninefold [a-z][^.,;`'\n]*)", node.value)


def unfinished(line: str) -> str:
    """Return which argument a whole command line lacks, or ""; one that ends with a blank goes on with a value."""
    command = COMMANDS.get(line)
    arguments = (
        [p.make_metavar(click.Context(command)) for p in command.params if isinstance(p, click.Argument) and p.required]
        if command
        else []
    )
    return f"{line} needs {arguments[0]}" if arguments else ""


def test_the_commands_that_messages_name_exist() -> None:
    """A hint that sends its reader to a command that is not there is worse than none."""
    found = [
        (path.relative_to(ROOT).as_posix(), line, wrong)
        for path in sorted((ROOT / "src").rglob("*.py"))
        for line in said(path.read_text())
        if (wrong := offence(line) or unfinished(line))
    ]
    assert found == []
    assert unfinished("ninefold verify") == "ninefold verify needs FILE"
    assert not unfinished("ninefold run") + unfinished("ninefold show ")
    assert list(said("x = f'Do it: ninefold runn {x}. And y.'")) == ["ninefold runn "]


def test_the_names_that_python_examples_import_exist() -> None:
    """Every block parses, and what it imports of ninefold is there."""
    blocks = [
        (page.relative_to(ROOT).as_posix(), block)
        for page in PAGES
        for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    ]
    assert blocks
    missing = []
    for page, block in blocks:
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ninefold"):
                module = importlib.import_module(node.module or "")
                missing += [f"{page}: {node.module}.{a.name}" for a in node.names if not hasattr(module, a.name)]
    assert missing == []
