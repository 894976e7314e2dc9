"""Telling devices, inviting them, publishing."""

import re
from pathlib import Path

import msgspec
from tests.small_cell import Device
from tests.small_cell import opened as composed
from tests.workbench.desk import APPROVER, opened
from tests.workbench.signers import PASSWORD, enter

from ninefold.fleet.service import FleetService
from ninefold.kernel.project import STATE
from ninefold.vocabulary.desired import REPORTED, CriterionState, Reported
from ninefold.workbench.access.access import Access
from ninefold.workbench.access.throttle import PER_BOTH

ADMINISTRATOR = msgspec.structs.replace(APPROVER, role="administrator")


def wanted(root: Path, device: str) -> str:
    """Return what a device is told to do besides running its bundle."""
    with FleetService(root / STATE) as service:
        document = service.desired(device)
        assert document is not None
        return document.desired.command


def report(root: Path, device: str, stage: str, **more: object) -> None:
    """Let a device report."""
    with composed(root) as composer, FleetService(root / STATE) as service:
        document = service.desired(device)
        assert document is not None
        body = Reported(f"edge:{device}", document.key, stage, **more)  # type: ignore[arg-type]  # a stage and fields
        sender = Device(device, "c1")
        assert not sender.send(composer, sender.note(REPORTED, body, composer.clock.now()))


def test_rollback_and_stop_are_always_there_and_work(lived: Path) -> None:
    """Outlined, for an editor, whatever the device's state is."""
    with opened(lived) as client:
        for what in ("rollback", "stop"):
            page = client.get("/fleet/gateway-1").text
            assert re.search(r'<button class="btn stop">Roll back gateway-1</button>', page)
            assert re.search(r'<button class="btn stop">Stop decisions of gateway-1</button>', page)
            answer = client.post("/fleet/gateway-1/order", data={"what": what})
            assert answer.status_code == 200
            assert wanted(lived, "gateway-1") == what
        client.post("/fleet/gateway-1/order", data={"what": "retry"})
        assert wanted(lived, "gateway-1") == ""
        assert client.post("/fleet/gateway-1/order", data={"what": "dance"}).status_code == 403


def test_a_rollout_shows_its_stage_and_what_is_pending(lived: Path) -> None:
    """Parts of those needed, and the criterion that waits for labels with the form that answers for it."""
    name = "REQ-tool-failure-warning/recall"
    waits = CriterionState(name, "insufficient", "4 of 20 labels", 0.8, 4)
    report(lived, "gateway-1", "canary", parts=37, criteria=(waits,))
    with opened(lived) as client:
        text = client.get("/fleet/gateway-1").text
        assert "37 of 60 parts" in text
        assert "recall: 4 of 20 labels" in text
        assert "Answer for what is insufficient" in text
        assert "tool-failure is in canary on gateway-1" in client.get("/fleet").text
        form = {"criterion": name, "reason": "seen it", "until": "2099-01-01", "password": "wrong"}
        assert client.post("/fleet/gateway-1/accept", data=form).status_code in {401, 404}
        assert client.post("/fleet/gateway-1/accept", data={**form, "until": "never"}).status_code == 422


def test_a_device_that_gave_up_says_why_first(lived: Path) -> None:
    """With the button that lets it try again."""
    report(lived, "gateway-2", "refused", reason="the self-test took 80 ms")
    with opened(lived) as client:
        assert "gateway-2 refused its bundle" in client.get("/fleet").text
        text = client.get("/fleet/gateway-2").text
    assert "the self-test took 80 ms" in text
    assert "Try again" in text


def test_a_token_is_shown_once(lived: Path) -> None:
    """And only to an administrator who asked for it."""
    with opened(lived, ADMINISTRATOR) as client:
        text = client.post("/fleet/invite", data={"device": "gateway-9", "minutes": "5"}).text
        token = re.search(r"shown once: ([\w-]{20,})", text)
        assert token is not None
        assert token[1] not in client.get("/fleet").text
        with FleetService(lived / STATE) as service:
            assert service.registry.enrol("gateway-9", token[1])
        for device, minutes in (("Bad Name", "5"), ("gateway-9", "0"), ("gateway-9", "x")):
            answer = client.post("/fleet/invite", data={"device": device, "minutes": minutes})
            assert answer.status_code == 422


def test_a_refused_device_is_shown_as_such(lived: Path) -> None:
    """What it sent stays."""
    with opened(lived, ADMINISTRATOR) as client:
        text = client.post("/fleet/gateway-2/revoke").text
    assert "Revoked" in text
    assert "This device is refused." in text


def test_publishing_needs_the_password_of_who_signs(lived: Path) -> None:
    """A wrong one is told on the page, and nothing is published."""
    with opened(lived) as client:
        text = client.get("/deployments/cell-gateways").text
        assert "All 2 targets run what is wanted." in text
        assert client.post("/deployments/cell-gateways/publish", data={"password": "x"}).status_code in {404, 422}


def test_a_thousand_devices_come_a_hundred_a_page(bare: Path) -> None:
    """The next page is a link, and the last has none."""
    with FleetService(bare / STATE) as service, service.database.writing() as db:
        rows = [(f"gateway-{n:04}", f"c{n}", 1, 1, 0) for n in range(1000)]
        db.executemany("INSERT INTO device VALUES (?, ?, ?, ?, ?)", rows)
    with opened(bare) as client:
        first, last = client.get("/fleet").text, client.get("/fleet?first=900").text
    assert first.count('href="/fleet/gateway-') == 100
    assert 'href="/fleet?first=100"' in first
    assert "gateway-0999" in last
    assert "first=1000" not in last


def test_a_person_signs_with_a_password(lived: Path) -> None:
    """Publishing and answering for a criterion: both are signed with the key that the password opens."""
    access = Access(lived / STATE)
    person = access.accounts.add("Ada Beispiel", "approver", 1).person
    access.accounts.set_password(person, "a long enough password", None)
    access.close()
    name = "REQ-tool-failure-warning/recall"
    report(lived, "gateway-1", "waits", criteria=(CriterionState(name, "insufficient", "few", 0.8, 4),))
    with opened(lived, msgspec.structs.replace(APPROVER, person=person)) as client:
        wrong = client.post("/deployments/cell-gateways/publish", data={"password": "wrong"})
        assert wrong.status_code == 422
        right = client.post("/deployments/cell-gateways/publish", data={"password": "a long enough password"})
        assert "Published to 2 targets" in right.text, right.text[-900:]
        form = {"criterion": name, "reason": "seen", "until": "2099-01-01", "password": "a long enough password"}
        wrong = client.post(
            "/fleet/gateway-1/accept", data={**form, "until": "2001-01-01", "reason": " ", "password": "x"}
        )
        assert wrong.status_code == 422
        for said in ("This day has passed.", "Write why, in 3 to 500 characters.", 'value="2001-01-01"'):
            assert said in wrong.text
        wrong = client.post("/fleet/gateway-1/accept", data={**form, "password": "guess"})
        assert (wrong.status_code, "seen</textarea>" in wrong.text, "guess" in wrong.text) == (422, True, False)
        assert "The password does not open the signing key." in wrong.text
        assert "Signed: you answer for" in client.post("/fleet/gateway-1/accept", data=form).text
        assert "a person answers for it" in client.get("/fleet/gateway-1").text
        assert client.post("/fleet/gateway-1/accept", data={**form, "criterion": "x"}).status_code == 403


def test_who_guesses_a_password_by_signing_has_to_wait(lived: Path) -> None:
    """Publishing, answering and approving count together; after that not even the right password signs."""
    viewer = enter(lived, "Eve Keller")
    form = {"criterion": "x", "reason": "seen", "until": "2099-01-01", "password": "a guess"}
    with opened(lived, viewer) as client:
        for _ in range(PER_BOTH // 2):
            assert client.post("/deployments/cell-gateways/publish", data=form).status_code == 422
            assert client.post("/fleet/gateway-1/accept", data=form).status_code == 422
        right = client.post("/deployments/cell-gateways/publish", data={"password": PASSWORD})
        signed = client.post("/validation/tool-failure/sign", data={"reason": "All hold.", "password": PASSWORD})
    for answer in (right, signed):
        assert "There were too many tries to sign." in answer.text, answer.text[-900:]


def test_a_device_says_how_full_its_queue_was(lived: Path) -> None:
    """With its last parcel; one that never said so has no such line."""
    with opened(lived) as client:
        assert "In the device&#39;s queue" in client.get("/fleet/gateway-1").text
        with FleetService(lived / STATE) as service, service.database.writing() as db:
            db.execute("DELETE FROM waiting")
        assert "In the device&#39;s queue" not in client.get("/fleet/gateway-1").text
