"""Runs: begun by a form, shown with their progress, joined, cancelled, and ended with the server."""

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from litestar.testing import TestClient
from tests.small_cell import edit, states
from tests.workbench.desk import APPROVER, opened

from ninefold.kernel.errors import Refused
from ninefold.lifecycle.job import JobState
from ninefold.lifecycle.pages.job import job_page
from ninefold.workbench import jobs as jobs_module
from ninefold.workbench.jobs import Jobs
from ninefold.workbench.project import Project

CRITERION = "requirements/REQ-tool-failure-warning.md"
VIEWER = msgspec.structs.replace(APPROVER, role="viewer")


def _project(client: TestClient) -> Project:  # type: ignore[type-arg]  # of whatever application
    project: Project = client.app.state.project
    return project


def test_a_changed_threshold_is_run_again_by_a_button(cell_root: Path) -> None:
    """The page of the run ends with what was done, in the name of the person; the board is as before."""
    edit(cell_root, CRITERION, 'op: "<=", value: 6}', 'op: "<=", value: 5}')
    with opened(cell_root) as client:
        answer = client.post("/run", follow_redirects=False)
        assert answer.status_code == 303
        id = answer.headers["location"].removeprefix("/jobs/")
        done = _project(client).jobs.wait(id, 120)
        assert done.stage == "done", done
        assert "verdict:tool-failure/REQ-tool-failure-warning/false-alarms" in done.done
        page = client.get(f"/jobs/{id}")
        assert "tasks were run" in page.text
        assert "refresh" not in page.headers
        with _project(client).working() as session:
            assert session.store.log(1)[0].actor == APPROVER.person


def test_a_named_task_alone_is_run(cell_root: Path) -> None:
    """What the others wait for stays as it is."""
    edit(cell_root, CRITERION, 'op: "<=", value: 6}', 'op: "<=", value: 5}')
    with opened(cell_root) as client:
        answer = client.post("/run", data={"task": "ranking"}, follow_redirects=False)
        done = _project(client).jobs.wait(answer.headers["location"].removeprefix("/jobs/"), 60)
    assert (done.stage, done.done) == ("done", ())


class Held(threading.Event):
    """Set to let a run end; `begun` is set once the run has said what it does."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()


@pytest.fixture
def held(cell_root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """A run that goes on until the event is set or it is cancelled."""
    go = Held()

    def slow(self: Jobs, job: jobs_module.Job, _session: object) -> None:
        job.set(of=4)
        job.say("features:part-features")
        go.begun.set()
        while not go.wait(0.01):
            job.cancel.check()
        job.set(stage="done")

    monkeypatch.setattr(Jobs, "_run", slow)
    edit(cell_root, CRITERION, 'op: "<=", value: 6}', 'op: "<=", value: 5}')
    yield go
    go.set()


def test_it_is_drawn_anew_while_it_goes_on(cell_root: Path, held: Held) -> None:
    """By the header Refresh, without scripts; who begins another one is shown the one that goes on."""
    with opened(cell_root) as client:
        first = client.post("/run", follow_redirects=False).headers["location"]
        assert held.begun.wait(10)
        page = client.get(first)
        assert page.headers["refresh"] == "2"
        assert "features:part-features" in page.text
        second = client.post("/run", follow_redirects=False).headers["location"]
        assert second == first
        assert "runs tasks already" in client.get(second).text
        assert f'href="{first}"' in client.get("/").text
        held.set()
        assert _project(client).jobs.wait(first.removeprefix("/jobs/"), 10).stage == "done"


def test_it_is_cancelled_by_a_button(cell_root: Path, held: Held) -> None:
    """What was recorded stays; the page says so."""
    with opened(cell_root) as client:
        where = client.post("/run", follow_redirects=False).headers["location"]
        client.post(f"{where}/cancel")
        ended = _project(client).jobs.wait(where.removeprefix("/jobs/"), 10)
        assert (ended.stage, held.is_set()) == ("cancelled", False)
        assert "The run was cancelled" in client.get(where).text


def test_the_end_of_the_server_cancels_it(cell_root: Path, held: Held) -> None:
    """Nothing is left running."""
    with opened(cell_root) as client:
        where = client.post("/run", follow_redirects=False).headers["location"]
        jobs = _project(client).jobs
    assert jobs.wait(where.removeprefix("/jobs/"), 10).stage == "cancelled"
    assert not held.is_set()


def test_what_nobody_began_is_not_found(cell_root: Path) -> None:
    """A run is forgotten when the workbench is started anew, and the page says so."""
    with opened(cell_root) as client:
        answer = client.get("/jobs/0123456789ab")
        assert answer.status_code == 404
        assert "started anew" in answer.text


def test_a_signature_or_a_rollout_is_not_run(cell_root: Path) -> None:
    """An editor cannot roll out by running a task; an unknown task is not found."""
    with opened(cell_root) as client:
        assert client.post("/run", data={"task": "rollout:cell-gateways/gateway-1"}).status_code == 403
        assert client.post("/run", data={"task": "approval:tool-failure"}).status_code == 403
        assert client.post("/run", data={"task": "<b>nothing</b>"}).status_code == 404


def test_running_leaves_the_rollouts_alone(cell_root: Path) -> None:
    """No record of a rollout is made by bringing everything up to date."""
    with opened(cell_root) as client, _project(client).working() as session:
        before = session.store.of_kind("desired@1")
        job, begun = _project(client).jobs.run("person-1")
        assert begun
        assert _project(client).jobs.wait(job.id, 60).stage == "done"
        assert session.store.of_kind("desired@1") == before
        assert states(session.status())["rollout:cell-gateways/gateway-1"] == "fresh"


def test_what_fails_is_told_with_what_to_do(cell_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that was raised on purpose, and one that nobody expected."""
    with opened(cell_root) as client:
        jobs = _project(client).jobs
        for error, words in ((Refused("No.", hint="Ask."), "No."), (ValueError("secret"), "log says why")):

            def fail(*_: object, error: Exception = error) -> None:
                raise error

            monkeypatch.setattr(jobs, "_run", fail)
            job, _ = jobs.run("person-1")
            ended = jobs.wait(job.id, 10)
            assert ended.stage == "failed"
            text = client.get(f"/jobs/{job.id}").text
            assert words in text
            assert "secret" not in text


def test_a_page_is_made_of_every_stage() -> None:
    """Also of a run that has said nothing yet."""
    for stage in ("running", "done", "failed", "cancelled"):
        for kind in ("run", "verify"):
            page = job_page(JobState("1", kind, "person-1", (), 1, stage), {})
            assert str(page.title)
