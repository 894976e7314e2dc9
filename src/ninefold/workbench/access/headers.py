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
    """Return the headers of an answer with ours in the place of any of the same name; HTML is kept by no cache."""
    ours = dict([*SECURITY, *([TLS] if tls else [])])
    kinds = [value.lower() for name, value in headers if name.lower() == b"content-type"]
    if not kinds or any(
        kind.startswith((b"text/html", b"application/xhtml", b"application/problem+json")) for kind in kinds
    ):
        ours["cache-control"] = "no-store"
    kept = [(name, value) for name, value in headers if name.lower().decode("latin-1") not in ours]
    return kept + [(name.encode(), value.encode()) for name, value in ours.items()]
