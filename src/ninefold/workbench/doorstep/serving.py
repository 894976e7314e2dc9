"""The doorstep's server: it ends when the project has begun, and its socket goes on listening for the workbench."""

import socket
from pathlib import Path
from typing import Any

import uvicorn

from ninefold.kernel.errors import InvalidInput
from ninefold.workbench.access.gatekeeper import Gate
from ninefold.workbench.access.listening import Listening, check_listening
from ninefold.workbench.access.paths import allowed_hosts
from ninefold.workbench.doorstep.app import doorstep


def listen(listening: Listening) -> socket.socket:
    """Return a socket that listens: who asks while one server makes way for the next waits in its queue.

    Raises:
        InvalidInput: something else listens there, or the address is none of this computer.
    """
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((listening.host, listening.port))
        made.listen(128)
    except OSError as error:
        made.close()
        message = f"Nothing can be served at {listening.host}:{listening.port}: {error.strerror}."
        raise InvalidInput(message, hint="Stop what listens there, or choose another port.") from None
    return made


def welcome(folder: Path, listening: Listening, names: tuple[str, ...], listener: socket.socket, tell: Any) -> bool:
    """Serve the page that begins a project; return whether it has begun, False when a signal ended the waiting.

    Raises:
        Refused: others could reach it, and nobody has a password yet.
    """
    check_listening(listening, password=False)
    gate = Gate(allowed_hosts(listening.host, listening.port, names), listening.tls, listening.port)

    def leave() -> None:
        for one in server.servers:
            one.close()  # the listener itself goes on

    def end() -> None:
        server.should_exit = True

    app, path = doorstep(folder, gate, leave, end)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=2, ssl_certfile=str(listening.certificate) if listening.certificate else None,
        ssl_keyfile=str(listening.key) if listening.key else None,
    )  # fmt: skip
    server = uvicorn.Server(config)
    scheme = "https" if listening.tls else "http"
    tell(f"The workbench is at {scheme}://{listening.host}:{listening.port}/")
    tell(f"There is no project in {folder} yet. Begin one here: {scheme}://{listening.host}:{listening.port}{path}")
    server.run(sockets=[listener.dup()])
    return bool(app.state.begun)
