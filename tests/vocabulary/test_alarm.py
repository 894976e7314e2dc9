"""The life of an alarm: which transition is possible from which state."""

import pytest

from ninefold.vocabulary.alarm import (
    AlarmEpisode,
    TransitionRefused,
    acknowledge,
    clear,
    expire,
    judge,
    shelve,
)

RAISED = AlarmEpisode("a", "m1", "tool-failure", "raised", 100)


def test_raised_acknowledged_cleared_judged() -> None:
    """The usual way; the outcome may come after the end."""
    seen = acknowledge(RAISED, "person-1", 200)
    over = clear(seen, 300, "the tool was changed")
    done = judge(over, "averted", "person-1")
    assert (seen.state, seen.acknowledged, seen.acknowledged_by) == ("acknowledged", 200, "person-1")
    assert (done.state, done.cleared, done.outcome, done.judged_by) == ("cleared", 300, "averted", "person-1")
    assert RAISED.state == "raised"


def test_a_shelved_alarm_always_comes_back() -> None:
    """It is silent until its moment, and raised again then."""
    shelved = shelve(RAISED, 500, 200, "waiting for the spare part")
    assert expire(shelved, 499) == shelved
    assert (expire(shelved, 500).state, expire(shelved, 500).shelved_until) == ("raised", None)
    assert expire(RAISED, 10**9) == RAISED
    with pytest.raises(TransitionRefused, match="has passed"):
        shelve(RAISED, 200, 200, "")


@pytest.mark.parametrize("step", ["acknowledge", "shelve", "clear"])
def test_a_cleared_alarm_stays_cleared(step: str) -> None:
    """A new one is a new episode."""
    over = clear(RAISED, 300)
    with pytest.raises(TransitionRefused, match="it cannot"):
        {"acknowledge": lambda: acknowledge(over, "p", 400), "shelve": lambda: shelve(over, 500, 400, ""),
         "clear": lambda: clear(over, 400)}[step]()  # fmt: skip


def test_acknowledging_twice_is_refused_and_judging_twice_is_not() -> None:
    """Judgements replace each other; each stays as a record."""
    seen = acknowledge(RAISED, "p", 200)
    with pytest.raises(TransitionRefused, match="it cannot acknowledge"):
        acknowledge(seen, "q", 300)
    assert judge(judge(seen, "false", "p"), "confirmed", "q").outcome == "confirmed"
