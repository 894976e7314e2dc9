"""MLflow's REST API over stdlib HTTP: bounded answers, errors of ours, a token that is sent to nobody else."""

import base64
import hashlib
import http.client
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from ninefold.kernel.errors import (
    AccessDenied,
    ConnectorError,
    DeadlineExceeded,
    InvalidInput,
    NotFound,
    Unreachable,
)
from ninefold.kernel.loopback import is_loopback

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
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            hint = "Write it as https://mlflow.plant:5000; a user goes into MLFLOW_TRACKING_USERNAME."
            raise InvalidInput("This is no address of an MLflow server.", hint=hint)
        if credential and parts.scheme == "http" and not is_loopback(parts.hostname):
            message = f"The credential for {parts.hostname} would be sent without encryption."
            raise InvalidInput(message, hint="Use https; plain http with a credential is for loopback only.")
        if not credential.isascii() or not credential.isprintable():
            raise InvalidInput("The token holds characters that no header can.", hint=f"Correct {TOKEN}.")
        self.host, self._base = parts.netloc, parts.path.rstrip("/")
        self._credential, self._timeout_s = credential, timeout_s
        self._address = (parts.hostname, parts.port)
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

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
            raise self._broken(error) from error
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
        used = self._connection is not None
        try:
            response = self._sent(method, path, body, size)
            data = response.read(MAX_ANSWER + 1)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError) as error:
            self.close()
            if repeat and used:  # the server closed a connection that had been idle
                return self._asked(method, path, body, repeat=False)
            raise self._broken(error) from error
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise self._broken(error) from error
        if len(data) > MAX_ANSWER:
            self.close()
            raise ConnectorError(f"The answer of {self.host} is larger than {MAX_ANSWER >> 20} MiB.")
        if response.status != 200:
            self._refuse(response.status, data, path)
        try:
            tree = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            tree = None
        if not isinstance(tree, dict):
            message = f"{self.host} answers with something that is not MLflow's."
            raise ConnectorError(message, hint="Check the address, and whether a login page stands before it.")
        return tree

    def _sent(self, method: str, path: str, body: Any, size: int | None = None) -> http.client.HTTPResponse:
        if self._connection is None:
            if self._tls is not None:
                self._connection = http.client.HTTPSConnection(
                    *self._address, timeout=self._timeout_s, context=self._tls
                )
            else:
                self._connection = http.client.HTTPConnection(*self._address, timeout=self._timeout_s)
        headers = {"Content-Type": "application/octet-stream" if method == "PUT" else "application/json"}
        if self._credential:
            headers["Authorization"] = self._credential
        if size is not None:
            headers["Content-Length"] = str(size)
        self._connection.request(method, self._base + path, body=body, headers=headers)
        return self._connection.getresponse()

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

    def _broken(self, error: Exception) -> ConnectorError:
        if isinstance(error, TimeoutError):
            hint = "Repeat: what was done stays done."
            return DeadlineExceeded(f"{self.host} gave no answer in {self._timeout_s:g} s.", hint=hint)
        detail = (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:200]
        hint = "Start the server, check its address, then repeat: what was done stays done."
        return Unreachable(f"{self.host} cannot be reached: {detail}.", hint=hint)


def _error(data: bytes) -> tuple[str, str]:
    """Return MLflow's code and message of an error, both on one line; "" when it is not MLflow's."""
    try:
        tree = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "", ""
    if not isinstance(tree, dict):
        return "", ""
    return str(tree.get("error_code", ""))[:80], " ".join(str(tree.get("message", "")).split())[:200].rstrip(".")
