"""The ring of events."""

from ninefold.workbench.stream.ring import Ring


def test_events_after_a_number_come_in_order() -> None:
    """None is left out, none is repeated."""
    ring = Ring()
    for n in range(5):
        ring.add("changed", {"n": n})
    assert [e.number for e in ring.after(2) or []] == [3, 4, 5]
    assert ring.after(5) == []


def test_what_is_not_kept_any_more_is_told_as_such() -> None:
    """Also a number that was never given."""
    ring = Ring(kept=3)
    for n in range(10):
        ring.add("changed", {"n": n})
    assert ring.after(6) is None
    assert [e.number for e in ring.after(7) or []] == [8, 9, 10]
    assert ring.after(11) is None
    assert Ring().after(3) is None


def test_an_id_of_another_server_means_nothing() -> None:
    """A restarted server numbers from one again."""
    ring = Ring()
    data = ring.add("changed", {}).data.decode()
    id = data.splitlines()[0].removeprefix("id: ")
    assert ring.number_of(id) == 1
    assert Ring().number_of(id) is None
    for bad in ("", "-", "x-1", id + "x", "9" * 400):
        assert ring.number_of(bad) is None


def test_an_event_is_one_message_whatever_it_holds() -> None:
    """Line breaks and hostile text stay inside of the data."""
    data = Ring().add("panels", {"panels": {"a": "x\n\ndata: y\r\n<b>"}}).data.decode()
    assert data.count("\n") == 4
    assert data.endswith("\n\n")
