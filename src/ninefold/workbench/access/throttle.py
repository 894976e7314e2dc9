"""How often somebody may try a password: by address, by name, and by both, in bounded memory, with an injected clock.

Who floods one name from elsewhere must not lock its owner out: an address that has logged in under a name keeps a count
of its own for it. The work of a password hash is bounded apart from this.
"""

import ipaddress
from collections import OrderedDict

from ninefold.kernel.clock import Clock

WINDOW = 300_000_000  # µs
PER_ADDRESS, PER_NAME, PER_BOTH = 30, 20, 8  # failures in a window
_MOST = 10_000  # entries of each kind


class Throttle:
    """Counts failures. An entry ends with its window; the oldest makes room for a new one."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._failures: OrderedDict[tuple[str, ...], tuple[int, int]] = OrderedDict()  # (window's start, failures)
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait_s(self, name: str, address: str) -> int:
        """Return how many seconds somebody has to wait before a try; 0 when they need not."""
        now = self.clock.now()
        return max(self._wait(key, most, now) for key, most in self._counts(name, address))

    def failed(self, name: str, address: str) -> None:
        """Count a try as failed; it is counted before the password is looked at, so that tries side by side count."""
        now = self.clock.now()
        for key, _ in self._counts(name, address):
            start, failures = self._failures.pop(key, (now, 0))
            if now - start >= WINDOW:
                start, failures = now, 0
            self._failures[key] = (start, failures + 1)
        while len(self._failures) > _MOST:
            self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Take the count of this name from this address back, and remember that they belong together."""
        for key, _ in self._counts(name, address):
            start, failures = self._failures.get(key, (0, 0))
            if key[0] == "both" or failures <= 1:
                self._failures.pop(key, None)
            else:
                self._failures[key] = (start, failures - 1)
        self._known[(name, network(address))] = None
        while len(self._known) > _MOST:
            self._known.popitem(last=False)

    def _counts(self, name: str, address: str) -> list[tuple[tuple[str, ...], int]]:
        place = network(address)
        counts: list[tuple[tuple[str, ...], int]] = [(("both", name, place), PER_BOTH)]
        if (name, place) not in self._known:
            counts += [(("address", place), PER_ADDRESS), (("name", name), PER_NAME)]
        return counts

    def _wait(self, key: tuple[str, ...], most: int, now: int) -> int:
        start, failures = self._failures.get(key, (now, 0))
        left = start + WINDOW - now
        return 0 if failures < most or left <= 0 else -(-left // 1_000_000)


def network(address: str) -> str:
    """Return what one person can hardly change of an address: all of IPv4, the first 64 bits of IPv6."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
