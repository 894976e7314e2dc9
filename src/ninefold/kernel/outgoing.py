"""One connection to an HTTP server over the standard library: its address is checked, its answers are bounded."""

import http.client
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import SplitResult, urlsplit

from ninefold.kernel.errors import ConnectorError, DeadlineExceeded, InvalidInput, Unreachable
from ninefold.kernel.loopback import is_loopback

MAX_ANSWER = 64 << 20


class Response(NamedTuple):
    """What a server answered."""

    status: int
    headers: Mapping[str, str]  # by their names in lower case
    body: bytes


class Server:
    """A server at an address; its connection is opened when it is needed. One object belongs to one thread."""

    def __init__(
        self, url: str, *, authorization: str = "", ca: Path | None = None, timeout_s: float = 30.0, secret: bool = True
    ) -> None:
        """Keep the address; nothing is opened yet. `secret`: what is sent must not travel without encryption.

        Raises:
            InvalidInput: not an http(s) URL, or plain http beyond loopback; an authorization that no header can hold.
        """
        parts = _parts(url)
        if secret and parts.scheme == "http" and not is_loopback(str(parts.hostname)):
            message = f"{parts.hostname} would be reached without encryption."
            raise InvalidInput(message, hint="Use https; plain http is for loopback only.")
        if not authorization.isascii() or (authorization and not authorization.isprintable()):
            raise InvalidInput("The token holds characters that no header can.", hint="Copy it again.")
        self.host, self._base = parts.netloc, parts.path.rstrip("/")
        self._address, self._timeout_s = (str(parts.hostname), parts.port), timeout_s
        self._authorization = authorization
        self._tls = ssl.create_default_context(cafile=str(ca) if ca else None) if parts.scheme == "https" else None
        self._connection: http.client.HTTPConnection | None = None

    @property
    def used(self) -> bool:
        """Whether a connection is open, which the server may have closed meanwhile."""
        return self._connection is not None

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def sent(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> http.client.HTTPResponse:
        """Send a request and return the answer before its body is read; errors are those of `http.client`."""
        if self._connection is None:
            if self._tls is not None:
                self._connection = http.client.HTTPSConnection(
                    *self._address, timeout=self._timeout_s, context=self._tls
                )
            else:
                self._connection = http.client.HTTPConnection(*self._address, timeout=self._timeout_s)
        found = dict(headers or {})
        if self._authorization:
            found["Authorization"] = self._authorization
        self._connection.request(method, self._base + path, body=body, headers=found)
        return self._connection.getresponse()

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None,
        most: int = MAX_ANSWER,
    ) -> Response:  # fmt: skip
        """Send a request and return the whole answer.

        Raises:
            Unreachable, DeadlineExceeded: no answer; whether the request was done is unknown.
            ConnectorError: the answer is too large.
        """
        try:
            answer = self.sent(method, path, body, headers)
            data = answer.read(most + 1)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise self.broken(error) from error
        if len(data) > most:
            self.close()
            raise ConnectorError(f"The answer of {self.host} is larger than {most >> 20} MiB.", hint="Ask for less.")
        return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, data)

    def broken(self, error: Exception) -> ConnectorError:
        """Return what an error of the connection means."""
        if isinstance(error, TimeoutError):
            hint = "Repeat: what was done stays done."
            return DeadlineExceeded(f"{self.host} gave no answer in {self._timeout_s:g} s.", hint=hint)
        detail = (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:200]
        return Unreachable(f"{self.host} cannot be reached: {detail}.", hint="Check its address, then repeat.")


def _parts(url: str) -> SplitResult:
    """Return the parts of an address; it is not shown when it is wrong, for there may be a password in it."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and parts.hostname and not parts.username and parts.port != 0
    except ValueError:  # a port that is no number, half an IPv6 address
        known = False
    if not known:
        hint = "Write it as https://centre.plant:9400, without a user."
        raise InvalidInput("This is no address of a server.", hint=hint)
    return parts
