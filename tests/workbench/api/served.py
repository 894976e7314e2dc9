"""The workbench behind its real gate for tests of the API: people of every role, their tokens, and a way to ask."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from litestar import Litestar
from litestar.testing import TestClient
from tests.workbench.access.made import CHEAP

from ninefold.kernel.clock import Clock
from ninefold.kernel.project import STATE
from ninefold.vocabulary.account import ROLES
from ninefold.workbench.access.access import Access
from ninefold.workbench.access.gatekeeper import Gate, Gatekeeper
from ninefold.workbench.access.paths import allowed_hosts
from ninefold.workbench.access.worker import Worker
from ninefold.workbench.app import application
from ninefold.workbench.errors import PROBLEM

PASSWORD = "quiet horse battery"
PORT = 9400


@dataclass(frozen=True)
class People:
    """A person and a token of each role."""

    persons: Mapping[str, str]
    tokens: Mapping[str, str]


def entered(root: Path) -> People:
    """Enter a person of each role in a project, each with a password and a token."""
    access = Access(root / STATE, passwords=CHEAP)
    now = access.clock.now()
    persons, tokens = {}, {}
    for role in ROLES:
        person = access.accounts.add(f"The {role}", role, now).person
        access.accounts.set_password(person, PASSWORD, None)
        persons[role], tokens[role] = person, access.tokens.make(person, role, "test", role, 9, now)
    access.close()
    return People(persons, tokens)


def app_of(root: Path, port: int = PORT, clock: Clock | None = None) -> Litestar:
    """Return the workbench of a project as it is served, but with passwords that are cheap to check."""
    worker = Worker(root / STATE, clock, CHEAP)
    app = application(root, Gatekeeper(Gate(allowed_hosts("127.0.0.1", port), port=port), worker))
    app.on_startup.append(worker.open)
    app.on_shutdown.append(worker.close)
    return app


class Asking:
    """Asks the API as one role; every answer that is no success must be a problem of the one shape."""

    def __init__(self, client: TestClient[Litestar], people: People, role: str) -> None:
        self.client, self.people, self.role = client, people, role

    def as_(self, role: str) -> "Asking":
        """Return the same as another role."""
        return Asking(self.client, self.people, role)

    def __call__(self, method: str, path: str, expected: int, /, **more: Any) -> Any:
        """Return the body of an answer with the expected status."""
        return self.answer(method, path, expected, **more).json()

    def answer(self, method: str, path: str, expected: int, /, **more: Any) -> Any:
        """Return an answer with the expected status."""
        headers = {"authorization": f"Bearer {self.people.tokens[self.role]}", **more.pop("headers", {})}
        found = self.client.request(method, f"/api/v1{path}", headers=headers, **more)
        assert found.status_code == expected, (method, path, found.status_code, found.text[:500])
        if found.status_code >= 400:
            is_problem(found)
        return found


def is_problem(answer: Any) -> None:
    """Fail unless an answer is a problem as RFC 9457 has it, with our members."""
    assert answer.headers["content-type"] == PROBLEM, answer.headers
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["type"]
    assert body["title"] != "Error", "the status has no title"
    assert body["detail"]
    assert isinstance(body["hint"], str)
    assert "Traceback" not in answer.text


@contextmanager
def asking(root: Path, role: str = "administrator") -> Iterator[Asking]:
    """Yield a way to ask the API of a project, in this process."""
    people = entered(root)
    with TestClient(app_of(root), base_url=f"http://127.0.0.1:{PORT}") as client:
        yield Asking(client, people, role)


@contextmanager
def listening(root: Path) -> Iterator[str]:
    """Serve a project on a real socket of loopback and yield its address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        config = uvicorn.Config(app_of(root, port), log_level="warning", timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([taken],))
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)  # uvicorn tells nobody when it has started
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(20)
