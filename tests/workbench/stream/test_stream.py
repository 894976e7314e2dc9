"""The stream on real sockets."""

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.workbench.desk import APPROVER
from tests.workbench.stream.listening import client, event, listening, put_alarm

from ninefold.kernel.errors import StoreLocked
from ninefold.workbench.project import Project
from ninefold.workbench.stream.hub import MOST_OF_ONE, Hub
from ninefold.workbench.stream.panels import Watched
from ninefold.workbench.stream.ring import KEPT

CLIENTS = 100


def test_a_change_reaches_every_open_page(root: Path) -> None:
    """With its topics, and without a request of the page."""

    async def work(port: int) -> None:
        async with client(port) as first, client(port) as second:
            for reader in (first, second):
                await event(reader, "open")
            await asyncio.sleep(0)
            await looked(port)
            put_alarm(root, "a1")
            for reader in (first, second):
                assert b'"alarms"' in await event(reader, "changed")

    with listening(root) as (server, port, _):
        hub = server.app.state.stream

        async def looked(_: int) -> None:
            while hub._watcher._newest is None:
                await asyncio.sleep(0.02)

        asyncio.run(work(port))


def test_who_comes_back_gets_what_was_missed_or_is_told_to_read_anew(root: Path) -> None:
    """By the id of the last event; an id of another server means all anew."""

    async def work(port: int) -> None:
        async with client(port) as reader:
            id = (await event(reader, "open")).split(b"id: ")[1].split(b"\n")[0].decode()
        hub.publish("fleet")
        hub.publish("decisions")
        async with client(port, last_event_id=id) as reader:
            assert b'"fleet"' in await event(reader, "changed")
            assert b'"decisions"' in await event(reader, "changed")
        async with client(port, last_event_id="0000-3") as reader:
            assert b"reset" in await event(reader, "reset")

    with listening(root) as (server, port, _):
        hub = server.app.state.stream
        asyncio.run(work(port))


def test_a_server_with_a_hundred_open_streams_ends_within_three_seconds(root: Path) -> None:
    """And each stream ends as a whole answer, not as a broken one."""
    viewers = [APPROVER.__class__(f"person-{n}", "N", "viewer") for n in range(CLIENTS)]

    async def work(port: int) -> float:
        async with AsyncExitStack() as stack:
            readers = [await stack.enter_async_context(client(port, f"/stream?as={n}")) for n in range(CLIENTS)]
            await asyncio.gather(*(event(r, "open") for r in readers))
            began = time.monotonic()
            server.should_exit = True
            rest = await asyncio.gather(*(r.read() for r in readers))
            assert all(r.endswith(b"0\r\n\r\n") for r in rest)
            await asyncio.to_thread(thread.join, 10)
            assert not thread.is_alive()
            return time.monotonic() - began

    with listening(root, viewers) as (server, port, thread):
        took = asyncio.run(work(port))
    assert took < 3.0


def test_one_person_cannot_open_streams_without_end(root: Path) -> None:
    """The others are refused with the reason, and a closed one makes room."""

    async def work(port: int) -> None:
        async with AsyncExitStack() as stack:
            for _ in range(MOST_OF_ONE):
                await event(await stack.enter_async_context(client(port)), "open")
            with pytest.raises(AssertionError, match="403"):
                await stack.enter_async_context(client(port))
        while hub.open:
            await asyncio.sleep(0.02)
        async with client(port) as reader:
            await event(reader, "open")

    with listening(root) as (server, port, _):
        hub = server.app.state.stream
        asyncio.run(work(port))


def test_a_store_that_is_gone_is_told_and_comes_back(root: Path) -> None:
    """The page stays, and says so."""

    async def work(port: int) -> None:
        async with client(port) as reader:
            await event(reader, "open")
            (root / ".ninefold").rename(root / "away")
            assert b"gone" in await event(reader, "trouble")
            (root / "away").rename(root / ".ninefold")
            assert b'"text":""' in await event(reader, "trouble")

    with listening(root) as (_, port, _thread):
        asyncio.run(work(port))


def test_what_other_pages_are_told_neither_wakes_nor_resets_a_page(root: Path) -> None:
    """However much it is: the ring of events holds what all are told."""
    mine, other = (Watched("asset", name, "en", "UTC", "viewer") for name in ("m1", "m2"))

    async def work() -> None:
        hub = Hub(Project(root))
        feed = hub.feed("person", mine, "")
        assert b"event: open" in await anext(feed)
        [reader] = hub._readers
        for n in range(3 * KEPT):
            hub._say("panels", {"panels": {"a": str(n)}}, other)
        assert not reader.moved.is_set()
        hub._say("panels", {"panels": {"a": "mine"}}, mine)
        hub._say("changed", {"topics": ["fleet"]})
        told = await anext(feed)
        assert told.count(b"event: ") == 2
        assert b"mine" in told
        assert b'"fleet"' in told
        await feed.aclose()  # type: ignore[attr-defined]  # it is a generator
        await hub.close()

    asyncio.run(work())


def test_what_moved_while_it_could_not_be_drawn_is_told_afterwards(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that was locked for a moment costs no page its change."""

    async def work() -> None:
        hub = Hub(Project(root))
        await hub._tick()
        draw = hub._painter.draw
        monkeypatch.setattr(hub._painter, "draw", lambda *_: (_ for _ in ()).throw(StoreLocked("The store is locked.")))
        put_alarm(root, "a1")
        before = hub.ring.last
        await hub._tick()
        monkeypatch.setattr(hub._painter, "draw", draw)
        await hub._tick()
        told = b"".join(e.data for e in hub.ring.after(before) or [])
        assert told.count(b"event: trouble") == 2
        assert told.count(b"event: changed") == 1
        assert b'"alarms"' in told
        await hub.close()

    asyncio.run(work())
