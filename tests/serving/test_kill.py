"""SIGKILL while bundles change: after the restart the old or the new one serves, whole, never a broken one."""

import random
import threading
import time
from collections.abc import Callable

from ninefold.testing.bundles import small_graph, small_payload
from ninefold.testing.serving import Shop, rows_request

GRAPHS = {1: small_graph((0.2, 0.0)), 2: small_graph((0.21, 0.0)), 3: small_graph((0.22, 0.0))}


def files(shop: Shop) -> dict[int, bytes]:
    """Return a bundle file of each version."""
    return {v: shop.made(small_payload(onnx=graph), v) for v, graph in GRAPHS.items()}


def version_of(shop: Shop) -> str:
    """Return which version answers."""
    status, told = shop.infer(rows_request([[51.0, 1500.0]]))
    return str(told.get("model_version", status))


def until(met: Callable[[], bool], seconds: float = 15.0) -> None:
    """Return once the server did something; it tells nobody."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_killed_at_random_moments_of_a_reload(own: Shop) -> None:
    """Twenty times SIGKILL while a new file is put in place: after the restart the old or the new one serves, whole."""
    made = files(own)
    rng = random.Random(20261125)
    version = 1
    own.put("model", made[1])
    own.start()
    for _ in range(20):
        assert own.process is not None
        killer = threading.Timer(rng.uniform(0.0, 0.12), own.process.kill)
        killer.start()
        version = version % 3 + 1
        own.put("model", made[version])
        killer.join()
        own.kill()
        own.start()
        assert own.refused() == []
        assert version_of(own) == str(version)


def test_killed_while_the_file_is_written_in_place(own: Shop) -> None:
    """Half a file is never served: the restart refuses it by name, and serves the other version that is there."""
    made = files(own)
    path = own.put("model", made[1])
    own.put("older", made[2])
    rng = random.Random(7)
    own.start()
    for _ in range(2):
        with path.open("wb") as stream:
            stream.write(made[3][: rng.randrange(1, len(made[3]))])
        own.kill()
        own.start()
        assert version_of(own) == "2"
        assert own.refused() == [str(path)]
        own.put("model", made[3])
        until(lambda: version_of(own) == "3")
