"""What is refused before the workbench listens: to be reached by others without encryption, or without a password."""

from pathlib import Path

import msgspec

from ninefold.kernel.errors import NotFound, Refused
from ninefold.kernel.loopback import is_loopback


class Listening(msgspec.Struct, frozen=True):
    """Where the workbench listens, and with which certificate."""

    host: str = "127.0.0.1"
    port: int = 9400
    certificate: Path | None = None  # PEM
    key: Path | None = None  # PEM

    @property
    def tls(self) -> bool:
        """Whether it speaks TLS itself."""
        return self.certificate is not None and self.key is not None


def check_listening(listening: Listening, *, password: bool) -> None:
    """Return when the workbench may listen so; `password` says whether somebody can log in by name.

    Raises:
        Refused: others could reach it without TLS, or before anybody has a password; or half of TLS is given.
        NotFound: a file of TLS does not exist.
    """
    if (listening.certificate is None) != (listening.key is None):
        raise Refused("TLS needs a certificate and its key; one is missing.", hint="Name both files, or neither.")
    for path in (listening.certificate, listening.key):
        if path is not None and not path.is_file():
            raise NotFound(f"There is no {path}.", hint="Name PEM files of a certificate and its key.")
    if is_loopback(listening.host):
        return
    what = f"The workbench would listen on {listening.host}, which others can reach,"
    if not listening.tls:
        hint = "Name a certificate and its key, or put a TLS proxy before 127.0.0.1."
        raise Refused(f"{what} without encryption.", hint=hint)
    if not password:
        hint = "Add one on this machine first: ninefold accounts add NAME --role administrator --password-stdin."
        raise Refused(f"{what} before anybody has a password.", hint=hint)
