"""Polls at several paces: together where they fall together, and counted where they come too late."""

from ninefold.connectors.modbus.schedule import Schedule


def test_all_are_due_at_first_and_then_each_at_its_pace():
    """Periods of 1 s and 0.5 s meet at every full second."""
    schedule = Schedule([1.0, 0.5, 1.0], 0.0)
    assert schedule.due(3.0) == ((0, 1, 2), 0)  # the first poll was late, and missed none
    assert schedule.wait(3.0) == 0.5
    assert schedule.due(3.2) == ((), 0)
    assert schedule.due(3.5) == ((1,), 0)
    assert schedule.due(4.0) == ((0, 1, 2), 0)


def test_polls_that_come_too_late_are_counted_and_not_made_up_for():
    """Four periods of two tags later: three samples of each are missed, and the pace goes on from there."""
    schedule = Schedule([0.1, 0.1], 0.0)
    schedule.due(0.0)
    assert schedule.due(0.45) == ((0, 1), 6)
    assert abs(schedule.wait(0.45) - 0.05) < 1e-9
