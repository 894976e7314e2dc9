"""Tries are counted by name and address, in bounded memory, and nobody locks the owner out."""

from ninefold.testing.clock import FakeClock
from ninefold.workbench.access import throttle
from ninefold.workbench.access.throttle import PER_ADDRESS, PER_NAME, Throttle, network


def test_an_address_that_tries_many_names_waits(clock: FakeClock) -> None:
    """However it spreads them; others do not."""
    made = Throttle(clock)
    for i in range(PER_ADDRESS):
        assert made.wait_s(f"name {i}", "192.0.2.1") == 0
        made.failed(f"name {i}", "192.0.2.1")
    assert made.wait_s("another", "192.0.2.1") == 300
    assert made.wait_s("another", "192.0.2.2") == 0


def test_a_flood_from_elsewhere_does_not_lock_the_owner_out(clock: FakeClock) -> None:
    """A name under attack is closed to strangers, and open to the address that its owner logs in from."""
    made = Throttle(clock)
    made.failed("ada", "192.0.2.1")
    made.succeeded("ada", "192.0.2.1")
    for i in range(PER_NAME * 2):
        made.failed("ada", f"198.51.100.{i}")
    assert made.wait_s("ada", "203.0.113.9") > 0
    assert made.wait_s("ada", "192.0.2.1") == 0


def test_memory_is_bounded(clock: FakeClock, monkeypatch) -> None:
    """A flood of names and addresses pushes the oldest counts out."""
    monkeypatch.setattr(throttle, "_MOST", 50)
    made = Throttle(clock)
    for i in range(500):
        made.failed(f"n{i}", f"10.0.{i // 250}.{i % 250}")
        made.succeeded(f"k{i}", f"10.0.{i // 250}.{i % 250}")
    assert len(made._failures) <= 50
    assert len(made._known) <= 50


def test_one_network_of_ipv6_is_one_address() -> None:
    """A person has 2^64 of them; a mapped address of IPv4 is that address."""
    assert network("2001:db8::1") == network("2001:db8::ffff:2") == "2001:db8::/64"
    assert network("::ffff:192.0.2.1") == "192.0.2.1"
    assert network("fe80::1%eth0") == "fe80::/64"
    assert network("testclient") == "testclient"
