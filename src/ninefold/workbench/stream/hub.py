"""The one place that looks, draws and tells: all open streams of a workbench hang on it."""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ninefold.kernel.errors import NinefoldError, Refused
from ninefold.workbench.project import Project
from ninefold.workbench.stream.panels import Watched, drawn
from ninefold.workbench.stream.ring import Ring
from ninefold.workbench.stream.watching import Topic, Watcher

TICK_S = 0.5
BEAT_S = 15.0
LONGEST_S = 600.0  # then the browser comes again, and whether it may is asked again
MOST_OF_ONE, MOST = 24, 1000  # streams of one person, and of all
MOST_DRAWN = 40  # different pages drawn in one tick; the others are told that something changed
T = TypeVar("T")
_log = logging.getLogger("ninefold.workbench")


class Hub:
    """Streams of one event loop. `publish` may be called from any thread."""

    def __init__(self, project: Project, *, tick_s: float = TICK_S, beat_s: float = BEAT_S) -> None:
        self.project, self.ring = project, Ring()
        self._tick_s, self._beat_s = tick_s, beat_s
        self._watcher = Watcher(project)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="stream")
        self._moved = asyncio.Event()
        self._people: Counter[str] = Counter()
        self._pages: Counter[Watched] = Counter()
        self._shown: dict[Watched, dict[str, str]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._trouble = ""
        self._looked = self.ended = False

    @property
    def open(self) -> int:
        """How many streams are open."""
        return self._people.total()

    def publish(self, *topics: Topic) -> None:
        """Tell every open page that something of these topics changed."""
        loop = self._loop
        if loop is not None and not self.ended:
            loop.call_soon_threadsafe(self._say, "changed", {"topics": sorted(topics)})

    def admit(self, person: str) -> None:
        """Return when one more stream of a person may be opened.

        Raises:
            Refused: there are too many.
        """
        if self.ended or self.open >= MOST or self._people[person] >= MOST_OF_ONE:
            message = f"{self._people[person]} pages are live for one person already."
            raise Refused(message, hint="Close some, and reload this one.")

    async def feed(self, person: str, page: Watched | None, last: str) -> AsyncIterator[bytes]:
        """Yield what a page is told, until it goes, the server ends or the stream is old."""
        self._begin()
        ring, until = self.ring, time.monotonic() + LONGEST_S
        position = ring.number_of(last) if last else ring.last
        if not self._looked:  # what changes from now on is seen; before the first look there is nothing to compare with
            self._looked = True
            await self._tick()
        with self._counted(person, page):
            yield b"retry: 2000\n\n" + ring.encoded("open", {}, ring.last if position is None else position)
            if page is not None and (shown := self._shown.get(page)):
                yield ring.encoded("panels", {"panels": shown}, ring.last if position is None else position)
            while not self.ended and time.monotonic() < until:
                moved = self._moved
                events = None if position is None else ring.after(position)
                position = ring.last
                if events is None:
                    yield ring.encoded("reset", {}, position)
                elif told := b"".join(e.data for e in events if e.of is None or e.of == page):
                    yield told
                elif not await _happens(moved, self._beat_s):
                    yield b": beat\n\n"

    def end(self) -> None:
        """End every stream; called from the event loop, before the server waits for its connections."""
        self.ended = True
        self._wake()

    async def close(self) -> None:
        """End the streams and the looking."""
        self.end()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._apart(self._watcher.close)
        self._pool.shutdown()

    # Inside

    def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._run())

    @contextlib.contextmanager
    def _counted(self, person: str, page: Watched | None) -> Iterator[None]:
        self._people[person] += 1
        if page is not None:
            self._pages[page] += 1
        try:
            yield
        finally:
            self._people[person] -= 1
            if page is not None:
                self._pages[page] -= 1
                if not self._pages[page]:
                    del self._pages[page]
                    self._shown.pop(page, None)

    async def _run(self) -> None:
        """Look and tell while anybody listens."""
        cost = 0.0
        while not self.ended:
            await asyncio.sleep(max(self._tick_s, 2 * cost))  # never more than a third of one core
            if not self.open:
                return
            began = time.monotonic()
            await self._tick()
            cost = time.monotonic() - began

    async def _tick(self) -> None:
        try:
            topics = await self._apart(self._watcher.look)
            pages = list(self._pages)
            new = [p for p in pages if p not in self._shown]
            for page in (pages if topics else new)[:MOST_DRAWN]:
                self._tell(page, await self._apart(lambda p=page: drawn(self.project, p)))  # type: ignore[misc]  # bound now
        except NinefoldError as error:
            self._troubled(f"{error.message} {error.hint}".strip())
            return
        self._troubled("")
        if topics:
            self._say("changed", {"topics": sorted(topics)})

    def _tell(self, page: Watched, found: dict[str, str]) -> None:
        """Tell the readers of a page which of its panels look otherwise now."""
        if page not in self._pages:
            return  # its last reader went meanwhile
        before = self._shown.get(page, {})
        self._shown[page] = found
        if changed := {n: h for n, h in found.items() if before.get(n) != h}:
            self._say("panels", {"panels": changed}, page)

    def _troubled(self, text: str) -> None:
        if text != self._trouble:
            self._trouble = text
            _log.log(logging.ERROR if text else logging.INFO, "stream: %s", text or "the project can be read again")
            self._say("trouble", {"text": text})

    def _say(self, name: str, value: object, of: Watched | None = None) -> None:
        self.ring.add(name, value, of)
        self._wake()

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def _apart(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


async def _happens(event: asyncio.Event, within_s: float) -> bool:
    try:
        async with asyncio.timeout(within_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
