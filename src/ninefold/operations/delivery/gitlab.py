"""GitLab CI: the same stages; artefacts carry the evidence from stage to stage, the cache from pipeline to pipeline."""

from typing import Any

from ninefold.operations.delivery.generated import Options
from ninefold.operations.delivery.jobs import Gate, Pipeline
from ninefold.operations.delivery.layout import dump

_COMMENT = """\
if [ -n "$NINEFOLD_COMMENT_TOKEN" ]; then
  curl --fail --silent --show-error --request POST --header "PRIVATE-TOKEN: $NINEFOLD_COMMENT_TOKEN" \
--data-urlencode "body@review.md" \
"$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes" > /dev/null
else
  cat review.md
fi
"""


def render(pipeline: Pipeline, options: Options) -> str:
    """Return the configuration."""
    stages = ["check", *pipeline.stages, *(["gate"] if pipeline.gates else []), "review"]
    there = [] if pipeline.folder == "." else [f'cd "{pipeline.folder}"']
    jobs: dict[str, Any] = {"check": _check(pipeline)}
    for number, stage in enumerate(pipeline.stages):
        jobs[stage] = _stage(pipeline, stage, first=number == 0, last=number == len(pipeline.stages) - 1)
    jobs |= {gate.id: _gate(pipeline, gate) for gate in pipeline.gates}
    jobs["review"] = _review(pipeline)
    by_merge = {"if": "$CI_PIPELINE_SOURCE == 'merge_request_event'"}
    return dump(
        {
            "stages": stages,
            "workflow": {
                "rules": [
                    by_merge, {"if": "$CI_PIPELINE_SOURCE == 'schedule'"},
                    {"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"},
                ],
            },
            # the nightly run is a pipeline schedule of the project: GitLab has no place for it in this file
            "variables": {"GIT_DEPTH": "0", "NINEFOLD_NIGHTLY": f"{pipeline.cron} ({pipeline.zone})"},
            "default": {
                "image": options.image,
                "interruptible": False,
                "before_script": [options.install, *there],
            },
            **jobs,
        }
    )  # fmt: skip


def _in(pipeline: Pipeline, name: str) -> str:
    return name if pipeline.folder == "." else f"{pipeline.folder}/{name}"


def _store(pipeline: Pipeline) -> list[str]:
    """Return the paths of the evidence; never the keys and certificates that lie beside it."""
    return [_in(pipeline, ".ninefold/store.db"), _in(pipeline, ".ninefold/blobs/")]


def _check(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "stage": "check",
        "script": ["ninefold check --sarif check.sarif", "ninefold pipeline check"],
        "artifacts": {"when": "always", "paths": [_in(pipeline, "check.sarif")]},
    }


def _stage(pipeline: Pipeline, stage: str, *, first: bool, last: bool) -> dict[str, Any]:
    job: dict[str, Any] = {"stage": stage}
    if first or last:
        policy = "pull-push" if first and last else "pull" if first else "push"
        job["cache"] = {"key": "ninefold-evidence", "paths": _store(pipeline), "policy": policy}
    job["script"] = [j.command for j in pipeline.in_stage(stage)]
    job["artifacts"] = {"paths": _store(pipeline), "expire_in": "1 week"}
    return job


def _gate(pipeline: Pipeline, gate: Gate) -> dict[str, Any]:
    reports = [_in(pipeline, f"{gate.id}.{end}") for end in ("xml", "md")]
    return {
        "stage": "gate",
        "script": [gate.command()],
        "artifacts": {"when": "always", "paths": reports, "reports": {"junit": reports[0]}},
    }


def _review(pipeline: Pipeline) -> dict[str, Any]:
    review = 'ninefold review --base "$CI_MERGE_REQUEST_DIFF_BASE_SHA" --output review.md'
    return {
        "stage": "review",
        "rules": [{"if": "$CI_PIPELINE_SOURCE == 'merge_request_event'", "when": "always"}],
        "script": [review, _COMMENT],
        "artifacts": {"when": "always", "paths": [_in(pipeline, "review.md")]},
    }
