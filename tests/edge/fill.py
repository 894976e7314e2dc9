"""Fills a queue until the disk (a limit on the size of files) is full, goes on, gets space, says what became of it."""

import json
import os
import resource
import sys
from pathlib import Path

from ninefold.edge.queue import Batch, Queue
from ninefold.kernel.records import Draft, encode

LIMIT = 600_000
resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, resource.RLIM_INFINITY))
taken, refused, kept = 0, 0, 0
with Queue(Path(sys.argv[1]) / "agent.db", "gateway-1") as queue:
    for i in range(60):
        note = Draft("note@1", encode("note@1", {"n": i}), "s@1", "a", i)
        if queue.commit([Batch("raw", os.urandom(20_000), 10, i * 10, i * 10 + 9)], [note], {"state": str(i).encode()}):
            taken += 10
            kept = i
        else:
            refused += 10
    state = int(queue.checkpoint("state") or b"-1")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    after = queue.commit([Batch("raw", b"x", 10, 600, 609)])
    raw = [e for e in queue.pending(1 << 30, 9999) if e.lane == "raw"]
    found = {
        "taken": taken, "refused": refused, "kept": kept, "state": state, "after": after,
        "there": sum(e.samples for e in raw if e.payload), "lost": sum(e.samples for e in raw if not e.payload),
        "reasons": sorted({e.reason for e in raw if not e.payload}),
        "records": sum(e.lane == "alarm" for e in queue.pending(1 << 30, 9999)),
    }  # fmt: skip
sys.stdout.write(json.dumps(found))
