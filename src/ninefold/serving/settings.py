"""What a server is started with, and what is refused before it listens."""

from pathlib import Path

import msgspec

from ninefold.kernel.errors import NotFound, Refused
from ninefold.kernel.loopback import is_loopback
from ninefold.serving.limits import Limits


class Settings(msgspec.Struct, frozen=True):
    """What a server is started with."""

    places: tuple[Path, ...]  # bundle files, and folders of them
    trusted: Path  # folder of *.pub files: whose signature counts
    tokens: Path | None  # file of hashed tokens; None serves whoever reaches the port
    host: str = "127.0.0.1"
    port: int = 9450  # 0 for a free one
    revoked: Path | None = None  # list of digests that are not served
    beyond_loopback: bool = False  # somebody said that others may reach it
    poll_s: float = 1.0  # between two looks at the files
    threads: int = 2  # for requests too large for the event loop
    limits: Limits = Limits()


def check(settings: Settings) -> None:
    """Return when a server may be started so.

    Raises:
        Refused: others could reach it and nobody said so, or they could without a token.
        NotFound: a place of bundles, or the folder of trusted keys, does not exist.
    """
    local = is_loopback(settings.host)
    if not local and not settings.beyond_loopback:
        message = f"The server would listen on {settings.host}, which others can reach."
        raise Refused(message, hint="Put a TLS proxy before 127.0.0.1, or say --listen-beyond-loopback.")
    if not local and settings.tokens is None:
        message = f"The server would listen on {settings.host} and ask nobody for a token."
        raise Refused(message, hint="Name a file of tokens; --no-tokens is for loopback only.")
    for place in (*settings.places, settings.trusted):
        if not place.exists():
            raise NotFound(f"There is no {place}.", hint="Name a bundle file, a folder of them, or a folder of keys.")
