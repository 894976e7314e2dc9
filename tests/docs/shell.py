"""A shell that does what a page says, in a scratch folder with a home and ports of its own."""

import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from tests.docs.pages import Block, Command, File, missing

PORTS = re.compile(r"(?<=[ :=])(48\d\d|9[04]\d\d)\b")  # of the pages; each becomes a free one
PATIENCE_S = 60.0
END = "@@done@@"


class Shell:
    """One bash for one tutorial; what it starts in the background ends with it."""

    def __init__(self, place: Path, home: Path) -> None:
        self.place, self._ports, self._logs = place, dict[str, str](), home / "logs"
        self._logs.mkdir(parents=True)
        binaries = Path(sys.executable).parent
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("NINEFOLD_", "PYTEST_"))}
        environment |= {"HOME": str(home), "PATH": f"{binaries}:{os.environ['PATH']}", "COLUMNS": "200", "PS1": ""}
        self._bash = subprocess.Popen(
            ["/bin/bash", "--noprofile", "--norc"], cwd=place, env=environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0,
        )  # fmt: skip

    def __enter__(self) -> "Shell":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        group = os.getpgid(self._bash.pid)
        os.killpg(group, signal.SIGTERM)
        until = time.monotonic() + 10
        while self._bash.poll() is None or alive(group):
            if time.monotonic() > until:
                os.killpg(group, signal.SIGKILL)
                break
            time.sleep(0.02)
        self._bash.wait(10)
        for stream in (self._bash.stdin, self._bash.stdout):
            assert stream is not None
            stream.close()

    def write(self, file: File) -> None:
        """Write a file of the page where the shell stands."""
        _, here = self._do("pwd")
        path = Path(here.strip()) / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._ported(file.text), encoding="utf-8")

    def follow(self, block: Block) -> None:
        """Do the commands of a block; each must end with its code and print what is shown."""
        for command in block.commands:
            line, shown = self._ported(command.line), tuple(map(self._ported, command.shown))
            if re.search(r"&\s*(#.*)?$", line):
                self._start(line, shown)
                continue
            until = time.monotonic() + (PATIENCE_S if command.repeated else 0)
            while wrong := self._tried(line, shown, command):
                assert time.monotonic() < until, f"{block.page}: {wrong}"
                time.sleep(0.5)

    def _tried(self, line: str, shown: tuple[str, ...], command: Command) -> str:
        code, printed = self._do(line)
        if code != command.code:
            return f"{line}\nended with {code}, not {command.code}:\n{printed}"
        if lacking := missing(shown, printed):
            return f"{line}\ndid not print {lacking!r}, but:\n{printed}"
        return ""

    def _start(self, line: str, shown: tuple[str, ...]) -> None:
        """Start what goes on in the background, and wait until it says what is shown, or answers at its port."""
        log = self._logs / f"{len(list(self._logs.iterdir()))}.log"
        log.touch()
        command = re.sub(r"&\s*(#.*)?$", "", line)
        code, _ = self._do(f"{command} > {log} 2>&1 &")
        assert code == 0, line
        port = re.search(r"--port (\d+)", line)
        until = time.monotonic() + PATIENCE_S
        while missing(shown, log.read_text()) or (port and not listens(int(port[1]))):
            assert time.monotonic() < until, f"{line} did not start: {log.read_text()}"
            time.sleep(0.1)

    def _do(self, line: str) -> tuple[int, str]:
        assert self._bash.stdin is not None
        self._bash.stdin.write(f"{line}\nprintf '\\n{END}%s\\n' $?\n")
        self._bash.stdin.flush()
        printed = self._until_end(line)
        text, _, code = printed.rpartition(END)
        return int(code), text

    def _until_end(self, line: str) -> str:
        assert self._bash.stdout is not None
        found, until = b"", time.monotonic() + 2 * PATIENCE_S
        with selectors.DefaultSelector() as selector:
            selector.register(self._bash.stdout, selectors.EVENT_READ)
            while not re.search(rb"%s\d+\n$" % END.encode(), found):
                assert selector.select(until - time.monotonic()), f"{line} goes on: {found.decode()}"
                chunk = os.read(self._bash.stdout.fileno(), 1 << 16)
                assert chunk, f"{line} ended the shell: {found.decode()}"
                found += chunk
        return found.decode()

    def _ported(self, text: str) -> str:
        return PORTS.sub(lambda found: self._ports.setdefault(found[1], str(free_port())), text)


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def listens(port: int) -> bool:
    """Return whether something answers at a port of loopback."""
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def alive(group: int) -> bool:
    """Return whether a process of a group still runs: an agent may close its files after its shell is gone."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of = stat.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        if int(of) == group and state != "Z":
            return True
    return False
