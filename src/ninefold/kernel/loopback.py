"""Whether an address is this machine only: where plain text may be spoken, and where one may listen unasked."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
