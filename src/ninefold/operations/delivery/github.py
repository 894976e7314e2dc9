"""GitHub Actions: a job a stage, because the evidence store is one file that is handed on from stage to stage."""

from typing import Any

from ninefold.operations.delivery.generated import Options
from ninefold.operations.delivery.jobs import Gate, Pipeline
from ninefold.operations.delivery.layout import dump
from ninefold.operations.delivery.shell import slug

_CHECKOUT = {"uses": "actions/checkout@v4", "with": {"fetch-depth": 0}}  # the review looks at the base commit
_PYTHON = {"uses": "actions/setup-python@v5", "with": {"python-version": "3.12"}}
_OF_THIS_REPOSITORY = (
    "always() && github.event_name == 'pull_request' && "
    "github.event.pull_request.head.repo.full_name == github.repository"
)


def render(pipeline: Pipeline, options: Options) -> str:
    """Return the workflow."""
    jobs = {"check": _check(pipeline, options)}
    before = "check"
    for number, stage in enumerate(pipeline.stages):
        last = number == len(pipeline.stages) - 1
        jobs[stage] = _stage(pipeline, options, stage, before, first=number == 0, last=last)
        before = stage
    for gate in pipeline.gates:
        jobs[gate.id] = _gate(pipeline, options, gate)
    jobs["review"] = _review(pipeline, options, [g.id for g in pipeline.gates] or [before])
    workflow: dict[str, Any] = {
        "name": "ninefold",
        "on": {
            "push": {"branches": ["main", "master"]}, "pull_request": {}, "workflow_dispatch": {},
            "schedule": [{"cron": pipeline.cron} | ({} if pipeline.zone == "UTC" else {"timezone": pipeline.zone})],
        },
        "permissions": {"contents": "read"},
        "concurrency": {"group": "ninefold-${{ github.ref }}", "cancel-in-progress": False},
    }  # fmt: skip
    if pipeline.folder != ".":
        workflow["defaults"] = {"run": {"working-directory": pipeline.folder}}
    return dump(workflow | {"jobs": jobs})


def _job(options: Options, needs: list[str], steps: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    head = {"needs": needs} if needs else {}
    install = {"name": "install", "run": options.install}
    return {**head, **more, "runs-on": "ubuntu-latest", "steps": [_CHECKOUT, _PYTHON, install, *steps]}


def _check(pipeline: Pipeline, options: Options) -> dict[str, Any]:
    sarif = _in(pipeline, "check.sarif")
    steps: list[dict[str, Any]] = [
        {"name": "check", "run": "ninefold check --sarif check.sarif"},
        {"name": "pipeline", "if": "always()", "run": "ninefold pipeline check"},
        {
            "name": "findings", "if": "always()", "uses": "github/codeql-action/upload-sarif@v3",
            "continue-on-error": True,  # private repositories have it only with code scanning
            "with": {"sarif_file": sarif},
        },
        _upload("findings", sarif, when="always()"),
    ]  # fmt: skip
    return _job(options, [], steps, permissions={"contents": "read", "security-events": "write"})


def _stage(pipeline: Pipeline, options: Options, stage: str, before: str, *, first: bool, last: bool) -> dict[str, Any]:
    cache = {"path": _store(pipeline), "key": "ninefold-${{ github.ref }}-${{ github.run_id }}"}
    restore = {
        "name": "restore evidence", "uses": "actions/cache/restore@v4",
        "with": {**cache, "restore-keys": "ninefold-${{ github.ref }}-\nninefold-"},
    }  # fmt: skip
    steps = [restore if first else _download(pipeline)]
    steps += [{"name": job.id, "run": job.command} for job in pipeline.in_stage(stage)]
    steps.append(_upload("evidence", _store(pipeline)) | {"name": "hand evidence on"})
    if last:
        steps.append({"name": "keep evidence", "uses": "actions/cache/save@v4", "with": cache})
    return _job(options, [before], steps)


def _gate(pipeline: Pipeline, options: Options, gate: Gate) -> dict[str, Any]:
    reports = "\n".join(_in(pipeline, f"{gate.id}.{end}") for end in ("xml", "md"))
    steps = [
        _download(pipeline),
        {"name": "gate", "run": gate.command()},
        {"name": "summary", "if": "always()", "run": f'cat {gate.id}.md >> "$GITHUB_STEP_SUMMARY"'},
        _upload(f"report-{slug(gate.model)}", reports, when="always()"),
    ]
    return _job(options, [pipeline.stages[-1]], steps)


def _review(pipeline: Pipeline, options: Options, needs: list[str]) -> dict[str, Any]:
    fetch = [_download(pipeline) | {"continue-on-error": True}] if pipeline.stages else []
    comment = 'gh pr comment "$NUMBER" --edit-last --create-if-none --body-file review.md'
    steps = [
        *fetch,
        {
            "name": "review", "run": 'ninefold review --base "origin/$BASE" --output review.md',
            "env": {"BASE": "${{ github.base_ref }}"},
        },
        {
            "name": "comment", "run": comment,
            "env": {"GH_TOKEN": "${{ github.token }}", "NUMBER": "${{ github.event.pull_request.number }}"},
        },
    ]  # fmt: skip
    permissions = {"contents": "read", "pull-requests": "write"}
    return _job(options, needs, steps, permissions=permissions) | {"if": _OF_THIS_REPOSITORY}


def _in(pipeline: Pipeline, name: str) -> str:
    return name if pipeline.folder == "." else f"{pipeline.folder}/{name}"


def _store(pipeline: Pipeline) -> str:
    """Return the paths of the evidence; never the keys and certificates that lie beside it."""
    return "\n".join(_in(pipeline, f".ninefold/{part}") for part in ("store.db", "blobs"))


def _upload(name: str, path: str, when: str = "") -> dict[str, Any]:
    fields = {"name": name, "path": path, "include-hidden-files": True, "overwrite": True}
    head = {"name": f"upload {name}"} | ({"if": when} if when else {})
    return head | {"uses": "actions/upload-artifact@v4", "with": fields}


def _download(pipeline: Pipeline) -> dict[str, Any]:
    path = _in(pipeline, ".ninefold")
    return {"name": "take evidence", "uses": "actions/download-artifact@v4", "with": {"name": "evidence", "path": path}}
