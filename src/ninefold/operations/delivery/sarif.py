"""SARIF 2.1.0: what is wrong or weak in project files, at its line, for the forge that shows it beside the change."""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from ninefold.kernel.canonical import sha256
from ninefold.kernel.errors import Problem

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FILE_RULE = "project-file"
_RULES = {
    FILE_RULE: "A project file cannot be used as it is; what it describes is left out.",
    "requirement": "A requirement is weak or its evidence cannot decide; a warning that never blocks.",
}


class FileFinding(NamedTuple):
    """One finding: a rule ("project-file", "requirement/weak-word"), how grave it is, and where."""

    rule: str
    level: Literal["error", "warning", "note"]
    file: str  # relative to the project
    line: int  # 1-based; 0 when the whole file is meant
    text: str


def of_problem(problem: Problem) -> FileFinding:
    """Return the finding that a problem of a file is."""
    field = f"{problem.field}: " if problem.field else ""
    text = f"{field}{problem.message} {problem.hint}".strip()
    return FileFinding(FILE_RULE, "error", problem.file, problem.line, text)


def sarif(findings: Iterable[FileFinding], version: str, folder: str = ".") -> dict[str, Any]:
    """Return the log, plain values. `folder` is the project's below the repository that the forge shows."""
    found = list(findings)
    rules = sorted({f.rule for f in found})
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "ninefold",
                        "semanticVersion": _semantic(version),
                        "rules": [_rule(r) for r in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(f, rules.index(f.rule), folder) for f in found],
            }
        ],
    }


def _semantic(version: str) -> str:
    """Return a version of Python's kind (0.1.0.dev0) as semantic versioning writes it (0.1.0-dev0)."""
    release, mark, rest = version.partition(".dev")
    return f"{release}-dev{rest}" if mark else release


def _rule(id: str) -> dict[str, Any]:
    kind, _, name = id.partition("/")
    text = _RULES.get(kind, id) + (f" ({name})" if name else "")
    return {"id": id, "shortDescription": {"text": text}}


def _result(finding: FileFinding, index: int, folder: str) -> dict[str, Any]:
    path = finding.file if folder == "." else f"{folder}/{finding.file}"
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(path, errors="replace"), "uriBaseId": "%SRCROOT%"}}
    if finding.line > 0:
        place["region"] = {"startLine": finding.line}
    # without the line: text that moves down a file is the same finding
    mark = sha256(f"{finding.rule}\0{path}\0{finding.text}".encode("utf-8", "replace"))
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": finding.text},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"ninefold/v1": mark},
    }
