"""The fleet's service as a real process on a free port of loopback, for tests that kill it."""

import http.client
import socket
import subprocess
import sys
import time
from pathlib import Path

from ninefold.fleet.service import FleetService
from ninefold.kernel.errors import Unreachable


class FleetProcess:
    """A fleet's service over a project folder; it can be killed and started again on the same port."""

    def __init__(self, project: Path) -> None:
        self.project = project
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, timeout_s: float = 30.0) -> None:
        """Start it and return when it answers.

        Raises:
            Unreachable: it ended, or does not answer in time.
        """
        command = [sys.executable, "-m", "ninefold.fleet", str(self.project), "--port", str(self.port)]
        self.process = subprocess.Popen(command)  # noqa: S603 - this interpreter, our own module
        deadline = time.monotonic() + timeout_s
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Unreachable(f"The fleet's service on {self.url} did not start.")
            time.sleep(0.05)  # another process starts; there is no event to wait for

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/v1/live")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End it with SIGTERM, as systemd does, and wait for it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def service(self) -> FleetService:
        """Return the same files opened in this process."""
        return FleetService(self.project / ".ninefold")

    def enrol(self, device: str) -> str:
        """Return the credential of a new device."""
        with self.service() as service:
            return service.registry.enrol(device, service.registry.invite(device))
