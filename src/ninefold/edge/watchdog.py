"""Ends a process whose loop stands still, so that systemd starts it again; and tells systemd that all is well."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable

_log = logging.getLogger("ninefold.edge")
STOOD_STILL = 70  # exit status: EX_SOFTWARE


class Watchdog:
    """A thread that wants to be told, at least every `limit_s` seconds, that the loop moves."""

    def __init__(self, limit_s: float, bite: Callable[[], None] | None = None) -> None:
        self._limit_s, self._bite = limit_s, bite or _end
        self._last = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._last = time.monotonic()
        self._thread.start()
        notify("READY=1")

    def alive(self) -> None:
        """Say that the loop moves."""
        self._last = time.monotonic()

    def stop(self) -> None:
        """End the watch."""
        self._stop.set()
        self._thread.join(5)
        notify("STOPPING=1")

    def _run(self) -> None:
        while not self._stop.wait(self._limit_s / 4):
            still_s = time.monotonic() - self._last
            if still_s > self._limit_s:
                _log.critical("the loop stands still for %.1f s; the process ends", still_s)
                self._bite()
                return
            notify("WATCHDOG=1")


def _end() -> None:
    os._exit(STOOD_STILL)  # the loop cannot be asked; what was committed is safe


def notify(message: str) -> None:
    """Tell systemd, when it runs this process with Type=notify; otherwise nothing happens."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect("\0" + address[1:] if address.startswith("@") else address)
        sock.sendall(message.encode())
