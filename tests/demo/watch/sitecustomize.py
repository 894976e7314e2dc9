"""Loaded by every interpreter that finds this folder on its path: notes what goes beyond loopback or to the data sets.

An audit hook sees every socket of Python code, asyncio's included; it cannot be taken off again.
"""

import ipaddress
import os
import sys


def _is_here(host: object) -> bool:
    """Return whether a host is this machine only."""
    text = host.decode() if isinstance(host, (bytes, bytearray)) else str(host)
    if text == "localhost":
        return True
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    """Write down one line for each thing that must not happen."""
    if event in {"socket.connect", "socket.bind", "socket.sendto"}:
        address = arguments[1]
        if not isinstance(address, tuple) or _is_here(address[0]):
            return  # a string is a socket in the file system
        found = f"{event} {address}"
    elif event == "socket.getaddrinfo":
        if arguments[0] is None or _is_here(arguments[0]):
            return
        found = f"{event} {arguments[0]!r}"
    elif event == "open" and str(arguments[0]).startswith(os.environ["WATCH_DATA"]):
        found = f"open {arguments[0]}"
    else:
        return
    with open(os.environ["WATCH_NOTES"], "a", encoding="utf-8") as notes:  # noqa: PTH123 - pathlib is not loaded yet
        notes.write(f"{sys.argv[:4] if hasattr(sys, 'argv') else '?'}: {found}\n")


with open(os.environ["WATCH_NOTES"] + ".alive", "a", encoding="utf-8") as _alive:  # noqa: PTH123 - as above
    _alive.write(f"{os.getpid()}\n")
sys.addaudithook(_watch)
