"""Random secrets: 256 bits each, so that a plain sha256 is enough to recognise one; and what a form proves with."""

import hashlib
import hmac
import secrets

LENGTH = 43  # characters of 256 bits in URL-safe base64


def new_secret() -> str:
    """Return a secret that nobody can guess."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is stored of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_of(secret: str) -> str:
    """Return what a page of this session puts into its forms; it tells nothing about the session's secret."""
    return hmac.new(secret.encode("utf-8", "surrogatepass"), b"ninefold-csrf-1", hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Return whether two texts are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
