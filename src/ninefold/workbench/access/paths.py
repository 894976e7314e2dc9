"""Where a login leads to, and which Host headers are ours: both come from outside and are believed only when plain."""

import re
from collections.abc import Iterable
from urllib.parse import urlencode

_LOCAL = re.compile(
    r"/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@%][A-Za-z0-9\-._~!$&'()*+,;=:@%/]*)?(?:\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?"
)
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?)(?::([0-9]{1,5}))?")
_LONGEST = 2000
_OURS = ("/login", "/logout", "/enter")


def local_path(text: str) -> str:
    """Return a path inside this workbench as it is; "/" for anything else: another host, a scheme, odd characters."""
    if len(text) > _LONGEST or not _LOCAL.fullmatch(text):
        return "/"
    path = text.partition("?")[0]
    if "//" in path or "/." in path:
        return "/"
    return "/" if any(path == o or path.startswith(o + "/") for o in _OURS) else text


def login_path(path: str, query: str) -> str:
    """Return the address of the login page that leads back to a path."""
    wanted = local_path(path + (f"?{query}" if query else ""))
    return "/login" if wanted == "/" else f"/login?{urlencode({'next': wanted})}"


def allowed_hosts(host: str, port: int, names: Iterable[str] = ()) -> frozenset[str]:
    """Return the Host headers that are answered when listening on a host and port; `names` are of a proxy before it."""
    hosts = {f"[{host}]" if ":" in host else host, "127.0.0.1", "localhost", "[::1]"} - {"0.0.0.0", "[::]"}  # noqa: S104 - taken out
    found = {f"{h.lower()}:{port}" for h in hosts} | {n.lower() for n in names}
    return frozenset(found | ({h.lower() for h in hosts} if port in {80, 443} else set()))


def is_ours(headers: list[bytes], allowed: frozenset[str]) -> bool:
    """Return whether there is one Host header, and it is one of ours to the letter."""
    if len(headers) != 1:
        return False
    text = headers[0].decode("latin-1").lower()
    return bool(_AUTHORITY.fullmatch(text)) and text in allowed
