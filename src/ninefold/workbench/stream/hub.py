"""The one place that looks, draws and tells: all open streams of a workbench hang on it."""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from ninefold.kernel.errors import NinefoldError, Refused
from ninefold.workbench.project import Project
from ninefold.workbench.stream.panels import Painter, Watched
from ninefold.workbench.stream.ring import Ring
from ninefold.workbench.stream.watching import Topic, Watcher

TICK_S = 0.1  # a look where nothing moved costs a tenth of a millisecond
BEAT_S = 15.0
LONGEST_S = 600.0  # then the browser comes again, and whether it may is asked again
MOST_OF_ONE, MOST = 24, 1000  # streams of one person, and of all
MOST_DRAWN = 40  # different pages drawn in one tick; the others are told that something changed
T = TypeVar("T")
_log = logging.getLogger("ninefold.workbench")


@dataclass(eq=False, slots=True)
class _Reader:
    """One open stream: its page, and the number of the last event that it was told or that was not for it."""

    page: Watched | None
    position: int
    moved: asyncio.Event = field(default_factory=asyncio.Event)


class Hub:
    """Streams of one event loop. `publish` may be called from any thread."""

    def __init__(self, project: Project, *, tick_s: float = TICK_S, beat_s: float = BEAT_S) -> None:
        self.project, self.ring = project, Ring()
        self._tick_s, self._beat_s = tick_s, beat_s
        self._watcher, self._painter = Watcher(project), Painter(project)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="stream")
        self._readers: set[_Reader] = set()
        self._people: Counter[str] = Counter()
        self._pages: Counter[Watched] = Counter()
        self._shown: dict[Watched, dict[str, str]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._trouble = ""
        self._untold: set[Topic] = set()  # what moved and could not be drawn yet
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
        reader = _Reader(page, ring.last if position is None else position)
        with self._counted(person, reader):
            yield b"retry: 2000\n\n" + ring.encoded("open", {}, reader.position)
            if page is not None and (shown := self._shown.get(page)):
                yield ring.encoded("panels", {"panels": shown}, reader.position)
            if last and position is None:
                yield ring.encoded("reset", {}, reader.position)
            while not self.ended and time.monotonic() < until:
                reader.moved.clear()
                events = ring.after(reader.position)
                reader.position = ring.last
                if events is None:
                    yield ring.encoded("reset", {}, reader.position)
                elif told := b"".join(e.data for e in events if e.of is None or e.of == page):
                    yield told
                elif not await _happens(reader.moved, self._beat_s):
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
    def _counted(self, person: str, reader: _Reader) -> Iterator[None]:
        page = reader.page
        self._people[person] += 1
        self._readers.add(reader)
        if page is not None:
            self._pages[page] += 1
        try:
            yield
        finally:
            self._people[person] -= 1
            self._readers.discard(reader)
            if page is not None:
                self._pages[page] -= 1
                if not self._pages[page]:
                    del self._pages[page]
                    self._shown.pop(page, None)

    async def _run(self) -> None:
        """Look and tell while anybody listens."""
        cost = 0.0
        while not self.ended:
            await asyncio.sleep(max(self._tick_s, cost))  # never more than half of one core
            if not self.open:
                return
            cost = await self._tick()

    async def _tick(self) -> float:
        """Look once, and draw and tell what moved; return the CPU seconds that it took."""
        cost = 0.0
        try:
            topics, cost = await self._apart(_timed(self._watcher.look))
            self._untold |= topics
            pages = list(self._pages)
            due = [p for p in pages if self._untold or p not in self._shown][:MOST_DRAWN]
            found, drawing = await self._apart(_timed(partial(self._painter.draw, due, {*pages})))
        except NinefoldError as error:
            self._troubled(f"{error.message} {error.hint}".strip())
            return cost
        for page, panels in found.items():
            self._tell(page, panels)
        self._troubled("")
        if self._untold:
            self._say("changed", {"topics": sorted(self._untold)})
            self._untold = set()
        return cost + drawing

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
        """Add an event and wake those whom it concerns; the others, where they missed nothing, are past it already."""
        event = self.ring.add(name, value, of)
        for reader in self._readers:
            if of is None or reader.page == of:
                reader.moved.set()
            elif reader.position == event.number - 1:
                reader.position = event.number

    def _wake(self) -> None:
        for reader in self._readers:
            reader.moved.set()

    async def _apart(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _timed(work: Callable[[], T]) -> Callable[[], tuple[T, float]]:
    """Return work that also tells the CPU seconds of its thread: a busy machine must not make the hub rest longer."""

    def done() -> tuple[T, float]:
        began = time.thread_time()
        return work(), time.thread_time() - began

    return done


async def _happens(event: asyncio.Event, within_s: float) -> bool:
    try:
        async with asyncio.timeout(within_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
