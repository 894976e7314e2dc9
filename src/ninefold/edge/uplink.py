"""Sends what the queue holds and deletes what the centre acknowledges; offline it waits ever longer, losing nothing."""

import logging
import random
import threading
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from ninefold.edge.centre import Centre
from ninefold.edge.queue import Queue
from ninefold.kernel.errors import NinefoldError, Unreachable
from ninefold.kernel.parcel import Head, Parcel, Receipt
from ninefold.vocabulary.policy import Policy

_log = logging.getLogger("ninefold.edge.uplink")
_SHORTEST_S, _LONGEST_S = 0.2, 30.0
_LAST_PARCELS = 10
_SEEN = "centre-head"


class Sent(NamedTuple):
    """What one exchange did."""

    entries: int  # that were under way
    deleted: int
    receipt: Receipt


def exchange(queue: Queue, centre: Centre) -> Sent:
    """Send one parcel, even an empty one, and delete what is acknowledged.

    The centre's own head, as it was when it last answered, goes along: each side keeps the other's. So does how much
    waits: what the centre does not have it cannot count.

    Raises:
        ConnectorError: the centre does not answer or refuses; nothing is deleted.
        InvalidInput: the centre acknowledges numbers of another queue.
    """
    kept = queue.checkpoint(_SEEN)
    seen = msgspec.json.decode(kept, type=Head) if kept else None
    entries = tuple(queue.pending())
    receipt = centre.send(Parcel(queue.origin, entries, seen, queue.waiting()))
    deleted = queue.acknowledge(receipt.acknowledged)
    if receipt.head is not None and receipt.head != seen:
        queue.commit(checkpoint={_SEEN: msgspec.json.encode(receipt.head)})
    return Sent(len(entries), deleted, receipt)


class Uplink:
    """A thread that exchanges whenever something waits, and at least every `every_s` seconds."""

    def __init__(
        self, queue: Callable[[], Queue], centre: Callable[[], Centre], told: Callable[[Centre, str], None],
        every_s: float = 2.0, policy: Callable[[Policy], None] | None = None,
    ) -> None:  # fmt: skip
        """Keep how to open queue and centre; both are opened in the thread.

        `told` is called in the thread after each receipt, with the connection and the content of what is desired;
        `policy` with the policy, when the centre told one.
        """
        self._open_queue, self._open_centre, self._told, self._every_s = queue, centre, told, every_s
        self._policy = policy
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)
        self.online = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether the thread lives; it ends only by `stop` or by a mistake of ours."""
        return self._thread.is_alive()

    def wake(self) -> None:
        """Say that something waits."""
        self._wake.set()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End after the exchange that is under way."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        pause_s = _SHORTEST_S
        with self._open_queue() as queue:
            centre = self._open_centre()
            try:
                while not self._stop.is_set():
                    if self._once(queue, centre):
                        pause_s, wait_s = _SHORTEST_S, self._every_s
                    else:
                        wait_s = pause_s * random.uniform(0.7, 1.3)  # noqa: S311 - agents must not return all at once
                        pause_s = min(2 * pause_s, _LONGEST_S)
                    self._wake.wait(wait_s)
                    self._wake.clear()
                self._last(queue, centre)
            finally:
                centre.close()

    def _once(self, queue: Queue, centre: Centre) -> bool:
        """Send until nothing waits; returns whether the centre answered and took it all."""
        try:
            while not self._stop.is_set():
                sent = exchange(queue, centre)
                self._answered()
                for lane, problem in sent.receipt.problems.items():
                    _log.error("the centre stopped lane %s: %s", lane, problem)
                self._told(centre, sent.receipt.desired)
                if self._policy is not None and sent.receipt.policy is not None:
                    self._policy(sent.receipt.policy)
                if sent.receipt.problems or not sent.entries:
                    return not sent.receipt.problems
        except Unreachable as error:
            self._silent(str(error))
            return False
        except NinefoldError as error:
            _log.error("the uplink is stopped for a while: %s", error)
            return False
        return True

    def _last(self, queue: Queue, centre: Centre) -> None:
        """Send what the end of the process left; what the centre does not take now waits in the file."""
        try:
            for _ in range(_LAST_PARCELS if self.online else 0):
                if not exchange(queue, centre).entries:
                    return
        except NinefoldError as error:
            self._silent(str(error))

    def _answered(self) -> None:
        if not self.online:
            self.online = True
            _log.warning("the centre answers")

    def _silent(self, reason: str) -> None:
        if self.online:
            self.online = False
            _log.warning("the uplink is closed: %s", reason)
