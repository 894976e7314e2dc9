"""Writes docs/coverage.md: each job of docs/jobs.yaml with the tests that carry its mark, and against what they show.

Run it after a change of marks or jobs: python docs/make_coverage.py
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parents[1]
JOBS, PAGE = ROOT / "docs" / "jobs.yaml", ROOT / "docs" / "coverage.md"
AGAINST = {"real": "real", "simulator": "simulator", "fake": "contract fake", "cases": "cases"}
HEAD = """# What is shown, by which test, and against what

Written by `python docs/make_coverage.py` from the marks on the tests and the jobs of `docs/jobs.yaml`; a test compares.

How far the evidence of a row reaches: **real**, a real thing (named), such as data of others, another engine, a process
that is killed, a socket · **simulator**, something that behaves like the real thing (named) · **contract fake**,
something that only keeps the contract (named) · **cases**, inputs made for the test, with answers known from elsewhere.
**Not built** means that the job is absent, not that it is weak.
No machine, controller, historian or gateway of a real plant was available.
"""


class Shown(NamedTuple):
    """One test that carries the mark of a job."""

    job: str
    test: str  # file::name, below tests/
    against: str
    what: str


def jobs() -> dict[str, tuple[str, dict[str, str]]]:
    """Return step -> its title and its jobs by their short names."""
    tree = yaml.safe_load(JOBS.read_text(encoding="utf-8"))
    return {step: (body["title"], body["jobs"]) for step, body in tree.items()}


def shown(tests: Path = ROOT / "tests") -> Iterator[Shown]:
    """Yield every mark of every test, by file and place.

    Raises:
        ValueError: a mark is not written as job("step/job", against="...", what="..."), or against is none of those.
    """
    for path in sorted(tests.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "mark.job(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                test = f"{path.relative_to(tests).as_posix()}::{node.name}"
                yield from (_read(m, test) for m in node.decorator_list if _is_job(m))


def _is_job(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.job"


def _read(mark: ast.expr, test: str) -> Shown:
    wanted = 'write it as job("step/job", against="real", what="...")'
    try:
        arguments = [ast.literal_eval(a) for a in mark.args]  # type: ignore[attr-defined]  # _is_job saw a call
        named = {k.arg: ast.literal_eval(k.value) for k in mark.keywords}  # type: ignore[attr-defined]  # as above
        [job] = arguments
        found = Shown(job, test, named.pop("against"), named.pop("what"))
    except (KeyError, ValueError) as error:
        raise ValueError(f"{test}: the mark cannot be read, {wanted}") from error
    if named or found.against not in AGAINST or not found.what:
        raise ValueError(f"{test}: the mark says {ast.unparse(mark)}, {wanted}")
    return found


def page(found: list[Shown]) -> str:
    """Return the text of the page.

    Raises:
        ValueError: a mark names a job that is not in the list.
    """
    by_job: dict[str, list[Shown]] = {}
    for one in found:
        by_job.setdefault(one.job, []).append(one)
    parts = [HEAD]
    for step, (title, listed) in jobs().items():
        parts.append(f"## {title}\n\n| job | test | against |\n|---|---|---|")
        for short, words in listed.items():
            parts.append(_row(words, by_job.pop(f"{step}/{short}", [])))
        parts.append("")
    if by_job:
        raise ValueError(f"no job of docs/jobs.yaml is called {', '.join(sorted(by_job))}")
    return "\n".join(parts).rstrip() + "\n"


def _row(words: str, tests: list[Shown]) -> str:
    if not tests:
        return f"| {words} | | **not built** |"
    named = "<br>".join(f"`{t.test}`" for t in tests)
    against = "; ".join(dict.fromkeys(f"{AGAINST[t.against]}: {t.what}" for t in tests))
    return f"| {words} | {named} | {against} |"


if __name__ == "__main__":
    PAGE.write_text(page(list(shown())), encoding="utf-8")
