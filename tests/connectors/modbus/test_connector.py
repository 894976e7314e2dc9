"""The contract over real sockets: against pymodbus' own server, and against a server that misbehaves."""

import asyncio
import struct
import subprocess
import sys
from contextlib import aclosing

import numpy as np
import pytest
from tests.connectors.modbus.server import INPUT, Device, Misbehaving, connection, frame, registers, tag
from tests.connectors.opcua.test_connector import first, value

from ninefold.connectors.connection import LINK_LOST
from ninefold.connectors.contract import Consent, Deadline, PlannedTag, ReadPlan
from ninefold.kernel.errors import (
    ConnectorError,
    DeadlineExceeded,
    InvalidFile,
    Refused,
    TagNotFound,
    Unreachable,
)
from ninefold.testing.cable import Cable, free_port
from ninefold.vocabulary.batch import ColumnBatch, Gap, Quality, Reason, make_batch
from ninefold.vocabulary.quantity import Duration

SOON = 10.0


def words(form, number):
    """Return a number as the registers that hold it, the most significant first."""
    return list(struct.unpack(f">{struct.calcsize(form) // 2}H", struct.pack(">" + form, number)))


async def read(port, *tags, **fields):
    link = connection(port, *tags, **fields)
    try:
        return await link.read(ReadPlan(tags), Deadline(SOON))
    finally:
        await link.close()


@pytest.mark.job("availability/modbus", against="simulator", what="pymodbus server on loopback")
def test_every_type_order_scale_and_text_is_read_in_the_plan_s_order():
    """One connection, four tables; text stands beside the numbers; bits of a register are told apart."""
    tags = (
        tag("f64", "holding:0", type="float64"),
        tag("f32", "holding:4", type="float32", word_order="little"),
        tag("i32", "holding:6", type="int32", byte_order="little"),
        tag("i16", "holding:8", type="int16", scale=0.1, offset=-40.0),
        tag("u64", "holding:9", type="uint64"),
        tag("name", "holding:13", type="text", length=4),
        tag("ready", "holding:17.3"),
        tag("fault", "holding:17.4"),
        tag("air", "input:2", type="float32"),
        tag("door", "coil:5"),
        tag("lid", "discrete:6"),
    )

    async def body():
        async with Device() as device:
            await device.put(0, words("d", -2.5))
            await device.put(4, words("f", 41.5)[::-1])
            await device.put(6, [((w & 0xFF) << 8) | (w >> 8) for w in words("i", -70000)])
            await device.put(8, words("h", -123))
            await device.put(9, words("Q", 2**40 + 1))
            await device.put(13, words("8s", b"AB 7\0xyz"))
            await device.put(17, [0b1000])
            await device.put(2, words("f", 21.25), INPUT)
            await device.server.async_setValues(1, 5, 5, [True])
            before = device.requests.copy()
            return await read(device.port, *tags), device.requests[len(before) :]

    batch, requests = asyncio.run(body())
    assert batch.tag.tolist() == list(range(len(tags)))
    expected = [-2.5, 41.5, -70000, -52.3, 2**40 + 1, np.nan, 1, 0, 21.25, 1, 0]
    np.testing.assert_allclose(batch.value, expected)
    assert batch.text.tolist()[5] == "AB 7"
    assert (batch.quality == Quality.GOOD).all()
    assert {function for function, _, _ in requests} == {1, 2, 3, 4}
    assert len(requests) == 4  # neighbours share a request: one for each table


def test_no_request_asks_for_more_than_125_registers():
    """400 neighbouring registers take as few requests as the standard allows, none of them longer."""
    tags = tuple(tag(f"r{i}", f"holding:{i}") for i in range(60, 400))

    async def body():
        async with Device() as device:
            await device.put(399, [7])
            batch = await read(device.port, *tags)
            return batch, [count for function, _, count in device.requests if function == 3]

    batch, counts = asyncio.run(body())
    assert counts == [125, 125, 90]
    assert batch.value[-1] == 7


def test_range_that_cannot_be_read_is_crossed_once_and_never_again():
    """Registers 50 to 59 answer exception 2: the bridge over them is learned to be none, and the values come."""
    tags = (tag("a", "holding:48"), tag("b", "holding:49"), tag("c", "holding:60"), tag("d", "holding:70"))

    async def body():
        async with Device() as device:
            link = connection(device.port, *tags)
            plan = ReadPlan(tags)
            firsts = await link.read(plan, Deadline(SOON))
            asked = len(device.requests)
            await link.read(plan, Deadline(SOON))
            await link.close()
            return firsts, device.requests[asked:]

    firsts, again = asyncio.run(body())
    assert (firsts.quality == Quality.GOOD).all()
    assert [(address, count) for _, address, count in again] == [(48, 2), (60, 11)]


@pytest.mark.parametrize("address", ["holding:55", "holding:5000", "40001", "nonsense", "holding:3.16"])
def test_addresses_that_do_not_exist_are_named(address):
    """Read and subscribe both name every address that the device, or the protocol, does not have."""
    planned = ReadPlan((tag("a", "holding:0"), PlannedTag("x", "m1", address)))

    async def body():
        async with Device() as device:
            link = connection(device.port)
            with pytest.raises(TagNotFound, match=address):
                await link.read(planned, Deadline(SOON))
            with pytest.raises(TagNotFound, match=address):
                async with aclosing(link.subscribe(planned, 100)) as stream:
                    await first(stream, lambda _: True)
            await link.close()

    asyncio.run(body())


@pytest.mark.parametrize(
    ("code", "reason"),
    [(1, Reason.CONFIGURATION), (3, Reason.CONFIGURATION), (4, Reason.DEVICE_FAILURE), (6, Reason.OUT_OF_SERVICE)],
)
def test_exception_of_the_device_is_a_bad_sample_with_its_reason(code, reason):
    """The others are good; nothing is dropped, and no number stands where there is none."""
    tags = (tag("a", "holding:0"), tag("b", "holding:200"))

    async def body():
        async with Device() as device:
            device.refuse = {200: code}
            return await read(device.port, *tags)

    batch = asyncio.run(body())
    assert batch.quality.tolist() == [Quality.GOOD, Quality.BAD]
    assert batch.reason.tolist() == [Reason.NONE, reason]
    assert np.isnan(batch.value[1])


def test_unit_that_the_gateway_does_not_know_is_said_and_the_others_are_read():
    """Alone it is an error that names the unit; beside a unit that answers it is a bad sample."""

    def gateway(request):
        if request.unit == 3:
            return registers(request, [5] * request.count)
        return frame(request, bytes([request.function | 0x80, 11]))

    async def body():
        async with Misbehaving(gateway) as device:
            with pytest.raises(Unreachable, match=r"unit 7 at .*gateway target gave no answer"):
                await read(device.port, tag("a", "holding:0"), unit=7)
            return await read(device.port, tag("a", "3/holding:0"), tag("b", "7/holding:0"))

    batch = asyncio.run(body())
    assert batch.value[0] == 5
    assert (batch.quality[1], batch.reason[1]) == (Quality.BAD, Reason.NOT_CONNECTED)


def test_units_of_one_server_are_told_apart_and_a_wrong_one_is_bad():
    """pymodbus' server answers a unit that it does not have with exception 4."""

    async def body():
        async with Device(units=(1, 3)) as device:
            await device.put(0, [5], unit=3)
            await device.put(0, [6], unit=1)
            return await read(
                device.port, tag("a", "3/holding:0"), tag("b", "holding:0"), tag("c", "7/holding:0"), unit=1
            )

    batch = asyncio.run(body())
    assert batch.value.tolist()[:2] == [5, 6]
    assert (batch.quality[2], batch.reason[2]) == (Quality.BAD, Reason.DEVICE_FAILURE)


def test_silent_unit_costs_one_timeout_and_is_said():
    """A gateway that keeps silent for one unit answers for the other; alone the silence is late, with its hint."""

    def answer(request):
        return registers(request, [9] * request.count) if request.unit == 1 else b""

    tags = (tag("a", "1/holding:0"), *(tag(f"b{i}", f"7/holding:{200 * i}") for i in range(4)))

    async def body():
        async with Misbehaving(answer) as device:
            batch = await read(device.port, *tags, timeout="200 ms")
            asked = len(device.requests)
            with pytest.raises(DeadlineExceeded, match="unit 7") as error:
                await read(device.port, *tags[1:], timeout="200 ms")
            return batch, asked, error.value.hint

    batch, asked, hint = asyncio.run(body())
    assert batch.quality.tolist() == [Quality.GOOD] + [Quality.BAD] * 4
    assert asked == 2
    assert "unit" in hint


@pytest.mark.parametrize("size", [1, 5])
def test_answer_of_the_wrong_length_is_bad_not_shifted(size):
    """Two registers were asked for: fewer or more are no values, whatever they hold."""

    def answer(request):
        return registers(request, [7] * size)

    async def body():
        async with Misbehaving(answer) as device:
            return await read(device.port, tag("a", "holding:0"), tag("b", "holding:1"))

    batch = asyncio.run(body())
    assert batch.quality.tolist() == [Quality.BAD] * 2
    assert batch.reason.tolist() == [Reason.DEVICE_FAILURE] * 2


FRAMES = {
    "byte count beyond the frame": lambda q: registers(q, [7], count=4),
    "cut in its middle": lambda q: registers(q, [7, 7])[:9],
    "other unit": lambda q: registers(q._replace(unit=q.unit + 1), [7, 7]),
    "other transaction": lambda q: registers(q._replace(tid=q.tid + 5), [7, 7]),
    "other function": lambda q: frame(q, b"\x63\x00"),
    "no Modbus at all": lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "nothing": lambda _: b"",
    "hangs up": lambda _: None,
}


@pytest.mark.parametrize("case", FRAMES)
def test_answer_that_is_none_is_an_error_of_ours_in_time(case):
    """No value is made of it, no error of the driver comes through, and nobody waits for long."""

    async def body():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, _context: None)  # asyncio reports what a driver's protocol raises
        async with Misbehaving(FRAMES[case]) as device:
            start = loop.time()
            with pytest.raises(ConnectorError) as error:
                await read(device.port, tag("a", "holding:0"), tag("b", "holding:1"), timeout="500 ms")
            return error.value, loop.time() - start

    error, spent = asyncio.run(body())
    assert isinstance(error, (DeadlineExceeded, Unreachable))
    assert spent < 3


def test_late_answer_is_not_taken_for_the_next_one():
    """The answer to the first request comes during the second: its transaction is another one."""
    late = []

    def answer(request):
        late.append(registers(request, [len(late) + 1] * request.count))
        return b"" if len(late) == 1 else late[0] + late[1]

    async def body():
        async with Misbehaving(answer) as device:
            tags = (tag("a", "holding:0"),)
            link = connection(device.port, *tags, timeout="200 ms")
            with pytest.raises(DeadlineExceeded):
                await link.read(ReadPlan(tags), Deadline(SOON))
            batch = await link.read(ReadPlan(tags), Deadline(SOON))
            await link.close()
            return batch

    assert asyncio.run(body()).value.tolist() == [2.0]


def test_swapped_words_are_doubted_and_bad():
    """41.5 in the other order is 5.94e-41: outside its range it is bad, and the doubt says which order would fit."""
    tags = (
        tag("torque", "holding:0", type="float32", range=(5.0, 120.0)),
        tag("speed", "holding:2", type="int32"),
        tag("count", "holding:4", type="int32"),
        tag("load", "holding:6", type="float32", range=(0.0, 120.0)),
    )

    async def body():
        async with Device() as device:
            await device.put(0, words("f", 41.5)[::-1])
            await device.put(2, words("i", 1503)[::-1])
            await device.put(4, words("i", 77))
            await device.put(6, words("f", 41.5)[::-1])
            link = connection(device.port, *tags)
            batch = await link.read(ReadPlan(tags), Deadline(SOON))
            found = await link.doubts(ReadPlan(tags), Deadline(SOON))
            await link.close()
            return batch, found

    batch, found = asyncio.run(body())
    assert (batch.quality[0], batch.reason[0]) == (Quality.BAD, Reason.OUT_OF_RANGE)
    assert [(d.tag, d.certain) for d in found] == [(0, True), (1, False), (3, False)]
    assert "with word_order little and byte_order big it would read 41.5" in found[0].why
    assert "it would read 1503" in found[1].why


def test_each_tag_is_polled_at_its_own_pace():
    """A fast tag brings several samples while a slow one brings its first."""
    tags = (tag("fast", "holding:0", every=Duration(0.02)), tag("slow", "holding:9", every=Duration(5.0)))

    async def body():
        async with Device() as device:
            link = connection(device.port, *tags)
            seen = []
            async with aclosing(link.subscribe(ReadPlan(tags), 1000)) as stream:
                async for item in stream:
                    if isinstance(item, ColumnBatch):
                        seen += item.tag.tolist()
                    if seen.count(0) >= 5:
                        return seen
            return seen

    assert asyncio.run(body()).count(1) == 1


def test_deadband_holds_back_what_is_no_news():
    """A value that moves by less is not told; a change of quality always is."""
    tags = (tag("a", "holding:0", deadband=5.0, every=Duration(0.02)),)

    async def body():
        async with Device() as device:
            link = connection(device.port, *tags)
            async with aclosing(link.subscribe(ReadPlan(tags), 1000)) as stream:
                await first(stream, value(0.0))
                told = []
                for number in (3, 4, 10):
                    await device.put(0, [number])
                    asked = len(device.requests)
                    while len(device.requests) < asked + 2:
                        await asyncio.sleep(0.005)
                _, passed = await first(stream, value(10.0))
                told += [v for b in passed if isinstance(b, ColumnBatch) for v in b.value.tolist()]
                device.refuse = {0: 4}
                batch, _ = await first(stream, lambda i: isinstance(i, ColumnBatch))
            return told, batch.reason.tolist()

    assert asyncio.run(body()) == ([10.0], [Reason.DEVICE_FAILURE])


def test_clock_of_the_device_is_the_time_of_its_samples():
    """Read in the same request; where it stands still, the same sample is told once."""
    tags = (tag("a", "holding:2"),)
    clock = "{address: holding:0, type: uint32, counts: s}"

    async def body():
        async with Device() as device:
            await device.put(0, words("I", 1_800_000_000))
            link = connection(device.port, *tags, time=clock, poll="20 ms")
            told = []
            async with aclosing(link.subscribe(ReadPlan(tags), 1000)) as stream:
                told.append((await first(stream, lambda i: isinstance(i, ColumnBatch)))[0])
                asked = len(device.requests)
                while len(device.requests) < asked + 3:
                    await asyncio.sleep(0.005)
                await device.put(0, words("I", 1_800_000_001))
                told.append((await first(stream, lambda i: isinstance(i, ColumnBatch)))[0])
            counts = {count for function, _, count in device.requests if function == 3}
            await device.put(0, [0, 0])
            untimed = await read(device.port, *tags, time=clock)
            return told, counts, untimed

    told, counts, untimed = asyncio.run(body())
    assert [b.source_time.tolist() for b in told] == [[1_800_000_000_000_000], [1_800_000_001_000_000]]
    assert counts == {3}
    assert (untimed.quality[0], untimed.reason[0]) == (Quality.UNCERTAIN, Reason.NO_TIME)


def test_cut_cable_is_told_once_and_the_stream_goes_on_within_ten_seconds():
    """A lost link is an open gap at once, the same gap with its end before the first new sample, and no more."""
    tags = (tag("a", "holding:0"),)

    async def body():
        async with Device() as device, Cable(device.port) as cable:
            link = connection(cable.port, *tags)
            loop = asyncio.get_running_loop()
            async with aclosing(link.subscribe(ReadPlan(tags), 1000)) as stream:
                await first(stream, value(0.0))
                await cable.cut()
                start = loop.time()
                await first(stream, lambda i: isinstance(i, Gap) and i.reason == LINK_LOST)
                noticed = loop.time() - start
                await device.put(0, [8])
                await asyncio.sleep(1.2)  # attempts to reconnect fail meanwhile, and say nothing
                await cable.join()
                start = loop.time()
                _, passed = await first(stream, value(8.0))
            return noticed, loop.time() - start, [i for i in passed if isinstance(i, Gap) and i.reason == LINK_LOST]

    noticed, back, gaps = asyncio.run(body())
    assert noticed < 1
    assert back < 10
    assert [g.end is None for g in gaps] == [False]


def test_device_that_is_too_slow_for_its_polls_is_a_gap():
    """What could not be polled in time is counted: the asked rate is not reached in silence."""

    async def slow(*arguments):
        await asyncio.sleep(0.12)

    tags = (tag("a", "holding:0", every=Duration(0.02)),)

    async def body():
        served = Device()
        served.noticed = slow
        async with served:
            link = connection(served.port, *tags)
            async with aclosing(link.subscribe(ReadPlan(tags), 1000)) as stream:
                gap, _ = await first(stream, lambda i: isinstance(i, Gap) and i.reason != LINK_LOST)
            return gap

    gap = asyncio.run(body())
    assert gap.reason == "polls missed"
    assert gap.samples >= 3


def test_write_needs_consent_keeps_type_and_scale_and_is_audited():
    """Registers, a coil and one bit of a register; what does not fit or the device refuses is told, not sent."""
    tags = (
        tag("set", "holding:0", type="float32", word_order="little", scale=0.5),
        tag("lamp", "coil:3"),
        tag("run", "holding:5.2"),
        tag("small", "holding:6", type="int16"),
        tag("gone", "holding:55"),
        tag("name", "holding:8", type="text", length=2),
    )
    plan = ReadPlan(tags)
    values = make_batch(
        range(6), 0, 0, [20.5, 1, 1, 40000, 1, np.nan], text=np.array([None] * 5 + ["AB7"], dtype=object)
    )

    async def body():
        async with Device() as device:
            await device.put(5, [0b1001])
            link = connection(device.port, *tags, write="[coil:3]")
            reports = []
            link._audit = reports.append
            sent = len(device.requests)
            with pytest.raises(Refused, match="holding:0"):
                await link.write(plan, values, Consent("p", frozenset({"coil:3"})))
            assert len(device.requests) == sent
            report = await link.write(plan, values, Consent("p", frozenset(t.address for t in tags), "why"))
            await link.close()
            stored = (
                await device.get(0, 2), await device.get(5, 1), await device.get(6, 1), await device.get(8, 2),
                (await device.get(3, 1, function=1))[0],
            )  # fmt: skip
            return reports, report, stored

    reports, report, stored = asyncio.run(body())
    assert stored == (words("f", 41.0)[::-1], [0b1101], [0], words("4s", b"AB7"), True)
    assert [r.accepted for r in report.results] == [True, True, True, False, False, True]
    assert "does not fit into int16" in report.results[3].detail
    assert "exception 2 (illegal data address)" in report.results[4].detail
    assert len(reports) == 2


def test_safety_is_read_only_however_its_address_is_spelled():
    """A consent for the same register under another spelling, or for a part of it, writes nothing."""
    stop = tag("stop", "holding:4", type="float32", safety=True)

    async def body():
        async with Device() as device:
            link = connection(device.port, stop)
            results = []
            for address in ("1/holding:4", "holding:5", "holding:5.3"):
                plan = ReadPlan((PlannedTag("x", "m1", address),))
                report = await link.write(plan, make_batch([0], 0, 0, [1.0]), Consent("p", frozenset({address})))
                results += [(r.accepted, "marked safety" in r.detail) for r in report.results]
            await link.close()
            return results, device.requests

    results, requests = asyncio.run(body())
    assert results == [(False, True)] * 3
    assert requests == []


def test_absent_device_is_unreachable_and_a_mute_one_late():
    """Nobody listens at the port; or somebody does, and says nothing until the deadline."""

    async def body():
        with pytest.raises(Unreachable, match="press cannot be reached"):
            await read(free_port(), tag("a", "holding:0"))
        async with Misbehaving(lambda *_: b"") as device:
            link = connection(device.port, timeout="60 s")
            with pytest.raises(DeadlineExceeded, match=r"within 0\.3 s"):
                await link.read(ReadPlan((tag("a", "holding:0"),)), Deadline(0.3))
            await link.close()
            await link.close()

    asyncio.run(body())


def test_nothing_is_browsed():
    """Modbus does not say what a device holds."""

    async def body():
        with pytest.raises(Refused, match="does not say"):
            [t async for t in connection(free_port()).browse(None)]

    asyncio.run(body())


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"endpoint": "tcp://u:secret@h:502"}, "must not hold a user"),
        ({"unit": 300}, "unit is 300"),
        ({"poll": "1 ms"}, "poll is 0.001 s"),
        ({"write": "[input:3]"}, "only coil and holding"),
        ({"most": 1}, "most between"),
        ({"tags": "[{signal: a, asset: m1, address: '40001'}]"}, "it is holding:0"),
        ({"tags": "[{signal: a, asset: m1, address: coil:1, type: int16}]"}, "is one bit"),
        ({"tags": "[{signal: a, asset: m1, address: holding:65535, type: float32}]"}, "ends beyond"),
        ({"tags": "[{signal: a, asset: m1, address: holding:1, range: [5, 1]}]"}, "lowest, highest"),
        (
            {"tags": "[{signal: a, asset: m1, address: holding:1, safety: true}]", "write": "[1/holding:1]"},
            "marked safety",
        ),
        (
            {
                "tags": "[{signal: a, asset: m1, address: holding:1, type: float64, safety: true}]",
                "write": "[holding:4.2]",
            },
            "marked safety",
        ),
        ({"time": "{address: coil:1}"}, "clock lies in registers"),
    ],
)
def test_settings_that_no_device_can_answer_are_refused_with_their_field(fields, told):
    """Before anything is sent; a secret is not shown."""
    with pytest.raises(InvalidFile, match=told) as error:
        connection(free_port(), **fields)
    assert "secret" not in str(error.value)


def test_importing_the_plugin_does_not_import_the_driver():
    """It waits until a connection is opened."""
    code = (
        "import sys, ninefold.connectors.modbus, ninefold.connectors.modbus.connector;"
        "assert not any(m.split('.')[0] == 'pymodbus' for m in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
