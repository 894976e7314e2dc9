"""A live feed in a process of its own, to be killed: numbers go into the queue, the uplink sends them on.

Run as: feed.py FOLDER URL CREDENTIAL (feed | drain). It prints each number that the queue has taken, after the commit.
"""

import sys
import time
from pathlib import Path

import numpy as np

from ninefold.edge.centre import Centre
from ninefold.edge.queue import Batch, Queue
from ninefold.edge.uplink import Uplink
from ninefold.kernel.columnar import pack

folder, url, credential, mode = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]


def open_queue() -> Queue:
    return Queue(folder / "agent.db", "gateway-1")


def told(centre: Centre, desired: str) -> None:
    """Nothing is desired in this test."""


uplink = Uplink(open_queue, lambda: Centre(url, credential=credential, timeout_s=3), told, every_s=0.05)
uplink.start()
with open_queue() as queue:
    number = int(queue.checkpoint("next") or b"1")
    while mode == "feed":
        numbers = np.arange(number, number + 10)
        number += 10
        data = pack({"n": numbers})
        queue.commit(
            [Batch("raw", data, 10, int(numbers[0]), int(numbers[-1]))], checkpoint={"next": str(number).encode()}
        )
        sys.stdout.write(f"{number - 1}\n")
        sys.stdout.flush()
        uplink.wake()
    deadline = time.monotonic() + 30
    while queue.pending() and time.monotonic() < deadline:
        time.sleep(0.05)  # another process answers; there is no event to wait for
    uplink.stop()
