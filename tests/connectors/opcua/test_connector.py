"""The contract over real sockets, against a server that takes SignAndEncrypt only."""

import asyncio
import shutil
import subprocess
import sys
from contextlib import aclosing

import numpy as np
import pytest
from asyncua import ua
from tests.connectors.opcua.server import Cell, connection, plan

from ninefold.connectors.contract import Consent, Deadline, PlannedTag, ReadPlan
from ninefold.connectors.opcua.settings import Security
from ninefold.kernel.certificates import create_certificate
from ninefold.kernel.errors import AccessDenied, DeadlineExceeded, Refused, TagNotFound, Unreachable
from ninefold.testing.cable import Cable, free_port
from ninefold.vocabulary.batch import ColumnBatch, Gap, Quality, Reason, make_batch

T0 = 1_800_000_000_000_000


async def first(stream, wanted, limit_s=20):
    """Return the first item of a stream that is wanted, and all before it."""
    passed = []
    async with asyncio.timeout(limit_s):
        async for item in stream:
            passed.append(item)
            if wanted(item):
                return item, passed
    raise AssertionError("the stream ended")


def value(number):
    """Return whether an item holds a value."""
    return lambda item: isinstance(item, ColumnBatch) and number in item.value


def test_read_returns_every_tag_in_order_with_time_and_quality(cell):
    """Numbers of every type become float64; text stands beside them."""

    async def body():
        async with cell:
            await cell.put("Torque", 41.5, T0)
            link = connection(cell)
            batch = await link.read(plan("Variant", "Torque", "Parts", "Door"), Deadline(10))
            await link.close()
            return batch

    batch = asyncio.run(body())
    assert batch.tag.tolist() == [0, 1, 2, 3]
    assert batch.value[1:].tolist() == [41.5, 7.0, 1.0]
    assert batch.text.tolist() == ["L", None, None, None]
    assert batch.source_time[1] == T0
    assert (batch.quality == Quality.GOOD).all()


@pytest.mark.parametrize("address", ["ns=2;s=M1.Nothing", "nonsense"])
def test_unknown_and_unreadable_addresses_are_named(cell, address):
    """Read and subscribe both name every address that the server does not have."""

    async def body():
        async with cell:
            tags = (*plan("Torque").tags, PlannedTag("x", "m1", address))
            link = connection(cell)
            with pytest.raises(TagNotFound, match=address):
                await link.read(ReadPlan(tags), Deadline(10))
            with pytest.raises(TagNotFound, match=address):
                async with aclosing(link.subscribe(ReadPlan(tags), 100)) as stream:
                    await first(stream, lambda _: True)

    asyncio.run(body())


def test_absent_server_is_unreachable(cell):
    """Nobody listens at the port."""
    link = connection(cell, port=free_port())
    with pytest.raises(Unreachable, match="cell cannot be reached"):
        asyncio.run(link.read(plan("Torque"), Deadline(10)))


def test_server_without_a_trusted_certificate_is_refused_before_anything_is_sent(cell, tmp_path):
    """Trust on first use is no trust: the certificate has to be put there by a person."""
    link = connection(cell)
    link.pki = tmp_path
    with pytest.raises(AccessDenied, match="is not trusted yet") as error:
        asyncio.run(link.read(plan("Torque"), Deadline(10)))
    assert "trusted/cell.der" in error.value.hint


def test_other_certificate_than_the_pinned_one_is_refused(cell, tmp_path):
    """Somebody else answers at the address."""

    async def body():
        shutil.copytree(cell.pki / "client", tmp_path / "client")
        other = create_certificate(tmp_path / "other", "cell", "urn:other")
        shutil.copy(other.certificate, tmp_path / "client/trusted/cell.der")
        async with cell:
            link = connection(cell, timeout=1.0)
            link.pki = tmp_path / "client"
            with pytest.raises(AccessDenied, match="not the pinned"):
                await link.read(plan("Torque"), Deadline(10))
            await link.close()

    asyncio.run(body())


def test_client_that_the_server_does_not_know_is_refused(cell, tmp_path):
    """The server trusts pinned clients only."""

    async def body():
        trusted = tmp_path / "trusted"
        trusted.mkdir()
        shutil.copy(cell.pair.certificate, trusted / "cell.der")
        async with cell:
            link = connection(cell)
            link.pki = tmp_path
            with pytest.raises(AccessDenied):
                await link.read(plan("Torque"), Deadline(10))
            await link.close()

    asyncio.run(body())


def test_bad_and_uncertain_samples_arrive_with_their_reason(cell):
    """No sample is dropped for its quality; what is no number is never good."""

    async def body():
        async with cell:
            link = connection(cell)
            found = {}
            async with aclosing(link.subscribe(plan("Torque"), 1000)) as stream:
                await first(stream, value(40.0))
                for step, (number, code) in enumerate(
                    [(41.0, 0x808C0000), (42.0, 0x408F0000), (float("nan"), 0), (43.0, 0)], 1
                ):
                    await cell.put("Torque", number, T0 + step, code)
                _, passed = await first(stream, value(43.0))
            for batch in passed:
                for row in range(len(batch)):
                    found[int(batch.source_time[row]) - T0] = (int(batch.quality[row]), int(batch.reason[row]))
            return found

    assert asyncio.run(body()) == {
        1: (Quality.BAD, Reason.SENSOR_FAILURE),
        2: (Quality.UNCERTAIN, Reason.STALE),
        3: (Quality.BAD, Reason.NOT_A_NUMBER),
        4: (Quality.GOOD, Reason.NONE),
    }


def test_cut_cable_is_told_once_and_the_stream_goes_on_when_it_is_back(cell):
    """A lost link is an open gap at once, the same gap with its end before the first new sample, and no more."""

    async def body():
        async with cell, Cable(cell.port) as cable:
            link = connection(cell, port=cable.port)
            async with aclosing(link.subscribe(plan("Torque"), 1000)) as stream:
                await cell.put("Torque", 50.0, T0)
                await first(stream, value(50.0))
                await cable.cut()
                lost, _ = await first(stream, lambda i: isinstance(i, Gap))
                await cell.put("Torque", 51.0, T0 + 10)
                await cell.put("Torque", 52.0, T0 + 20)
                await asyncio.sleep(1.2)  # two attempts to reconnect fail meanwhile, and say nothing
                await cable.join()
                _, passed = await first(stream, value(52.0))
            return lost, passed

    lost, passed = asyncio.run(body())
    assert (lost.start, lost.end, lost.reason) == (T0, None, "link lost")
    assert lost.detail
    gaps = [item for item in passed if isinstance(item, Gap)]
    assert [(g.start, g.end) for g in gaps] == [(T0, T0 + 20)]
    assert isinstance(passed[0], Gap)


def test_server_that_restarts_is_found_again(keys):
    """The subscription resumes after the server process was replaced; asyncua alone never resumes."""

    async def body():
        before = Cell(keys)
        async with before:
            link = connection(before)
            async with aclosing(link.subscribe(plan("Torque"), 1000)) as stream:
                await first(stream, value(40.0))
                await before.stop()
                await first(stream, lambda i: isinstance(i, Gap))
                async with Cell(keys, before.port) as after:
                    await after.put("Torque", 77.0, T0)
                    await first(stream, value(77.0))

    asyncio.run(body())


def test_silent_cable_is_noticed_by_the_missing_keep_alive(cell):
    """A link that is up and carries nothing is lost too."""

    async def body():
        async with cell, Cable(cell.port) as cable:
            link = connection(cell, port=cable.port)
            async with aclosing(link.subscribe(plan("Torque"), 1000)) as stream:
                await first(stream, value(40.0))
                cable.mute()
                lost, _ = await first(stream, lambda i: isinstance(i, Gap))
                cable.muted = False
            return lost

    assert asyncio.run(body()).end is None


def test_read_respects_its_deadline(cell):
    """A device that answers nothing costs its deadline, not the driver's own patience."""

    async def body():
        async with cell, Cable(cell.port) as cable:
            link = connection(cell, port=cable.port, timeout=60.0)
            await link.open(Deadline(10))
            cable.mute()
            loop = asyncio.get_running_loop()
            start = loop.time()
            with pytest.raises(DeadlineExceeded, match=r"within 0\.5 s"):
                await link.read(plan("Torque"), Deadline(0.5))
            spent = loop.time() - start
            await cable.cut()
            await link.close()
            return spent

    assert asyncio.run(body()) < 5


def test_overflow_at_the_server_is_a_gap_of_that_tag(cell):
    """The server marks the first sample behind the hole; asyncua's own server never marks: the test sets it."""

    async def body():
        async with cell:
            link = connection(cell)
            async with aclosing(link.subscribe(plan("Speed", "Torque"), 1000)) as stream:
                await cell.put("Torque", 100.0, T0)
                await first(stream, value(100.0))
                await cell.put("Torque", 120.0, T0 + 20, code=0x480)
                _, passed = await first(stream, value(120.0))
            return passed

    gap, batch = asyncio.run(body())
    assert (gap.tag, gap.start, gap.end, gap.reason) == (1, T0, T0 + 20, "overflow at the device")
    assert batch.quality.tolist() == [Quality.GOOD]


def test_layout_that_only_the_driver_reads_arrives_too(cell):
    """An array is no number: bad, with its reason, and the stream goes on."""

    async def body():
        async with cell:
            link = connection(cell)
            async with aclosing(link.subscribe(plan("Torque"), 1000)) as stream:
                await first(stream, value(40.0))
                await cell.put("Torque", [1.0, 2.0], T0)
                await cell.put("Torque", 44.0, T0 + 1)
                _, passed = await first(stream, value(44.0))
            return passed

    passed = asyncio.run(body())
    assert np.concatenate([b.reason for b in passed]).tolist() == [Reason.NOT_A_NUMBER, Reason.NONE]


def test_write_needs_consent_is_audited_and_keeps_the_node_s_type(cell):
    """What is not listed is refused before anything is sent; what the server refuses is told."""

    async def body():
        reports = []
        async with cell:
            link = connection(cell)
            link._audit = reports.append
            wanted = plan("Setpoint", "Torque")
            values = make_batch([0, 1], 0, 0, [2.5, 9.0])
            with pytest.raises(Refused, match=r"M1\.Torque"):
                await link.write(wanted, values, Consent("person-1", frozenset({"ns=2;s=M1.Setpoint"})))
            allowed = frozenset(t.address for t in wanted.tags)
            await cell.nodes["Parts"].set_writable()
            report = await link.write(wanted, values, Consent("person-1", allowed, "decision-1"))
            parts = plan("Parts")
            consent = Consent("person-1", frozenset({parts.tags[0].address}))
            await link.write(parts, make_batch([0], 0, 0, [8.0]), consent)
            stored = [await cell.nodes[n].read_value() for n in ("Setpoint", "Torque", "Parts")]
            await link.close()
            return reports, report, stored

    reports, report, stored = asyncio.run(body())
    assert stored == [2.5, 40.0, 8]
    assert [r.accepted for r in report.results] == [True, False]
    assert (report.actor, report.why) == ("person-1", "decision-1")
    assert [len(r.results) for r in reports] == [1, 2, 1]
    assert report in reports


def test_safety_tags_are_refused_even_with_consent(cell):
    """Marked safety is read-only for ever."""
    tag = PlannedTag("stop", "m1", "ns=2;s=M1.Setpoint", safety=True)
    link = connection(cell)
    with pytest.raises(Refused):
        asyncio.run(link.write(ReadPlan((tag,)), make_batch([0], 0, 0, [1.0]), Consent("p", frozenset({tag.address}))))


def test_browse_names_every_variable_once(cell):
    """Type and access come with it."""

    async def body():
        async with cell:
            link = connection(cell)
            found = [tag async for tag in link.browse()]
            await link.close()
            await link.close()
            return found

    found = asyncio.run(body())
    assert len({tag.name for tag in found}) == len(found) == 6
    described = {tag.name: (tag.type, tag.writable) for tag in found}
    assert described["M1/Torque"] == ("Double", False)
    assert described["M1/Setpoint"] == ("Double", True)


def test_server_takes_nothing_but_signed_and_encrypted(cell):
    """A client without security, or with signing alone, gets no session."""
    from asyncua import Client, ua

    async def body():
        async with cell:
            with pytest.raises((ua.UaError, ConnectionError, TimeoutError)):
                async with Client(f"opc.tcp://127.0.0.1:{cell.port}", timeout=2):
                    pass
            link = connection(cell, security=Security(mode="Sign"), timeout=1.0)
            with pytest.raises(AccessDenied, match="it offers Basic256Sha256 SignAndEncrypt"):
                await link.read(plan("Torque"), Deadline(10))
            await link.close()

    asyncio.run(body())


def test_importing_the_plugin_does_not_import_the_driver():
    """The driver costs most of a second and 50 MB; it waits until a connection is opened."""
    code = (
        "import sys, ninefold.connectors.opcua, ninefold.connectors.opcua.connector;"
        "assert not any(m.split('.')[0] in {'asyncua', 'duckdb'} for m in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_stream_that_is_left_while_an_answer_comes_ends(cell):
    """The cancellation is never swallowed, however the answer and it fall together: a look of some seconds must end."""

    async def body():
        link = connection(cell)
        reader: asyncio.Task[object]

        async def answer(_request, timeout_s=None):
            await asyncio.sleep(0)
            reader.cancel()
            return b""

        link._send = answer
        stream = link._publications(ua, 10.0)
        reader = asyncio.create_task(anext(stream))
        with pytest.raises(asyncio.CancelledError):
            await reader

    asyncio.run(body())
