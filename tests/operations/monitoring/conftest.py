"""A centre with a store, and alarms as devices send them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ninefold.kernel.records import Draft, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.alarm import EPISODE, AlarmEpisode, Signal

Raise = Callable[..., AlarmEpisode]
NOW = 1_795_500_000_000_000
HOUR = 3_600_000_000
DRIFT = "drift:REQ-x/input-drift"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / ".ninefold" / "store.db") as found:
        yield found


@pytest.fixture
def raised(store: SqliteStore) -> Raise:
    """Put an episode as the device gateway-1 raised it."""

    def put(id: str = "a" * 64, asset: str = "m3", cause: str = DRIFT, at: int = NOW - HOUR) -> AlarmEpisode:
        signals = (Signal("process_air_residual", -0.9, 1.8, "low"),)
        episode = AlarmEpisode(id, asset, cause, "raised", at, bundle="b" * 64, signals=signals)
        store.put([Draft(EPISODE, encode(EPISODE, episode), "agent@1", "device:gateway-1", at)])
        return episode

    return put
