"""Who could reach the workbench decides what it needs first."""

from pathlib import Path

import pytest

from ninefold.kernel.errors import NotFound, Refused
from ninefold.workbench.access.listening import Listening, check_listening


def test_on_loopback_nothing_is_needed() -> None:
    """Names and addresses of this machine."""
    for host in ("127.0.0.1", "localhost", "::1", "127.8.8.8"):
        check_listening(Listening(host), password=False)


def test_beyond_it_needs_tls_and_a_person(tmp_path: Path) -> None:
    """Each refusal says what is missing."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    with pytest.raises(Refused, match=r"192\.0\.2\.1, which others can reach, without encryption"):
        check_listening(Listening("192.0.2.1"), password=True)
    with pytest.raises(Refused, match="one is missing"):
        check_listening(Listening("192.0.2.1", 1, certificate), password=True)
    with pytest.raises(NotFound, match=r"cert\.pem"):
        check_listening(Listening("192.0.2.1", 1, certificate, key), password=True)
    certificate.touch()
    key.touch()
    with pytest.raises(Refused, match="before anybody has a password"):
        check_listening(Listening("192.0.2.1", 1, certificate, key), password=False)
    check_listening(Listening("192.0.2.1", 1, certificate, key), password=True)
