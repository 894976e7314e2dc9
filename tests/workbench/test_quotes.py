"""Words of records on a page: marked as English where the page is not, and never markup."""

from pathlib import Path

import msgspec
from tests.workbench.desk import APPROVER, opened
from tests.workbench.pages_kit import HOSTILE

from ninefold.surface.blocks import Facts, Panel, Why
from ninefold.surface.cells import Noted, State
from ninefold.surface.words import Quote, Say
from ninefold.workbench.desk import Desk
from ninefold.workbench.project import Project
from ninefold.workbench.render import fragment

GERMAN = msgspec.structs.replace(APPROVER, language="de")


def test_sentences_of_records_say_that_they_are_english(lived: Path) -> None:
    """On a German page, for those who have it read aloud; an English page needs no mark."""
    with opened(lived, GERMAN) as client:
        text = client.get("/pipelines").text
        assert '<span lang="en">The lower 60% bound' in text
        assert '<span lang="en">' in client.get("/data").text
        assert "· Kandidat<" in client.get("/requirements/diagram").text
    with opened(lived) as client:
        assert '<span lang="en">' not in client.get("/pipelines").text


def test_a_hostile_quote_stays_text(bare: Path) -> None:
    """Alone, in a cell, and inside of a message of ours; empty words leave no element behind."""
    said = Quote(HOSTILE)
    blocks = (
        Why(State("failed"), said, Say("reasons.changed", {"name": said})),
        Facts("", (("a", Noted(said, said), said), ("b", Quote(""), ""))),
    )
    project = Project(bare)
    with project.working() as session:
        for viewer in (APPROVER, GERMAN):
            html = fragment(Panel("", blocks), Desk(viewer, project, session)).decode()
            assert "<b>" not in html
            assert html.count("&lt;b&gt;") == 5
            assert html.count('<span lang="en">') == (5 if viewer is GERMAN else 0)
