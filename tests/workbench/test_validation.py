"""The validation pages: what they show, and what people sign, waive and take back there."""

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests import small_cell
from tests.once import copied
from tests.workbench.desk import APPROVER, opened
from tests.workbench.empty import empty_project, unmade
from tests.workbench.signers import PASSWORD, enter

from ninefold.kernel.progress import Cancel
from ninefold.kernel.sqlite import SqliteStore
from ninefold.lifecycle.update import bring_up_to_date
from ninefold.vocabulary.approval import APPROVAL, WAIVER, Approval, Waiver

PAGE = "/validation/tool-failure"


@pytest.fixture
def unsigned(derived_once: Path, tmp_path: Path) -> Path:
    """The small cell before anybody signed."""
    return copied(derived_once, tmp_path / "unsigned")


def post(client: TestClient[Litestar], form: str, values: Mapping[str, str]) -> tuple[int, str]:
    """Send a form of the page and return the status and what the page says."""
    answer = client.post(f"{PAGE}/{form}", data=dict(values), follow_redirects=False)
    return answer.status_code, unescape(answer.text)


def approvals(root: Path, kind: str = APPROVAL) -> list[str]:
    """Return the ids of what was signed."""
    with SqliteStore(root / ".ninefold" / "store.db") as store:
        return [r.id for r in store.of_kind(kind)]


def test_the_title_is_the_finding(cell_root: Path) -> None:
    """A signed model whose slice H has too few failures, with the bound drawn and who signed."""
    with opened(cell_root) as client:
        text = client.get(PAGE).text
        listed = client.get("/validation").text
    assert "<h1>tool-failure meets its requirement; too few samples in 1 of its slices</h1>" in text
    assert "2 more, in about 6 days" in text
    assert "31 of 36" in text
    assert "Signed by Erika Beispiel." in text
    assert 'aria-labelledby="f-bound-REQ-tool-failure-warning-recall-0-t"' in text
    assert "style=" not in text
    assert "1 of 1 models are signed" in listed


def test_it_speaks_german(cell_root: Path) -> None:
    """Numbers as well."""
    with opened(cell_root, msgspec.structs.replace(APPROVER, language="de")) as client:
        text = client.get(PAGE).text
    assert "Schranken gegen Schwellen" in text
    assert "0,861" in text


def test_a_viewer_is_told_which_role_signs(cell_root: Path) -> None:
    """No button of a form; the reason stands in its place."""
    with opened(cell_root, msgspec.structs.replace(APPROVER, role="viewer")) as client:
        text = client.get(PAGE).text
    assert "Sign tool-failure again</button>" not in text
    assert "Take it back</button>" not in text
    assert "approver" in text


def test_an_empty_project_says_what_to_do_first(tmp_path: Path) -> None:
    """And a model that is not there is a page that names what is."""
    with opened(empty_project(tmp_path / "p")) as client:
        assert "First describe one in models/NAME.yaml" in client.get("/validation").text
        missing = client.get("/validation/%3Cb%3Enobody")
    assert missing.status_code == 404
    assert "<b>nobody" not in missing.text
    assert "No model is called" in missing.text


def test_a_model_without_records_names_the_step_before_it(tmp_path: Path) -> None:
    """The page stands, with the reason and the way to the step."""
    root = unmade(tmp_path / "fresh")
    with opened(root) as client:
        text = client.get(PAGE).text
    assert "has nothing to judge yet" in text
    assert "Run what is missing</button>" in text


def test_signing_needs_reason_and_password_and_loses_nothing(unsigned: Path) -> None:
    """What was typed comes back, but never the password."""
    viewer = enter(unsigned, "Ada Keller")
    with opened(unsigned, viewer) as client:
        assert "a named person has to sign" in client.get(PAGE).text
        status, text = post(client, "sign", {"reason": "", "password": PASSWORD})
        assert (status, "Write why, in 3 to 500 characters." in text) == (422, True)
        status, text = post(client, "sign", {"reason": "All bounds hold.", "password": "not the password"})
        assert (status, "The password does not open the signing key." in text) == (403, True)
        assert "All bounds hold.</textarea>" in text
        assert "not the password" not in text
        assert approvals(unsigned) == []
        status, _ = post(client, "sign", {"reason": "All bounds hold.", "password": PASSWORD})
        assert status == 303
        assert "Signed by Ada Keller." in client.get(PAGE).text
    assert len(approvals(unsigned)) == 1


def test_of_two_who_sign_at_once_one_succeeds_and_the_other_is_told(unsigned: Path) -> None:
    """Both saw an unsigned model; the later signature is not recorded."""
    ada, bob = enter(unsigned, "Ada Keller"), enter(unsigned, "Bob Maier")
    seen = {"seen": "", "reason": "All bounds hold.", "password": PASSWORD}
    with opened(unsigned, ada) as client:
        assert post(client, "sign", seen)[0] == 303
    with opened(unsigned, bob) as client:
        status, text = post(client, "sign", seen)
    assert status == 409
    assert "Somebody else signed approval:tool-failure meanwhile" in text
    assert "Signed by Ada Keller." in text
    assert len(approvals(unsigned)) == 1


def test_who_made_what_it_rests_on_is_told_so_before_they_sign(unsigned: Path) -> None:
    """Four eyes: no form, but what it was; and a form that is sent all the same is refused."""
    viewer = enter(unsigned, "Ada Keller")
    small_cell.edit(unsigned, small_cell.REQUIREMENT, 'op: "<=", value: 6}', 'op: "<=", value: 5}')
    with small_cell.opened(unsigned) as composer:
        everything = (composer.session, composer.steps, ("approval:*",))
        bring_up_to_date(*everything, cancel=Cancel(), actor=viewer.person)
        made = composer.session.status()["verdict:tool-failure/REQ-tool-failure-warning/false-alarms"].record
    assert made is not None
    assert made.actor == viewer.person
    with opened(unsigned, viewer) as client:
        text = unescape(client.get(PAGE).text)
        assert re.search(r"You made record [0-9a-f]{12} \(.+\) of what this rests on", text)
        assert "Sign tool-failure</button>" not in text
        status, text = post(client, "sign", {"reason": "Mine.", "password": PASSWORD})
    assert (status, "Have somebody else sign" in text) == (403, True)
    assert approvals(unsigned) == []


def test_a_standing_approval_has_an_end_and_uses(unsigned: Path) -> None:
    """Each wrong field is told beside it."""
    viewer = enter(unsigned, "Ada Keller")
    form = {"reason": "Weekly retraining.", "password": PASSWORD, "standing": "yes"}
    with opened(unsigned, viewer) as client:
        assert "is no date" in post(client, "sign", form)[1]
        assert "is no number of uses" in post(client, "sign", {**form, "until": "2027-01-31", "uses": "x"})[1]
        assert post(client, "sign", {**form, "until": "2027-01-31", "uses": "3"})[0] == 303
    [id] = approvals(unsigned)
    with SqliteStore(unsigned / ".ninefold" / "store.db") as store:
        body = store.get(id).body(Approval)
    assert (body.decision, body.uses) == ("standing", 3)


def test_an_approval_is_taken_back(unsigned: Path) -> None:
    """And only one of this model."""
    viewer = enter(unsigned, "Ada Keller")
    with opened(unsigned, viewer) as client:
        post(client, "sign", {"reason": "All bounds hold.", "password": PASSWORD})
        [id] = approvals(unsigned)
        form = {"reason": "Wrong tool data.", "password": PASSWORD}
        assert post(client, "revoke", {**form, "record": "0" * 64})[0] == 422
        assert post(client, "revoke", {**form, "record": id})[0] == 303
        text = client.get(PAGE).text
    assert "Taken back" in text
    assert "a named person has to sign" in text


def test_what_is_insufficient_is_answered_for(unsigned: Path) -> None:
    """A criterion that asks for more failures than there are: a waiver with an end opens the signature."""
    requirement = unsigned / small_cell.REQUIREMENT
    text = requirement.read_text(encoding="utf-8")
    requirement.write_text(re.sub(r"min_samples: 20", "min_samples: 500", text, count=1), encoding="utf-8")
    with small_cell.opened(unsigned) as composer:
        small_cell.run(composer)
    viewer = enter(unsigned, "Ada Keller")
    with opened(unsigned, viewer) as client:
        text = unescape(client.get(PAGE).text)
        assert "too little evidence" in text
        point = re.search(r'name="point-0" value=\'?"?(\[.*?\])', text)
        assert point is not None
        form = {"point": "0", "point-0": point.group(1), "reason": "Few failures in winter.", "password": PASSWORD}
        assert "is no date" in post(client, "waive", form)[1]
        assert "Nothing was chosen" in post(client, "waive", {**form, "point": "7"})[1]
        assert post(client, "waive", {**form, "until": "2020-01-01"})[0] == 422
        assert post(client, "waive", {**form, "until": "2027-01-31"})[0] == 303
        assert post(client, "sign", {"reason": "With the waiver.", "password": PASSWORD})[0] == 303
    [waiver] = approvals(unsigned, WAIVER)
    with SqliteStore(unsigned / ".ninefold" / "store.db") as store:
        assert store.get(waiver).body(Waiver).reason == "Few failures in winter."


def test_report_and_bundle_are_saved_and_never_shown(cell_root: Path) -> None:
    """As attachments of their own type; a model that is not there has neither."""
    with opened(cell_root) as client:
        report, bundle = client.get(f"{PAGE}/report.html"), client.get(f"{PAGE}/bundle.9fb")
        paper = client.get(f"{PAGE}/report.pdf")
        assert client.get("/validation/nobody/bundle.9fb").status_code == 404
        assert client.get("/validation/nobody/report.html").status_code == 404
    for answer in (report, bundle, paper):
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert report.text.startswith("<!doctype html>")
    assert paper.content.startswith(b"%PDF")
    assert bundle.headers["content-type"] == "application/octet-stream"
