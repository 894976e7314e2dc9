"""Generated pipelines that really run: GitHub's steps in a shell, Dagster in its own process, Airflow's import.

Dagster and Airflow are installed into environments of their own, beside which ninefold is a command on the path.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.isolated import environment
from tests.once import copied
from tests.small_cell import REQUIREMENT, edit, opened, states

BIN = Path(sys.executable).parent
DAGSTER, AIRFLOW = "dagster==1.13.29", "apache-airflow==3.3.2"
_DAGSTER = """
import importlib.util, json, sys
import dagster
spec = importlib.util.spec_from_file_location("pipeline", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
job = module.definitions.get_job_def("ninefold")
schedule = module.definitions.get_schedule_def("nightly")
done = job.execute_in_process(raise_on_error=False, instance=dagster.DagsterInstance.ephemeral())
made = [e.asset_key.to_user_string() for e in done.get_asset_materialization_events()]
failed = sorted(e.step_key for e in done.all_events if e.is_step_failure)
print(json.dumps([done.success, made, failed, schedule.cron_schedule, schedule.execution_timezone]))
"""
_AIRFLOW = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("pipeline", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
dag = module.dag
dag.validate()
needs = {t.task_id: sorted(t.upstream_task_ids) for t in dag.tasks}
print(json.dumps([needs, {t.task_id: t.bash_command for t in dag.tasks}]))
"""


@pytest.fixture(scope="module")
def origin(derived_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small cell's repository with three pipelines on main, and a branch that lowers a threshold."""
    root = copied(derived_once, tmp_path_factory.mktemp("origin") / "cell")
    git(root, "init", "-q", "-b", "main")
    for target in ("github", "dagster", "airflow"):
        command = [str(BIN / "ninefold"), "pipeline", "generate", target]
        subprocess.run(command, cwd=root, check=True, capture_output=True)
    for words in (["add", "--all"], ["commit", "-q", "-m", "base"], ["switch", "-q", "-c", "change"]):
        git(root, *words)
    edit(root, REQUIREMENT, "value: 0.70}", "value: 0.69}")
    git(root, "commit", "-q", "-a", "-m", "lower the recall")
    return root


@pytest.fixture
def clone(origin: Path, tmp_path: Path) -> Path:
    """A clone of the branch with what is in no commit: the data, and the evidence that was kept."""
    git(tmp_path, "clone", "-q", "-b", "change", str(origin), "clone")
    for kept in ("data", ".ninefold"):
        shutil.copytree(origin / kept, tmp_path / "clone" / kept)
    return tmp_path / "clone"


def git(root: Path, *arguments: str) -> None:
    """Run git in a folder, as nobody in particular."""
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments]
    subprocess.run(command, cwd=root, check=True, capture_output=True)


def isolated(folder: Path, package: str, *command: str, **more: str) -> Any:
    """Install a package into an environment of its own, run Python code there, and return the JSON of its last line."""
    python = str(environment(folder, package))
    variables = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"} | more
    done = subprocess.run([python, "-c", *command], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.job("delivery/executed", against="real", what="a shell in a fresh clone")
def test_the_shell_steps_of_github_do_the_work(clone: Path) -> None:
    """Job by job in their order: what the change made stale is redone, the gate passes, the review is written."""
    workflow = yaml.safe_load((clone / ".github/workflows/ninefold.yml").read_text())
    given = {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(clone.parent),
        "GITHUB_STEP_SUMMARY": str(clone / "summary"),
    }
    ran = []
    for name, job in workflow["jobs"].items():
        assert set(job.get("needs", [])) <= set(ran)
        for step in job["steps"]:
            if "run" not in step or step.get("name") in {"install", "comment"}:  # ninefold is here; there is no GitHub
                continue
            expected = {"BASE": "main"} if "env" in step else {}
            command = ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            done = subprocess.run(command, cwd=clone, env=given | expected, capture_output=True, text=True, check=False)
            assert done.returncode == 0, (name, step, done.stdout[-2000:], done.stderr[-2000:])
        ran.append(name)
    assert ran[-2:] == ["gate-tool-failure", "review"]
    assert (clone / "summary").read_text().startswith("## Gate: pass")
    assert (
        '<testsuite name="ninefold gate" tests="2" failures="0" errors="0">'
        in (clone / "gate-tool-failure.xml").read_text()
    )
    assert "0 task(s) became stale" in (clone / "review.md").read_text()
    with opened(clone) as composer:
        found = states(composer.session.status())
    assert {n for n, s in found.items() if s != "fresh"} == {
        n for n in found if n.startswith(("approval:", "rollout:"))
    }


@pytest.mark.job("delivery/dagster", against="real", what="Dagster, in one process")
def test_dagster_runs_the_assets(clone: Path, tmp_path: Path) -> None:
    """In its own process, in the order of the graph; with a threshold that nothing can meet the gate's asset fails."""
    edit(clone, REQUIREMENT, "value: 0.69}", "value: 0.999}")
    file = str(clone / "pipelines/dagster_ninefold.py")
    success, made, failed, cron, zone = isolated(tmp_path / "dagster", DAGSTER, _DAGSTER, file)
    assert (cron, zone) == ("0 2 * * *", "Europe/Berlin")
    assert (success, failed) == (False, ["gate_tool_failure"])
    order = ["check", "data_part_features", "model_tool_failure", "validate_tool_failure"]
    assert [m for m in made if m in order] == order
    assert {"design", "data_cell_history", "data_maintenance_log"} <= set(made)


@pytest.mark.job("delivery/airflow", against="real", what="Airflow's own import")
def test_airflow_takes_the_dag(clone: Path, tmp_path: Path) -> None:
    """Airflow itself imports the file and finds its tasks and their order; its scheduler was not started."""
    home = {"AIRFLOW_HOME": str(tmp_path / "home")}
    needs, commands = isolated(
        tmp_path / "airflow", AIRFLOW, _AIRFLOW, str(clone / "pipelines/airflow_ninefold.py"), **home
    )
    assert needs["gate_tool_failure"] == ["validate_tool_failure"]
    assert needs["data_part_features"] == ["data_cell_history", "data_maintenance_log"]
    assert needs["design"] == ["check"]
    assert commands["data_cell_history"] == "ninefold --quiet run dataset:cell-history"
