"""Signs of states, safe addresses, and the style sheet that gives the drawings their colours."""

import re
from pathlib import Path
from typing import get_args

import pytest

import ninefold.surface
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.plan import State
from ninefold.lifecycle.gate import Decision
from ninefold.surface.marks import address, identifier, sign, tone
from ninefold.vocabulary.alarm import AlarmOutcome, AlarmState
from ninefold.vocabulary.criterion import Outcome
from ninefold.vocabulary.run import RunOutcome

ROOM = Path(ninefold.surface.__file__).parent


@pytest.mark.parametrize(
    "word", sorted({w for kind in (State, Decision, Outcome, AlarmState, RunOutcome) for w in get_args(kind)})
)
def test_every_state_of_the_product_has_its_sign(word: str) -> None:
    """Only what is shelved may look like off."""
    assert sign(word) != "off" or word == "shelved"


def test_outcomes_of_alarms_look_different() -> None:
    """Confirmed, false, averted and unknown are four signs."""
    assert len({sign(word) for word in get_args(AlarmOutcome)}) == 4


def test_a_word_that_nobody_knows_is_shown_as_off() -> None:
    """A new state does not break a page."""
    assert (sign("new in 2.0"), tone("new in 2.0")) == ("off", "none")


@pytest.mark.parametrize("href", ["/a?b=1:2", "#place", "https://example.org/", "trace/sha256:77e3"])
def test_places_are_kept(href: str) -> None:
    """A colon in a path is no scheme."""
    assert address(href) == href


@pytest.mark.parametrize("href", ["javascript:1", "JAVA\nSCRIPT:1", "\x01vbscript:1", "data:x"])
def test_other_schemes_are_refused(href: str) -> None:
    """However they are hidden."""
    with pytest.raises(InvalidInput):
        address(href)


def test_an_id_is_made_of_any_name() -> None:
    """Without spaces and quotes."""
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", identifier("m4 \"torque\" 'x' <b>"))


def test_every_class_has_its_style_and_every_colour_is_a_token() -> None:
    """A class that the sheet does not know would be black on black in the dark."""
    css = (ROOM / "figures.css").read_text()
    source = "".join(p.read_text() for p in ROOM.rglob("*.py"))
    used = set(re.findall(r"\bn-(?:[a-z0-9]+)(?:-cell)?\b", source)) - {"n-node", "n-spot", "n-s1"}
    missing = {c for c in used if f".{c}" not in css}
    assert not missing
    assert not re.findall(r"#[0-9a-f]{3,8}\b|rgb\(", css)
