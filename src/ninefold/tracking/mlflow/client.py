"""MLflow's REST API over stdlib HTTP: bounded answers, errors of ours, a token that is sent to nobody else."""

import base64
import hashlib
import http.client
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlencode

import msgspec

from ninefold.kernel.errors import (
    AccessDenied,
    ConnectorError,
    InvalidInput,
    NotFound,
)
from ninefold.kernel.outgoing import Server

API = "/api/2.0/mlflow/"
ARTEFACTS = "/api/2.0/mlflow-artifacts/artifacts/"
MAX_ANSWER = 64 << 20
TOKEN, USER, PASSWORD = "MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"
_CHUNK = 1 << 16


def credential_from(environment: Mapping[str, str] = os.environ) -> str:
    """Return the value of the header Authorization that MLflow's own variables ask for; "" for none."""
    if token := environment.get(TOKEN):
        return f"Bearer {token}"
    if user := environment.get(USER):
        words = f"{user}:{environment.get(PASSWORD, '')}"
        return f"Basic {base64.b64encode(words.encode()).decode()}"
    return ""


class MlflowClient:
    """One server. Reading reuses its connection; writing opens one of its own and is never repeated by itself."""

    def __init__(self, url: str, *, credential: str = "", timeout_s: float = 60.0) -> None:
        """Keep the address; nothing is opened yet.

        Raises:
            InvalidInput: not an http(s) URL, or a credential would be sent unencrypted beyond loopback.
        """
        self._server = Server(url, authorization=credential, timeout_s=timeout_s, secret=bool(credential))
        self.host = self._server.host

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def get(self, call: str, **query: str) -> Any:
        """Return the answer to a call that reads.

        Raises:
            Unreachable, DeadlineExceeded, AccessDenied: no answer. NotFound: it does not exist there.
            InvalidInput: the server refuses what is sent.
            ConnectorError: it fails, or answers with something else than MLflow does.
        """
        return self._asked("GET", f"{API}{call}?{urlencode(query)}", None, repeat=True)

    def search(self, call: str, body: Mapping[str, Any]) -> Any:
        """Return the answer to a call that reads and takes a body. Raises: as `get`."""
        return self._asked("POST", f"{API}{call}", msgspec.json.encode(body), repeat=True)

    def write(self, call: str, body: Mapping[str, Any], method: str = "POST") -> Any:
        """Return the answer to a call that changes something. Raises: as `get`; whether it was done is then unknown."""
        self.close()
        return self._asked(method, f"{API}{call}", msgspec.json.encode(body), repeat=False)

    def artefact_digest(self, run: str, path: str, most: int) -> tuple[int, str]:
        """Return size and sha256 of a run's artefact, which is read and not kept; the digest is "" beyond `most` bytes.

        Raises: as `get`.
        """
        where = f"/get-artifact?{urlencode({'run_id': run, 'path': path})}"
        try:
            response = self._sent("GET", where, None)
            if response.status != 200:
                self._refuse(response.status, response.read(MAX_ANSWER), path)
            hasher, size = hashlib.sha256(), 0
            while chunk := response.read(_CHUNK):
                size += len(chunk)
                if size > most:
                    return size, ""
                hasher.update(chunk)
        except (http.client.HTTPException, OSError) as error:
            raise self._server.broken(error) from error
        finally:
            self.close()  # a body that was not read to its end would be taken for the next answer
        return size, hasher.hexdigest()

    def upload(self, path: str, content: bytes | Path) -> None:
        """Put a file under the server's artefact root. Raises: as `get`."""
        self.close()
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        where = ARTEFACTS + quote(path)
        if isinstance(content, bytes):
            self._asked("PUT", where, content, repeat=False)
            return
        with content.open("rb") as stream:
            self._asked("PUT", where, stream, repeat=False, size=size)

    def _asked(self, method: str, path: str, body: Any, *, repeat: bool, size: int | None = None) -> Any:
        used = self._server.used
        try:
            response = self._sent(method, path, body, size)
            data = response.read(MAX_ANSWER + 1)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError) as error:
            self.close()
            if repeat and used:  # the server closed a connection that had been idle
                return self._asked(method, path, body, repeat=False)
            raise self._server.broken(error) from error
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise self._server.broken(error) from error
        if len(data) > MAX_ANSWER:
            self.close()
            raise ConnectorError(f"The answer of {self.host} is larger than {MAX_ANSWER >> 20} MiB.")
        if response.status != 200:
            self._refuse(response.status, data, path)
        try:
            # what answers to a file that is put there is `{}`; since MLflow 3.17 it is nothing
            tree = msgspec.json.decode(data or b"{}" if method == "PUT" else data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            tree = None
        if not isinstance(tree, dict):
            message = f"{self.host} answers with something that is not MLflow's."
            raise ConnectorError(message, hint="Check the address, and whether a login page stands before it.")
        return tree

    def _sent(self, method: str, path: str, body: Any, size: int | None = None) -> http.client.HTTPResponse:
        headers = {"Content-Type": "application/octet-stream" if method == "PUT" else "application/json"}
        if size is not None:
            headers["Content-Length"] = str(size)
        return self._server.sent(method, path, body, headers)

    def _refuse(self, status: int, data: bytes, path: str) -> None:
        code, said = _error(data)
        call = path.partition("?")[0].removeprefix(API)
        if status in {401, 403}:
            hint = f"Set {TOKEN}, or {USER} and {PASSWORD}."
            raise AccessDenied(f"{self.host} does not let this account do {call}.", hint=hint)
        if status == 404 or code == "RESOURCE_DOES_NOT_EXIST":
            raise NotFound(f"{self.host} does not have it ({call}): {said or 'not found'}.")
        reason = f"{code or status}{f', {said}' if said else ''}"
        if 400 <= status < 500 and status != 429:
            raise InvalidInput(f"{self.host} refuses {call}: {reason}.", hint="Correct what is sent.")
        raise ConnectorError(f"{self.host} fails at {call}: {reason}.", hint="Look into the server's log.")


def _error(data: bytes) -> tuple[str, str]:
    """Return MLflow's code and message of an error, both on one line; "" when it is not MLflow's."""
    try:
        tree = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "", ""
    if not isinstance(tree, dict):
        return "", ""
    return str(tree.get("error_code", ""))[:80], " ".join(str(tree.get("message", "")).split())[:200].rstrip(".")
