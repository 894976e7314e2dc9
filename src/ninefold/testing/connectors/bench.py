"""The rules of the tier bench: a connector may be merged."""

import asyncio
import json
import subprocess
import sys
import time
from typing import Any, ClassVar

import numpy as np
import pytest

from ninefold.connectors.contract import Capability, Consent, Deadline, PlannedTag, ReadPlan
from ninefold.connectors.manifest import manifest_of
from ninefold.kernel.errors import (
    ConnectorError,
    InvalidFile,
    InvalidInput,
    NinefoldError,
    Refused,
    TagNotFound,
    Unreachable,
)
from ninefold.testing.cable import free_port
from ninefold.testing.connectors.rig import NAME, Rig
from ninefold.testing.connectors.streams import IN_TIME_S, first, note
from ninefold.vocabulary.batch import ColumnBatch, Quality, make_batch

NOW_TOLERANCE_S = 3600.0  # of a server's clock on the same machine
SECRET = "kr0kus-in-winter"  # noqa: S105 - made up, to be looked for where it must not stand

_WITHOUT_DRIVER = """
import asyncio, json, sys
from pathlib import Path
connector, tree, pki, drivers = sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4].split()
for driver in drivers:
    sys.modules[driver] = None
from ninefold.connectors.contract import Deadline
from ninefold.kernel.documents import decode, parse_yaml
from ninefold.kernel.errors import NinefoldError
from ninefold.kernel.plugins import load_plugins
plugin = load_plugins("ninefold.connectors").get(connector)
link = plugin.live("bench", decode(parse_yaml(tree, "connections/bench.yaml"), plugin.settings), pki)
print("built")
try:
    asyncio.run(link.open(Deadline(5)))
except NinefoldError as error:
    print(type(error).__name__, error)
"""


class BenchSuite:
    """The rules of the tier bench: it may be merged."""

    tier: ClassVar[str] = "bench"

    def test_manifest_says_what_the_code_does(self, rig: Rig) -> None:
        """Name, capabilities and tier: a tier is claimed by inheriting from its suite, and by nothing else."""
        found, link = manifest_of(rig.plugin), rig.connect(free_port())
        assert found.name == rig.plugin.name == rig.connector
        assert set(found.capabilities) == set(link.capabilities)
        assert found.tier == self.tier
        assert {Capability.READ, Capability.SUBSCRIBE} <= set(found.capabilities)
        assert set(rig.plugin.identity) <= set(rig.plugin.settings.__struct_fields__)

    def test_plugin_and_connection_do_without_the_driveruntil_they_open(self, rig: Rig) -> None:
        """With the driver's packages out of reach everything is built, and opening says what to install."""
        tree = json.dumps(rig.tree(free_port()))
        command = [sys.executable, "-c", _WITHOUT_DRIVER, rig.connector, tree, str(rig.pki), " ".join(rig.drivers)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 - our own words
        built, told = done.stdout.splitlines()[:2]
        assert built == "built"
        expected = ("MissingDependency", "NinefoldError") if rig.drivers else ("Unreachable", "DeadlineExceeded")
        assert told.startswith(expected), told

    def test_bad_settings_are_reported_together(self, rig: Rig) -> None:
        """Two mistakes, two lines."""
        with pytest.raises(InvalidFile) as error:
            rig.settings(free_port(), tags="none", colour="red")
        assert {p.field for p in error.value.problems} >= {"tags", "colour"}

    def test_secrets_are_never_shown(self, rig: Rig) -> None:
        """A password in an address is refused without showing it, or shows in nothing that is printed."""
        port = free_port()
        changes = {
            k: v.replace("//", f"//user:{SECRET}@")
            for k, v in rig.tree(port).items()
            if isinstance(v, str) and "//" in v
        }
        shown = []
        try:
            settings = rig.settings(port, **changes)
        except InvalidFile as error:
            assert changes, "settings without an address were refused"
            shown.append(str(error))
        else:
            assert rig.plugin.live is not None
            link = rig.plugin.live(NAME, settings, rig.pki)
            with pytest.raises(NinefoldError) as failed:
                asyncio.run(link.open(Deadline(5)))
            shown += [str(failed.value), repr(link)]
        assert [s for s in shown if SECRET in s] == []

    def test_closing_twice_is_closing_once(self, rig: Rig) -> None:
        """Before it was opened, and after."""

        async def body() -> None:
            async with rig.running() as (link, _):
                await link.close()
                await link.open(Deadline(IN_TIME_S))
                await link.open(Deadline(IN_TIME_S))
                await link.close()
                await link.close()
                assert len(await link.read(rig.plan(), Deadline(IN_TIME_S))) == len(rig.values())

        asyncio.run(body())

    def test_reads_come_in_the_plan_s_order_with_time_and_quality(self, rig: Rig) -> None:
        """Every tag once; numbers and texts as the server has them; times in UTC; a unit for each tag."""
        plan, values = rig.plan(), rig.values()

        async def body() -> list[tuple[ReadPlan, ColumnBatch]]:
            found = []
            async with rig.running() as (link, _):
                for asked in map(ReadPlan, (plan.tags, plan.tags[::-1], plan.tags[1:2])):
                    batch = await link.read(asked, Deadline(IN_TIME_S))
                    found.append((asked, batch))
            return found

        for asked, batch in asyncio.run(body()):
            assert all(t.unit for t in asked.tags)
            assert batch.tag.tolist() == list(range(len(asked.tags)))
            assert (batch.quality == Quality.GOOD).all(), batch.reason
            texts = [None] * len(batch) if batch.text is None else batch.text.tolist()
            for tag, value, text in zip(asked.tags, batch.value.tolist(), texts, strict=True):
                expected = values[tag.address]
                if isinstance(expected, str):
                    assert text == expected, tag.address
                else:
                    assert value == pytest.approx(expected, rel=1e-6), tag.address
            now = time.time() * 1e6
            for moments in (batch.source_time, batch.receive_time):
                assert np.all(np.abs(moments - now) < NOW_TOLERANCE_S * 1e6), "times are µs UTC"

    def test_every_unknown_address_is_named(self, rig: Rig) -> None:
        """By read and by subscribe; those that exist are not."""
        plan = rig.plan()
        tags = (plan.tags[0], *(PlannedTag(f"x{i}", "m1", a) for i, a in enumerate(rig.unknown)))

        async def body() -> list[str]:
            async with rig.running() as (link, _):
                with pytest.raises(TagNotFound) as read:
                    await link.read(ReadPlan(tags), Deadline(IN_TIME_S))
                with pytest.raises(TagNotFound) as subscribed:
                    await first(link, ReadPlan(tags), lambda _: True)
                return [read.value.message, subscribed.value.message]

        assert rig.unknown
        for message in asyncio.run(body()):
            assert all(address in message for address in rig.unknown), message

    def test_plan_that_is_none_is_refused(self, rig: Rig) -> None:
        """No tag, or one twice."""
        link, tags = rig.connect(free_port()), rig.plan().tags
        for plan in (ReadPlan(()), ReadPlan((tags[0], tags[0]))):
            with pytest.raises(InvalidInput):
                asyncio.run(link.read(plan, Deadline(1)))

    def test_absent_server_is_unreachable(self, rig: Rig) -> None:
        """The message names the connection; no error of the driver comes through."""
        link = rig.connect(free_port())
        with pytest.raises(Unreachable, match=NAME) as error:
            asyncio.run(link.read(rig.plan(), Deadline(IN_TIME_S)))
        assert error.value.hint

    def test_errors_of_the_driver_are_ours(self, rig: Rig) -> None:
        """Each becomes a ConnectorError that names the connection; a mistake of ours stays one."""
        link = rig.connect(free_port())
        for error in rig.driver_errors():
            mapped = link._mapped(error)
            assert isinstance(mapped, ConnectorError), repr(error)
            assert NAME in mapped.message
            assert mapped.hint
        assert link._mapped(KeyError("x")) is None

    def test_subscription_brings_every_tag(self, rig: Rig) -> None:
        """The first samples hold what the server has."""
        values, plan = rig.values(), rig.plan()

        async def body() -> dict[str, float | str]:
            found: dict[str, float | str] = {}
            async with rig.running() as (link, _):
                await first(link, plan, lambda item: note(found, plan, item) >= len(plan.tags))
            return found

        found = asyncio.run(body())
        assert found.keys() == values.keys()
        for address, expected in values.items():
            assert found[address] == (expected if isinstance(expected, str) else pytest.approx(expected, rel=1e-6))

    def test_browsing_names_every_tag_once_or_is_refused(self, rig: Rig) -> None:
        """Names and addresses are unique, and what the plan reads is among them."""

        async def body() -> list[Any]:
            async with rig.running() as (link, _):
                return [tag async for tag in link.browse(None)]

        if Capability.BROWSE in rig.connect(free_port()).capabilities:
            found = asyncio.run(body())
            assert len({t.name for t in found}) == len({t.address for t in found}) == len(found)
            assert {t.address for t in rig.plan().tags} <= {t.address for t in found}
        else:
            with pytest.raises(Refused):
                asyncio.run(body())

    def test_nothing_is_written_without_consent(self, rig: Rig) -> None:
        """A consent for other addresses is none, and safety is read-only for ever; nothing is sent."""
        tag = rig.plan().tags[0]
        safe = PlannedTag("stop", "m1", tag.address, safety=True)

        async def body() -> None:
            async with rig.running() as (link, cable):
                await link.read(rig.plan(), Deadline(IN_TIME_S))
                sent = cable.sent
                for wanted, allowed in ((tag, "other"), (safe, tag.address)):
                    with pytest.raises(Refused):
                        await link.write(
                            ReadPlan((wanted,)), make_batch([0], 0, 0, [1.0]), Consent("p", frozenset({allowed}))
                        )
                if Capability.WRITE not in link.capabilities:
                    with pytest.raises(Refused):
                        await link.write(
                            ReadPlan((tag,)), make_batch([0], 0, 0, [1.0]), Consent("p", frozenset({tag.address}))
                        )
                assert cable.sent - sent <= 1  # a keep-alive may fall in between

        asyncio.run(body())
