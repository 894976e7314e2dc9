"""Apache Airflow 3: a DAG with a task a job. The project's folder is on the worker, where the evidence stays."""

from ninefold.operations.delivery.generated import Options
from ninefold.operations.delivery.jobs import Pipeline

_DAG = '''\
"""The pipeline of a ninefold project as a DAG of Apache Airflow 3, with its standard provider.

NINEFOLD_PROJECT names the project's folder on the worker; by default it is found above this file.
"""

import os
from pathlib import Path

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

HERE = [f for f in Path(__file__).resolve().parents if (f / "ninefold.toml").is_file()]
PROJECT = os.environ.get("NINEFOLD_PROJECT") or str(HERE[0] if HERE else Path.cwd())
# task -> (command, the tasks before it)
JOBS = {jobs}

with DAG(
    "ninefold",
    schedule=CronDataIntervalTimetable({cron}, timezone={zone}),
    catchup=False,
    max_active_runs=1,
) as dag:
    tasks = {{
        name: BashOperator(task_id=name, bash_command=command, cwd=PROJECT, append_env=True)
        for name, (command, _) in JOBS.items()
    }}
    for name, (_, needs) in JOBS.items():
        for before in needs:
            tasks[before] >> tasks[name]
'''


def jobs_of(pipeline: Pipeline) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return (command, needs) by task; ids as Python and its schedulers take them: a-z, 0-9 and underscores."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {"check": ("ninefold check && ninefold pipeline check", ())}
    found |= {j.id: (j.command, j.needs or ("check",)) for j in pipeline.jobs}
    found |= {g.id: (g.command(), g.needs) for g in pipeline.gates}
    return {
        name.replace("-", "_"): (line, tuple(n.replace("-", "_") for n in needs))
        for name, (line, needs) in found.items()
    }


def table_of(pipeline: Pipeline) -> str:
    """Return the jobs as a Python literal of plain texts, one line a job."""
    rows = (f"    {name!r}: ({line!r}, {needs!r}),\n" for name, (line, needs) in jobs_of(pipeline).items())
    return "{\n" + "".join(rows) + "}"


def render(pipeline: Pipeline, options: Options) -> str:
    """Return the Python file."""
    del options  # ninefold is installed where the worker is
    return _DAG.format(jobs=table_of(pipeline), cron=repr(pipeline.cron), zone=repr(pipeline.zone))
