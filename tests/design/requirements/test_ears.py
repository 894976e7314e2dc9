"""Statements are read for their EARS pattern and for words that nobody can measure; nothing blocks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.design.requirements.ears import LONGEST, pattern_of, read_statement


def rules(statement: str) -> list[str]:
    """Return the rules that a statement breaks."""
    return [f.rule for f in read_statement(statement)[1]]


@pytest.mark.parametrize(
    ("sentence", "pattern"),
    [
        ("The agent shall decide within 50 ms.", "ubiquitous"),
        ("Every agent shall decide within 50 ms.", "ubiquitous"),
        ("When a part ends, the agent shall decide within 50 ms.", "event"),
        ("While a machine is producing, the system shall warn at least five minutes before a failure.", "state"),
        ("While the spindle turns, or coasts, the agent shall warn.", "state"),
        ("Where a camera is fitted, the agent shall store three frames.", "optional"),
        ("If the cable is cut, then the agent shall use the rule.", "unwanted"),
        ("If the cable is cut then the agent shall use the rule.", "unwanted"),
        ("While producing, when a part ends, the agent shall decide.", "complex"),
        ("While producing, if the cable is cut, then the agent shall use the rule.", "complex"),
        ("If the cable is cut, the agent shall use the rule.", None),
        ("When a part ends, then the agent shall decide.", None),
        ("Tool failures are announced early.", None),
        ("Soon, the agent shall decide.", None),
        ("The system shall", None),
        (", , the shall", None),
        ("", None),
    ],
)
@pytest.mark.job("requirements/sentences", against="cases", what="written cases")
def test_the_six_patterns_are_told_apart(sentence: str, pattern: str | None):
    """Ubiquitous, event, state, optional, unwanted, and their combinations; anything else is none."""
    assert pattern_of(sentence) == pattern


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("The agent shall decide within 50 ms.", []),
        ("The agent shall warn at most two hours before.", []),
        ("The agent shall decide as fast as possible.", ["weak-word", "weak-word"]),
        ("The agent shall catch most failures.", ["weak-word"]),
        ("The agent shall be fast, fast and fast.", ["weak-word"]),
        ("The agent shall decide. The agent shall log.", ["one-sentence", "one-shall"]),
        ("Failures are announced to the shift.", ["pattern"]),
        ("Die Maschine muss vor einem Werkzeugbruch warnen.", ["language"]),
        ("A breakfast shall be served and the steadfast rules apply.", []),
    ],
)
def test_wording_is_warned_about(statement: str, found: list[str]):
    """Weak words once each and only as whole words, one sentence, one shall; German is said not to be checked."""
    assert rules(statement) == found


def test_what_stands_in_another_language_is_not_judged():
    """The finding says that it was not checked, instead of finding English patterns missing."""
    pattern, [finding] = read_statement("Das System soll schnell genug warnen.")
    assert pattern is None
    assert finding.message == "The statement does not read as English; its wording is not checked."


def test_a_long_statement_is_cut_and_says_so():
    """A pasted page costs no more than a sentence."""
    assert "long" in rules("The agent shall decide" + " and log" * 10_000 + ".")
    assert pattern_of("The agent " + "x" * LONGEST + " shall decide") is None


@settings(max_examples=150)
@given(st.text(st.sampled_from("thes alWwnIf,.TA\u00e4\n"), max_size=200))
def test_any_text_is_read(text: str):
    """No text ends in an exception."""
    read_statement(text)
