"""Enrolment works once, for one device, for a while; only hashes are kept."""

from pathlib import Path

import pytest

from ninefold.fleet.database import Database
from ninefold.fleet.registry import Registry
from ninefold.kernel.errors import AccessDenied, InvalidInput, NotFound
from ninefold.testing.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def registry(tmp_path: Path, clock: FakeClock) -> Registry:
    return Registry(Database(tmp_path / "fleet.db"), clock)


def test_a_token_enrols_its_device_once(registry: Registry) -> None:
    """The second use is refused."""
    token = registry.invite("gateway-1")
    credential = registry.enrol("gateway-1", token)
    assert registry.authenticate(credential) == "gateway-1"
    with pytest.raises(AccessDenied, match="does not enrol"):
        registry.enrol("gateway-1", token)
    assert registry.authenticate(credential) == "gateway-1"


def test_a_token_of_another_device_or_an_old_one_is_refused(registry: Registry, clock: FakeClock) -> None:
    """The message does not say which it was."""
    token = registry.invite("gateway-1", ttl_s=60)
    with pytest.raises(AccessDenied, match="does not enrol"):
        registry.enrol("gateway-2", token)
    clock.advance(61)
    with pytest.raises(AccessDenied, match="does not enrol"):
        registry.enrol("gateway-1", token)


def test_a_second_invitation_voids_the_first_and_a_second_enrolment_the_first_credential(registry: Registry) -> None:
    """A stolen token or disk is answered by inviting the device again."""
    first = registry.invite("gateway-1")
    second = registry.invite("gateway-1")
    with pytest.raises(AccessDenied):
        registry.enrol("gateway-1", first)
    old = registry.enrol("gateway-1", second)
    registry.enrol("gateway-1", registry.invite("gateway-1"))
    with pytest.raises(AccessDenied):
        registry.authenticate(old)


def test_a_revoked_device_is_refused(registry: Registry) -> None:
    """It stays in the list as revoked."""
    credential = registry.enrol("gateway-1", registry.invite("gateway-1"))
    registry.revoke("gateway-1")
    with pytest.raises(AccessDenied):
        registry.authenticate(credential)
    assert [d.revoked for d in registry.devices()] == [True]
    with pytest.raises(NotFound, match="gateway-9"):
        registry.revoke("gateway-9")


def test_no_secret_stands_in_the_file(registry: Registry, tmp_path: Path) -> None:
    """Neither token nor credential: only their hashes."""
    token = registry.invite("gateway-1")
    credential = registry.enrol("gateway-1", token)
    again = registry.invite("gateway-1")
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert all(secret.encode() not in stored for secret in (token, credential, again))


@pytest.mark.parametrize("name", ["", "Gateway", "a b", "x" * 64, "../x", "edge:1"])
def test_a_bad_name_is_refused(registry: Registry, name: str) -> None:
    """A device's name stands in origins and paths."""
    with pytest.raises(InvalidInput, match="no name of a device"):
        registry.invite(name)


def test_an_invitation_without_time_is_refused(registry: Registry) -> None:
    """NaN included."""
    for ttl_s in (0.0, -1.0, float("nan")):
        with pytest.raises(InvalidInput, match="over before it begins"):
            registry.invite("gateway-1", ttl_s)
