"""The headers that every answer carries: nothing from elsewhere runs, frames, sniffs or keeps a page."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

SECURITY: tuple[tuple[str, str], ...] = (
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
TLS = ("strict-transport-security", "max-age=31536000")


def secured(headers: list[tuple[bytes, bytes]], *, tls: bool) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer with ours in the place of any of the same name; no cache keeps HTML,
    nor anything else that does not say that it may be kept."""
    ours = dict([*SECURITY, *([TLS] if tls else [])])
    own = {name.lower() for name, _ in headers}
    html = any(n.lower() == b"content-type" and b"html" in v.lower() for n, v in headers)
    if html or b"cache-control" not in own:
        ours["cache-control"] = "no-store"
    kept = [(name, value) for name, value in headers if name.lower().decode("latin-1") not in ours]
    return kept + [(name.encode(), value.encode()) for name, value in ours.items()]
