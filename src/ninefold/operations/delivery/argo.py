"""Argo Workflows: a task a job, with the needs of the graph, on a volume that holds the checkout and the evidence."""

from typing import Any

from ninefold.operations.delivery.generated import Options
from ninefold.operations.delivery.jobs import Pipeline
from ninefold.operations.delivery.layout import dump

_FETCH = (
    "git config --global --add safe.directory /project && "
    'git fetch --depth 1 origin "$REVISION" && git checkout --detach FETCH_HEAD'
)
_NAME = "ninefold"


def render(pipeline: Pipeline, options: Options) -> str:
    """Return a WorkflowTemplate and the CronWorkflow that starts it."""
    tasks = [_task("check", ["fetch"], "ninefold check && ninefold pipeline check")]
    tasks += [_task(job.id, list(job.needs) or ["check"], job.command) for job in pipeline.jobs]
    tasks += [_task(gate.id, list(gate.needs), gate.command()) for gate in pipeline.gates]
    fetch = {"name": "fetch", "template": "fetch"}
    template = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "WorkflowTemplate",
        "metadata": {"name": _NAME},
        "spec": {
            "entrypoint": "pipeline",
            "parallelism": 1,  # one writer: the evidence is a file on a volume of one node
            "arguments": {
                "parameters": [{"name": "revision", "value": "HEAD"}, {"name": "claim", "value": "ninefold-project"}]
            },
            "volumes": [{"name": "project", "persistentVolumeClaim": {"claimName": "{{workflow.parameters.claim}}"}}],
            "templates": [
                {"name": "pipeline", "dag": {"tasks": [fetch, *tasks]}},
                _script("fetch", options, _FETCH, "/project"),
                _run(pipeline, options),
            ],
        },
    }
    cron = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {"name": f"{_NAME}-nightly"},
        "spec": {
            "schedules": [pipeline.cron],
            "timezone": pipeline.zone,
            "concurrencyPolicy": "Forbid",
            "workflowSpec": {"workflowTemplateRef": {"name": _NAME}},
        },
    }
    return dump(template, cron)


def _task(name: str, needs: list[str], line: str) -> dict[str, Any]:
    """Return a task; its command is a parameter, which Argo puts into the environment, never into a script."""
    arguments = {"parameters": [{"name": "command", "value": line}]}
    return {"name": name, "template": "run", "dependencies": needs, "arguments": arguments}


def _run(pipeline: Pipeline, options: Options) -> dict[str, Any]:
    folder = "/project" if pipeline.folder == "." else f"/project/{pipeline.folder}"
    found = _script("run", options, 'eval "$INSTALL" && eval "$COMMAND"', folder)
    found["inputs"] = {"parameters": [{"name": "command"}]}
    found["container"]["env"] = [
        {"name": "INSTALL", "value": options.install},
        {"name": "COMMAND", "value": "{{inputs.parameters.command}}"},
    ]
    return found


def _script(name: str, options: Options, line: str, folder: str) -> dict[str, Any]:
    container: dict[str, Any] = {
        "image": options.image, "command": ["sh", "-ec"], "args": [line], "workingDir": folder,
        "volumeMounts": [{"name": "project", "mountPath": "/project"}],
        "env": [{"name": "REVISION", "value": "{{workflow.parameters.revision}}"}],
    }  # fmt: skip
    return {"name": name, "container": container}
