"""Which addresses are this machine only."""

import pytest

from ninefold.kernel.loopback import is_loopback

EVERYWHERE = "0.0.0.0"  # noqa: S104 - it is asked about, not listened on


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), (EVERYWHERE, False), ("", False),
     ("::", False), ("192.0.2.1", False), ("localhost.evil.example", False), ("LOCALHOST.", False)],
)  # fmt: skip
def test_loopback(host: str, expected: bool) -> None:
    """A name that merely looks like it is not."""
    assert is_loopback(host) is expected
