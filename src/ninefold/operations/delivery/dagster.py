"""Dagster: an asset a job, with the needs of the graph, a job over all of them and its schedule."""

from ninefold.operations.delivery.airflow import table_of
from ninefold.operations.delivery.generated import Options
from ninefold.operations.delivery.jobs import Pipeline

_DEFINITIONS = '''\
"""The pipeline of a ninefold project as assets of Dagster.

NINEFOLD_PROJECT names the project's folder; by default it is found above this file.
"""

import os
import subprocess
from pathlib import Path

import dagster

HERE = [f for f in Path(__file__).resolve().parents if (f / "ninefold.toml").is_file()]
PROJECT = os.environ.get("NINEFOLD_PROJECT") or str(HERE[0] if HERE else Path.cwd())
# asset -> (command, the assets before it)
JOBS = {jobs}


def asset(name, command, needs):
    """Return an asset that is made by a command."""

    @dagster.asset(name=name, deps=list(needs), group_name="ninefold")
    def made(context):
        done = subprocess.run(["sh", "-ec", command], cwd=PROJECT, capture_output=True, text=True, check=False)
        context.log.info(done.stdout[-20000:] + done.stderr[-20000:])
        if done.returncode:
            raise dagster.Failure(f"{{name}} ended with {{done.returncode}}: {{(done.stderr or done.stdout)[-2000:]}}")

    return made


everything = dagster.define_asset_job("ninefold", selection=dagster.AssetSelection.all())
nightly = dagster.ScheduleDefinition(
    name="nightly", job=everything, cron_schedule={cron}, execution_timezone={zone}
)
definitions = dagster.Definitions(
    assets=[asset(name, command, needs) for name, (command, needs) in JOBS.items()],
    jobs=[everything],
    schedules=[nightly],
)
'''


def render(pipeline: Pipeline, options: Options) -> str:
    """Return the Python file."""
    del options  # ninefold is installed where Dagster runs
    return _DEFINITIONS.format(jobs=table_of(pipeline), cron=repr(pipeline.cron), zone=repr(pipeline.zone))
