"""The inference server as a real process on a free port of loopback, over bundles that are made here."""

import http.client
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from ninefold.bundle.file import write_file
from ninefold.kernel.errors import Unreachable
from ninefold.kernel.signing import SigningKey
from ninefold.serving.tokens import add_token
from ninefold.testing.evidence import small_evidence


class Shop:
    """A folder with bundles, trusted keys, tokens and a list of what is revoked, and the server over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = SigningKey.new()
        self.bundles, self.keys = folder / "bundles", folder / "keys"
        self.revoked, self.tokens = folder / "revoked", folder / "serving-tokens"
        self.bundles.mkdir(parents=True)
        self.key.public.write(self.keys / "maker.pub")
        self.revoked.write_text("# nothing yet\n")
        self.token = add_token(self.tokens, "line-1")
        self.process: subprocess.Popen[str] | None = None
        self.port = 0
        self._said: list[str] = []
        self._listener: threading.Thread | None = None
        self._chains = 0

    def made(self, payload: bytes, version: int, key: SigningKey | None = None) -> bytes:
        """Return a signed bundle file of a payload."""
        self._chains += 1
        chain = self.folder / f"chain-{self._chains}"
        chain.mkdir()
        return write_file(payload, small_evidence(chain, payload), version, [key or self.key])

    def put(self, name: str, data: bytes) -> Path:
        """Put a bundle file in place in one step, as a deployment should."""
        path, temporary = self.bundles / f"{name}.9fb", self.bundles / f".{name}.new"
        temporary.write_bytes(data)
        temporary.replace(path)
        return path

    def start(self, *options: str) -> "Shop":
        """Start the server with `python -m ninefold inference serve` and return once it listens.

        Raises:
            Unreachable: it ended instead.
        """
        command = [
            sys.executable, "-m", "ninefold", "inference", "serve", str(self.bundles), "--trust", str(self.keys),
            "--tokens", str(self.tokens), "--revoked", str(self.revoked), "--port", "0", "--poll", "0.05", *options,
        ]  # fmt: skip
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(  # noqa: S603 - this interpreter, our own module
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        assert self.process.stdout is not None  # noqa: S101 - it was asked for
        assert self.process.stderr is not None  # noqa: S101 - it was asked for
        self._listener = threading.Thread(target=self._said.extend, args=(self.process.stderr,), daemon=True)
        self._listener.start()
        line = self.process.stdout.readline()
        if not line.startswith("Serving on"):
            self._gone()
            raise Unreachable(f"The server did not start: {line}{self.said}")
        self.port = int(line.rstrip(".\n").rpartition(":")[2])
        return self

    @property
    def said(self) -> str:
        """What the server wrote to standard error so far."""
        return "".join(self._said)

    @property
    def host(self) -> str:
        """Host and port as clients want them."""
        return f"127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (names in lower case) and body of one request with the token."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            sent = {"Authorization": f"Bearer {self.token}"} if headers is None else headers
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def infer(self, body: Any, model: str = "tool-failure") -> tuple[int, Any]:
        """Return status and JSON of an inference; `body` is bytes, or a value that becomes JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, _, answer = self.ask("POST", f"/v2/models/{model}/infer", data)
        return status, json.loads(answer)

    def try_infer(self, body: bytes) -> int:
        """Return the status of an inference; 0 when the server does not answer."""
        try:
            return self.infer(body)[0]
        except (OSError, http.client.HTTPException):
            return 0

    def metric(self, name: str) -> float:
        """Return a value without labels of the server's metrics."""
        _, _, text = self.ask("GET", "/metrics")
        found = [line for line in text.decode().splitlines() if line.startswith(f"ninefold_serving_{name} ")]
        return float(found[0].rpartition(" ")[2])

    def refused(self) -> list[str]:
        """Return the files that are there and not served."""
        _, _, text = self.ask("GET", "/metrics")
        start = 'ninefold_serving_bundle_refused{file="'
        return [line[len(start) :].partition('"')[0] for line in text.decode().splitlines() if line.startswith(start)]

    def try_ready(self) -> int:
        """Return the status of the server's readiness; 0 when it does not answer."""
        try:
            return self.ask("GET", "/v2/health/ready", headers={})[0]
        except (OSError, http.client.HTTPException):
            return 0

    def revoke(self, lines: str) -> None:
        """Put another list of what is revoked in place, in one step."""
        temporary = self.folder / "revoked.new"
        temporary.write_text(f"{lines}\n")
        temporary.replace(self.revoked)

    def memory_mb(self) -> float:
        """Return the resident memory of the server."""
        assert self.process is not None  # noqa: S101 - it was started
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self._gone()

    def stop(self) -> int:
        """End it with SIGTERM and return its exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        return self._gone()

    def _gone(self) -> int:
        process, self.process = self.process, None
        assert process is not None  # noqa: S101 - asked before
        code = process.wait(40)
        if self._listener is not None:
            self._listener.join(10)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        return code


def rows_request(rows: list[list[float | None]], **fields: Any) -> dict[str, Any]:
    """Return an inference request with one matrix of features."""
    tensor = {"name": "features", "datatype": "FP32", "shape": [len(rows), len(rows[0])], "data": rows}
    return {"inputs": [tensor], **fields}
