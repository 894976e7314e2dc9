"""The way to the centre: sessions that start here and go outward, over stdlib HTTP; nothing listens."""

import hashlib
import http.client
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from ninefold.kernel.errors import (
    AccessDenied,
    ConnectorError,
    NotFound,
    Refused,
    Unreachable,
    VerificationError,
)
from ninefold.kernel.outgoing import Server
from ninefold.kernel.parcel import Parcel, Receipt, from_bytes, write_parcel
from ninefold.vocabulary.desired import DesiredDocument

MAX_ANSWER = 4 << 20
MAX_BUNDLE = 256 << 20


class _Answer(NamedTuple):
    status: int
    body: bytes


class Centre:
    """One connection to the centre, opened when it is needed. One object belongs to one thread."""

    def __init__(self, url: str, *, credential: str = "", ca: Path | None = None, timeout_s: float = 10.0) -> None:
        """Keep the address; nothing is opened yet.

        Raises:
            InvalidInput: not an http(s) URL, or plain http beyond loopback.
        """
        self.url = url
        authorization = f"Bearer {credential}" if credential else ""
        self._server = Server(url, authorization=authorization, ca=ca, timeout_s=timeout_s)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def enrol(self, device: str, token: str) -> str:
        """Return the credential of this device in exchange for a one-time token.

        Raises:
            AccessDenied: the token does not enrol it.
            Unreachable: the centre does not answer.
        """
        body = msgspec.json.encode({"device": device, "token": token})
        answer = self._ask("POST", "/v1/enrol", body)
        return str(msgspec.json.decode(answer.body)["credential"])

    def send(self, parcel: Parcel) -> Receipt:
        """Send a parcel and return the receipt: what the centre has committed.

        Raises:
            AccessDenied: the credential is not accepted.
            Unreachable: the centre does not answer; whether it took the parcel is unknown.
            Refused: the origin is not this device's.
            ConnectorError: it refuses the parcel.
        """
        return from_bytes(self._ask("POST", "/v1/uplink", write_parcel(parcel)).body, Receipt)

    def desired(self) -> DesiredDocument | None:
        """Return what this device is to run; None when nothing is.

        Raises:
            AccessDenied: the credential is not accepted.
            Unreachable: the centre does not answer.
        """
        answer = self._ask("GET", "/v1/desired")
        return None if answer.status == 204 else from_bytes(answer.body, DesiredDocument)

    def download(self, digest: str, target: Path) -> None:
        """Fetch a bundle into a file that appears only when its digest is right.

        Raises:
            VerificationError: what came has another digest, or is larger than allowed.
            NotFound: the centre does not have it.
            Unreachable: the centre does not answer.
        """
        temporary = target.with_suffix(".part")
        try:
            response = self._server.sent("GET", f"/v1/bundles/{digest}")
            if response.status != 200:
                _raise(response.status, response.read(MAX_ANSWER))
            hasher, size = hashlib.sha256(), 0
            with temporary.open("wb") as file:
                while chunk := response.read(1 << 16):
                    size += len(chunk)
                    if size > MAX_BUNDLE:
                        raise VerificationError(f"The bundle {digest[:12]} is larger than {MAX_BUNDLE >> 20} MiB.")
                    hasher.update(chunk)
                    file.write(chunk)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise _unreachable(self.url, error) from error
        finally:
            self.close()  # a body that was not read to its end would be taken for the next answer
        if hasher.hexdigest() != digest:
            temporary.unlink()
            raise VerificationError(
                f"The bundle that came has the digest {hasher.hexdigest()[:12]}, not {digest[:12]}."
            )
        temporary.replace(target)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> _Answer:
        try:
            response = self._server.sent(method, path, body)
            data = response.read(MAX_ANSWER + 1)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise _unreachable(self.url, error) from error
        if len(data) > MAX_ANSWER:
            self.close()
            raise ConnectorError(f"The centre's answer to {path} is larger than {MAX_ANSWER} bytes.")
        if response.status not in {200, 204}:
            _raise(response.status, data)
        return _Answer(response.status, data)


def _unreachable(url: str, error: Exception) -> Unreachable:
    return Unreachable(f"The centre {url} does not answer: {error or type(error).__name__}.")


def _raise(status: int, body: bytes) -> None:
    try:
        problem = msgspec.json.decode(body, type=dict)
        detail = str(problem.get("detail", ""))[:500]
    except msgspec.MsgspecError:
        detail = f"status {status}"
    if status == 401:
        raise AccessDenied(f"The centre refuses this device: {detail}", hint="Enrol it again.")
    if status == 403:
        raise Refused(f"The centre refuses the request: {detail}")
    if status == 404:
        raise NotFound(f"The centre does not have it: {detail}")
    if status >= 500:
        raise Unreachable(f"The centre cannot answer now: {detail}")
    raise ConnectorError(f"The centre refuses the request ({status}): {detail}")
