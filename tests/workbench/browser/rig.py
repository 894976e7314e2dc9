"""The workbench as a person starts it: `ninefold serve` as a process on a free port, with accounts of every role."""

import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, TypeVar

import httpx

from ninefold.kernel.project import STATE
from ninefold.kernel.signing import SigningKey
from ninefold.vocabulary.account import ROLES, AccountRole
from ninefold.workbench.access.access import Access
from ninefold.workbench.access.passwords import Passwords, Sealed
from ninefold.workbench.access.tokens import csrf_of

T = TypeVar("T")
PASSWORD = "quiet horse battery"
ADMINISTRATOR, APPROVER, EDITOR, VIEWER = "Ada Admin", "Armin Approver", "Edda Editor", "Vera Viewer"
NAMES: dict[AccountRole, str] = {
    "viewer": VIEWER, "editor": EDITOR, "approver": APPROVER, "administrator": ADMINISTRATOR,
}  # fmt: skip
GERMAN = "Gerda Grün"  # an administrator who reads German
_SALT = os.urandom(16)
START_S = 60.0  # so that one that does not start ends; nothing is said of its speed
STOP_S = 9.0  # three times what is promised and what benchmarks/workbench_live.py measures


@dataclass
class Rig:
    """One running workbench."""

    root: Path
    port: int
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)  # what it printed, both streams

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def cookie(self) -> str:
        """The name of its session cookie."""
        return f"ninefold-{self.port}"

    def cookies(self, name: str) -> dict[str, str]:
        """Return the cookies that a person, by name, has after logging in."""

        def open_session(access: Access) -> dict[str, str]:
            found = access.resolve(name)
            return {self.cookie: access.enter(found.person, "127.0.0.1"), "nf-language": found.language}

        return with_access(self.root, open_session)

    def person(self, name: str) -> str:
        """Return the opaque key of a person."""
        return with_access(self.root, lambda access: access.resolve(name).person)

    def press(self, name: str, action: str, **form: str) -> str:
        """Send a form as a person and return the path that they are led to."""
        cookies = self.cookies(name)
        proof = {"csrf": csrf_of(cookies[self.cookie]), **form}
        answer = httpx.post(self.url + action, data=proof, cookies=cookies, timeout=30)
        assert answer.status_code == 303, f"{action}: {answer.status_code} {answer.text[:500]}"
        return answer.headers["location"]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it as an init system does and return its exit status.

        Raises:
            TimeoutExpired: it does not end within three times the promised time.
        """
        self.process.send_signal(how)
        return self.process.wait(timeout=STOP_S)


class OnePassword(Passwords):
    """Passwords at their full cost, which is paid once for the tests' one password and not for each account."""

    def hash(self, password: str) -> str:
        """Return what is stored of a password."""
        return _hash(password)

    def seal(self, key: SigningKey, password: str) -> Sealed:
        """Return a signing key as only this password opens it."""
        return Sealed(_SALT, key.pem(_phrase(password)))


@cache
def _hash(password: str) -> str:
    return Passwords().hash(password)


@cache
def _phrase(password: str) -> str:
    return Passwords()._passphrase(password, _SALT)


def with_access(root: Path, work: Callable[[Access], T]) -> T:
    """Return what a piece of work with the accounts of a project returns."""
    access = Access(root / STATE, passwords=OnePassword())
    with contextlib.closing(access):
        return work(access)


def people(root: Path, names: Mapping[AccountRole, str] = NAMES) -> None:
    """Make an account of every role with the one password, and one that reads German."""

    def make(access: Access) -> None:
        for role in ROLES:
            made = access.accounts.add(names[role], role, access.clock.now())
            access.accounts.set_password(made.person, PASSWORD, None)
        german = access.accounts.add(GERMAN, "administrator", access.clock.now())
        access.accounts.set_password(german.person, PASSWORD, None)
        for account in access.accounts.all():
            language = "de" if account.name == GERMAN else "en"
            access.accounts.set_wishes(account.person, language, "Europe/Berlin", "system")

    with_access(root, make)


def empty_project(folder: Path) -> Path:
    """Begin a project as `ninefold init` does."""
    done = subprocess.run(
        [sys.executable, "-m", "ninefold", "-q", "init", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@contextmanager
def serving(root: Path, *options: str) -> Iterator[Rig]:
    """Start the workbench of a project and yield it once it answers; it is ended with the block."""
    port = free_port()
    command = [sys.executable, "-W", "default", "-m", "ninefold", "-C", str(root), "serve", "--port", str(port)]
    process = subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )  # fmt: skip
    assert process.stdout is not None
    rig, said = Rig(root, port, process), queue.Queue[str]()
    reader = threading.Thread(target=_read, args=(process.stdout, rig.lines, said), daemon=True)
    reader.start()
    try:
        _await_answer(rig, said)
        yield rig
    finally:
        if process.poll() is None:
            try:
                rig.stop()
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise
        reader.join(timeout=10)
        process.stdout.close()


def _await_answer(rig: Rig, said: "queue.Queue[str]") -> None:
    """Return once it listens: it prints its address just before, and a connection waits in the queue of the socket."""
    line = said.get(timeout=START_S)
    assert rig.url in line, "\n".join([line, *rig.lines])
    for _ in range(int(START_S / 0.05)):
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", rig.port), 1):
            return
        assert rig.process.poll() is None, "\n".join(rig.lines)
        _pause()
    raise AssertionError("\n".join(["It does not listen:", *rig.lines]))


def _pause() -> None:
    threading.Event().wait(0.05)  # nothing tells another process when a socket listens


def _read(stream: IO[str], lines: list[str], said: "queue.Queue[str]") -> None:
    for line in stream:
        lines.append(line.rstrip("\n"))
        said.put(line)
    said.put("it ended")


def free_port() -> int:
    """Return a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Return whether something listens on a port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
