"""Runs the fleet's service in a process of its own, on loopback unless told otherwise."""

from pathlib import Path
from typing import TYPE_CHECKING

from ninefold.kernel.errors import MissingDependency, Refused
from ninefold.kernel.loopback import is_loopback

if TYPE_CHECKING:
    from ninefold.fleet.service import PolicyOf


def serve(
    folder: Path, host: str = "127.0.0.1", port: int = 9440, *, declared: bool = False, policy: "PolicyOf | None" = None
) -> None:
    """Serve until SIGINT or SIGTERM. Other than on loopback it listens only when that was `declared`.
    `policy` gives what a device is told about watching.

    Raises:
        Refused: the host is not loopback and nobody declared it.
        MissingDependency: the extra `fleet` is not installed.
        StoreError: the project's store cannot be used.
    """
    if not is_loopback(host) and not declared:
        message = f"The fleet's service would listen on {host}, which others can reach."
        raise Refused(message, hint="Put a TLS proxy before 127.0.0.1, or say --listen-beyond-loopback.")
    try:
        import uvicorn

        from ninefold.fleet.server import application
    except ModuleNotFoundError as error:
        raise MissingDependency(error.name or "litestar", "fleet", "The fleet's service") from None
    uvicorn.run(
        application(folder, policy=policy), host=host, port=port, log_level="warning", access_log=False,
        timeout_keep_alive=30, limit_concurrency=200, timeout_graceful_shutdown=5,
    )  # fmt: skip
