"""The suite catches what it is for: one planted mistake per rule makes that rule fail."""

from dataclasses import replace

import pytest
from tests.connectors.modbus.rig import ModbusRig

from ninefold.connectors.connection import Connection
from ninefold.connectors.contract import Deadline, ReadPlan
from ninefold.connectors.modbus.connector import ModbusConnection
from ninefold.testing.connectors import BenchSuite, PlantSuite, streams
from ninefold.vocabulary.batch import Gap, join


class Shuffled(ModbusConnection):
    async def _read(self, plan):
        batch = await super()._read(plan)
        return replace(batch, value=batch.value[::-1])


class Local(ModbusConnection):
    async def _read(self, plan):
        batch = await super()._read(plan)
        return replace(batch, source_time=batch.source_time + 7_200_000_000)


class OneByOne(ModbusConnection):
    async def _read(self, plan):
        parts = [await super(OneByOne, self)._read(ReadPlan((t,))) for t in plan.tags]
        return join([replace(p, tag=p.tag + i) for i, p in enumerate(parts)])


class Forgiving(ModbusConnection):
    def _not_found(self, addresses):
        return super()._not_found(addresses[:1])


class Unmapped(ModbusConnection):
    def _mapped(self, error):
        return None


class Silent(ModbusConnection):
    async def subscribe(self, plan, max_pending):
        async for item in super().subscribe(plan, max_pending):
            if not isinstance(item, Gap):
                yield item


class Backwards(ModbusConnection):
    count = 0

    async def _subscribe(self, plan):
        async for item in super()._subscribe(plan):
            self.count += 1
            yield item if isinstance(item, Gap) else replace(item, source_time=item.source_time - self.count * 10**6)


class Eager(ModbusConnection):
    async def write(self, plan, values, consent):
        await self._write(plan, values)
        return await Connection.write(self, plan, values, consent)


class Patient(ModbusConnection):
    async def read(self, plan, deadline):
        return await super().read(plan, Deadline(deadline.seconds + 10))


CASES = [
    (Shuffled, "test_reads_come_in_the_plan_s_order_with_time_and_quality"),
    (Local, "test_reads_come_in_the_plan_s_order_with_time_and_quality"),
    (Forgiving, "test_every_unknown_address_is_named"),
    (Unmapped, "test_errors_of_the_driver_are_ours"),
    (Eager, "test_nothing_is_written_without_consent"),
    (OneByOne, "test_tags_are_read_together"),
    (Silent, "test_lost_link_is_told_once_and_the_stream_goes_on"),
    (Backwards, "test_samples_of_a_tag_come_in_time_order"),
    (Patient, "test_deadline_holds_against_a_server_that_says_nothing"),
]


class PlantedRig(ModbusRig):
    """The rig of Modbus with a connection that has a mistake. Slow to lose patience, so that its deadline shows."""

    class_ = ModbusConnection

    def tree(self, port):
        return {**super().tree(port), "timeout": "3 s"}

    def connect(self, port):
        return self.class_("bench", self.settings(port))


@pytest.mark.parametrize(("class_", "rule"), CASES, ids=[c.__name__ for c, _ in CASES])
def test_planted_mistake_makes_its_rule_fail(class_, rule, tmp_path, monkeypatch):
    """And without the mistake the same rule passes, as the conformance of Modbus shows."""
    monkeypatch.setattr(streams, "IN_TIME_S", 2.0)
    rig = PlantedRig(tmp_path)
    rig.class_ = class_
    with pytest.raises((AssertionError, TimeoutError, pytest.fail.Exception)):
        getattr(PlantSuite(), rule)(rig)


def test_tier_cannot_be_claimed_without_its_rules(tmp_path):
    """Modbus claims plant: the suite of bench alone does not do."""
    with pytest.raises(AssertionError):
        BenchSuite().test_manifest_says_what_the_code_does(ModbusRig(tmp_path))
