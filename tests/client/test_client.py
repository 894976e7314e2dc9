"""The client against a workbench on a real socket: every operation of the document has a method, and each is called."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.once import copied
from tests.workbench.api.served import PASSWORD, People, entered, listening
from tests.workbench.api.told import enrolled, proposed, told_alarms

from ninefold.client import Client
from ninefold.client.acting import Acting
from ninefold.client.api import Api, error_of
from ninefold.client.reading import Reading
from ninefold.kernel.errors import (
    AccessDenied,
    Conflict,
    EditConflict,
    InvalidInput,
    NinefoldError,
    NotFound,
    Refused,
    Unreachable,
)
from ninefold.kernel.outgoing import Response, Server
from ninefold.workbench.api.document import document

OPERATIONS = {o["operationId"] for ways in json.loads(document())["paths"].values() for o in ways.values()}
METHODS = {n for c in (Reading, Acting) for n, f in vars(c).items() if callable(f) and not n.startswith("_")}
REQUIREMENT = "requirements/REQ-tool-failure-warning.md"
LATER = 4_000_000_000_000_000  # µs UTC


@pytest.fixture(scope="module")
def served(small_cell_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, People]]:
    """The address of a workbench over the small cell with two alarms, and its people."""
    root = copied(small_cell_once, tmp_path_factory.mktemp("asked") / "cell")
    told_alarms(root)
    enrolled(root)
    proposed(root)
    people = entered(root)
    with listening(root) as url:
        yield url, people


@pytest.fixture
def client(served: tuple[str, People]) -> Iterator[Client]:
    """An administrator's client."""
    url, people = served
    with Client(url, people.tokens["administrator"]) as found:
        yield found


def test_every_operation_has_a_method() -> None:
    """And every method an operation, of the same name."""
    assert METHODS == OPERATIONS


def test_every_method_that_reads_is_answered(client: Client) -> None:
    """Each is called against the server, and what comes has the type that it says."""
    record = next(client.records(kind="verdict@1"))
    origin = next(c.origin for c in client.chains() if c.origin.startswith("centre-"))
    alarm = next(client.alarms())
    arguments: dict[str, tuple[Any, ...]] = {
        "task": ("model:tool-failure",), "file": (REQUIREMENT,), "edits": (REQUIREMENT,), "model": ("tool-failure",),
        "requirement": ("REQ-tool-failure-warning",), "use_case": ("UC-tool-failure",), "record": (record.id,),
        "availability_of": ("UC-tool-failure",), "open_points": ("tool-failure",), "events": (origin,),
        "lineage": ("model:tool-failure",), "alarm": (alarm.episode.id,),
    }  # fmt: skip
    arguments |= {"device": ("gateway-1",), "proposal": (next(client.all_proposals()).id,)}
    elsewhere = {"run_state", "decision"}  # the small cell has none
    for name in sorted(set(vars(Reading)) & METHODS - elsewhere):
        found = getattr(client, name)(*arguments.get(name, ()))
        many = list(found) if not isinstance(found, msgspec.Struct | tuple) else [found]
        assert all(isinstance(x, msgspec.Struct | tuple) for x in many), name
    for name in sorted(elsewhere):
        with pytest.raises(NotFound):
            getattr(client, name)("nothing")


def test_a_list_is_fetched_page_after_page(client: Client) -> None:
    """All events of a chain, each once, though a page holds fewer."""
    [centre] = [c for c in client.chains() if c.origin.startswith("centre-")]
    assert len(list(client.api.all(msgspec.Raw, f"/chains/{centre.origin}/events", limit=7))) >= centre.sequence


def test_a_file_is_written_over_what_was_read_only(client: Client) -> None:
    """The second of two writers is told the difference; a new file is made once; what is removed is gone."""
    read = client.file(REQUIREMENT)
    impact = client.preview_edit(REQUIREMENT, read.text.replace("value: 6}", "value: 5}"))
    assert any(t.name.startswith("verdict:") for t in impact.tasks)
    saved = client.write_file(REQUIREMENT, read.text + "\nA remark.\n", read.etag, "a remark")
    assert saved.record
    with pytest.raises(EditConflict) as caught:
        client.write_file(REQUIREMENT, read.text + "\nAnother.\n", read.etag)
    assert "+Another." in caught.value.diff
    client.write_file(REQUIREMENT, read.text, saved.etag)
    assert next(client.edits(REQUIREMENT)).by.startswith("person-")
    new = client.write_file("requirements/REQ-new.md", read.text.replace("REQ-tool-failure-warning", "REQ-new"), "")
    with pytest.raises(EditConflict):
        client.write_file("requirements/REQ-new.md", read.text, "")
    assert client.remove_file("requirements/REQ-new.md", new.etag).etag == ""
    with pytest.raises(NotFound):
        client.file("requirements/REQ-new.md")


def test_what_people_sign_needs_their_password(client: Client) -> None:
    """A token alone signs nothing; with the password the record names the person."""
    with pytest.raises(Refused, match="password"):
        client.approve("tool-failure", "It is shown.", "wrong horse battery")
    made = client.approve("tool-failure", "It is shown.", PASSWORD)
    record = client.record(made.record)
    assert (record.kind, record.actor) == ("approval@1", client.me().person)
    client.revoke(made.record, "Only a test.", PASSWORD)
    assert client.record(made.record).revoked
    with pytest.raises(NinefoldError):  # nothing is open: all passes
        client.waive("tool-failure", "REQ-tool-failure-warning/recall", "A test.", LATER, PASSWORD)
    published = client.publish_deployment("cell-gateways", PASSWORD)
    assert {t.target for t in published.targets} == {"edge:gateway-1", "edge:gateway-2"}
    criterion = "REQ-tool-failure-warning/recall"
    with pytest.raises(Refused, match="requires no"):
        client.accept_pending("gateway-1", ["REQ-x/y"], "A test.", LATER, PASSWORD)
    assert client.accept_pending("gateway-1", [criterion], "A test.", LATER, PASSWORD).record


def test_a_device_is_told_to_go_back(client: Client) -> None:
    """Roll back, stop, retry; invite and refuse."""
    for order in ("rollback", "stop", "retry"):
        assert client.order("gateway-1", order).record  # type: ignore[arg-type]  # one of the three
    assert client.device("gateway-1").ordered == ""  # tried again last
    assert client.invite("gateway-9", minutes=5).token
    with pytest.raises(NotFound):
        client.refuse_device("gateway-9")
    assert client.refuse_device("gateway-1").revoked


def test_an_alarm_is_judged_by_who_has_seen_it(client: Client) -> None:
    """Acknowledge, shelve, judge, triage, repair, clear; a change on top of an older state is refused."""
    first, second = list(client.alarms())
    seen = client.acknowledge(first)
    with pytest.raises(Conflict):
        client.judge(first, "confirmed")
    shelved = client.shelve(seen, LATER, "known")
    judged = client.judge(shelved, "false", "a loose cable")
    assert (judged.episode.outcome, judged.episode.judged_by) == ("false", client.me().person)
    assert client.triage_alarm(judged, "process_fault", "cooling").work_order.startswith("WO-")
    assert client.repaired(first.episode.asset).work_orders
    assert client.clear(second, "over").episode.state == "cleared"
    assert list(client.alarms()) == []
    assert len(list(client.alarms(everything=True))) == 2


def test_a_run_is_begun_watched_and_cancelled(client: Client) -> None:
    """Everything is fresh but what was changed; a run that has ended can be asked to end all the same."""
    with pytest.raises(NotFound):
        client.run("nothing:here")
    job = client.run("lint:REQ-cabinet-heat")
    assert client.run_state(job.id).tasks == ("lint:REQ-cabinet-heat",)
    assert client.cancel_run(job.id).id == job.id


def test_a_token_makes_no_other_without_the_password(client: Client) -> None:
    """It is shown once, holds no more than its owner, and ends when it is revoked."""
    with pytest.raises(Refused):
        client.make_token("line 3", "editor", "wrong horse battery")
    made = client.make_token("line 3", "viewer", PASSWORD)
    with Client(f"http://{client.api.server.host}", made.secret) as other:
        assert other.me().role == "viewer"
        with pytest.raises(Refused):
            other.order("gateway-1", "stop")
        [stored] = [t for t in client.tokens() if t.name == "line 3"]
        client.revoke_token(stored.id)
        with pytest.raises(AccessDenied):
            other.me()


def test_a_proposal_is_decided_once(client: Client) -> None:
    """What is to be run is named; nothing is promoted; a second decision on what was seen open is refused."""
    [found] = client.all_proposals()
    done = client.decide_proposal(found, "accepted", "enough labels by then")
    assert "ninefold gate tool-failure" in done.commands
    assert client.proposal(found.id).decision
    with pytest.raises(Conflict):
        client.decide_proposal(found, "declined")
    with pytest.raises(Refused):
        client.decide_proposal(client.proposal(found.id), "declined")


def dying(answers: list[bytes]) -> tuple[str, Callable[[], list[bytes]]]:
    """Serve one canned answer a connection, b"" for none at all, and return the address and what was asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []

    def serve() -> None:
        for answer in answers:
            taken, _ = listener.accept()
            with taken:
                asked.append(taken.recv(65_536))
                taken.sendall(answer)
        listener.close()

    thread = threading.Thread(target=serve)
    thread.start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}", lambda: (thread.join(), asked)[1]


def test_a_request_without_an_answer_is_repeated_with_its_key() -> None:
    """The server sees one Idempotency-Key twice."""
    body = b'{"record":"abc"}'
    good = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)
    url, asked = dying([b"", good])
    pauses: list[float] = []
    client = Client(url, "nf_x")
    client.api = Api(client.api.server, pauses.append)
    assert client.order("gateway-1", "stop").record == "abc"
    client.close()
    keys = [re.search(rb"Idempotency-Key: (\S+)", a) for a in asked()]
    assert len(keys) == 2
    assert len({k[1] for k in keys if k}) == 1
    assert len(pauses) == 1


def test_what_is_no_json_of_ours_is_said() -> None:
    """A login page of a proxy is no answer."""
    url, asked = dying([b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>"])
    with Client(url, "nf_x") as client, pytest.raises(NinefoldError, match="not ninefold's"):
        client.me()
    asked()


def test_nobody_there_is_unreachable() -> None:
    """After the repeats."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    api = Api(Server(url), lambda _s: None)
    with pytest.raises(Unreachable, match="cannot be reached"):
        api.get(msgspec.Raw, "/me")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, InvalidInput), (401, AccessDenied), (403, Refused), (404, NotFound), (409, Conflict), (412, Conflict),
     (422, InvalidInput), (428, InvalidInput), (503, Unreachable)],
)  # fmt: skip
def test_a_problem_is_the_error_that_it_stands_for(status: int, kind: type[NinefoldError]) -> None:
    """With its words and its hint."""
    body = {"type": "about:blank", "title": "t", "status": status, "detail": "It is so.", "hint": "Do that."}
    error = error_of(Response(status, {}, msgspec.json.encode(body)))
    assert type(error) is kind
    assert (error.message, error.hint) == ("It is so.", "Do that.")


@pytest.mark.parametrize("url", ["ftp://x", "http://centre.plant:9400", "no address", "https://user@x"])
def test_an_address_without_encryption_is_refused(url: str) -> None:
    """Plain http is for loopback only."""
    with pytest.raises(InvalidInput):
        Client(url, "nf_x")
