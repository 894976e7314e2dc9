"""An agent as a real process over a made-up live machine, for tests that kill it.

Run as `python -m ninefold.testing.agent CONFIG`. The machine makes a part every 20 ms; a file `torque` beside the
configuration says how hard: a list, repeated.
"""

import asyncio
import json
import logging
import signal
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path

from ninefold.connectors.contract import ReadPlan
from ninefold.edge.agent import Agent, Source
from ninefold.edge.config import read_config
from ninefold.testing.edge import FakeSource, plan, samples
from ninefold.vocabulary.batch import ColumnBatch, Gap

PART_S = 0.02


class LiveParts(FakeSource):
    """A source that never ends; a fake of the connector's contract."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    async def subscribe(self, plan: ReadPlan, max_pending: int) -> AsyncGenerator[ColumnBatch | Gap, None]:
        """Yield part after part, in the time of a machine that has been running since the epoch of the test."""
        del plan, max_pending
        first = int(time.time() / PART_S) % 10_000_000
        for part in range(first, first + 10_000_000):
            torques = json.loads((self.folder / "torque").read_text(encoding="ascii"))
            yield samples(part, float(torques[part % len(torques)]))
            await asyncio.sleep(PART_S)


async def _run(path: Path) -> None:
    config, places = read_config(path)
    agent = Agent(config, places, Source(LiveParts(path.parent), plan(), ()))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, agent.stop)
    await agent.run()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    asyncio.run(_run(Path(sys.argv[1])))
