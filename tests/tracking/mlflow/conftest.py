"""A tracking server of MLflow itself, really started: in an environment of its own, with SQLite behind it."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.isolated import environment
from tests.tracking.test_log import Desk

from ninefold.kernel.errors import ConnectorError, NotFound
from ninefold.tracking.mlflow.client import MlflowClient

VERSION = "3.17.2"
# shared with the benchmarks: 600 MB are not installed twice
PEERS = Path(os.environ.get("NINEFOLD_PEERS", Path(__file__).parents[3] / ".peers"))
STARTS_S = 120.0


@dataclass(frozen=True)
class Server:
    """Where it listens, and the Python that has MLflow."""

    url: str
    python: Path

    def client(self) -> MlflowClient:
        """Return our client of it."""
        return MlflowClient(self.url)

    def script(self, code: str, *arguments: str) -> str:
        """Run a few lines with MLflow's own client; return what they print."""
        environment = os.environ | {"MLFLOW_TRACKING_URI": self.url, "MLFLOW_DISABLE_TELEMETRY": "true"}
        command = [str(self.python), "-c", code, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the first test time for the installation: its fixtures count as its own."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def mlflow_python() -> Path:
    """The Python of an environment with MLflow, made once."""
    folder = PEERS / f"mlflow-{VERSION}"
    python = folder / "bin" / "python"
    if not (folder / ".installed").exists():
        environment(folder, f"mlflow=={VERSION}")
        (folder / ".installed").touch()
    return python


@pytest.fixture(scope="session")
def server(mlflow_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server, for all tests of this folder; each uses experiments of its own."""
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    words += [
        "--backend-store-uri",
        f"sqlite:///{folder}/runs.db",
        "--artifacts-destination",
        str(folder / "artefacts"),
    ]
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "HOME": str(folder)}
    environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"  # its job runners cost more than the rest
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(mlflow_python), *words], cwd=folder, env=environment, stdout=log, stderr=log, process_group=0
        )
        try:
            made = Server(f"http://127.0.0.1:{port}", mlflow_python)
            _wait(made, process, folder / "log")
            yield made
        finally:
            os.killpg(process.pid, 15)
            process.wait(timeout=30)


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTS_S
    while True:
        try:
            with server.client() as client:
                client.search("experiments/search", {"max_results": 1})
                return
        except (ConnectorError, NotFound):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.2)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A store and blobs."""
    made = Desk(tmp_path)
    yield made
    made.store.close()
