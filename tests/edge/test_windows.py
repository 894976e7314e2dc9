"""What a window counts: latencies in the same bins on every device."""

import numpy as np

from ninefold.edge.windows import Windows
from ninefold.kernel.canonical import sha256
from ninefold.kernel.records import encode
from ninefold.vocabulary.columns import Columns
from ninefold.vocabulary.window import LATENCY_EDGES_MS, WINDOW, Window


def decision(n: int) -> Columns:
    return {
        "asset": np.array(["m1"], object), "t": np.array([n]), "score": np.array([0.5]), "alarm": np.array([False]),
        "by": np.array(["model"], object),
    }  # fmt: skip


def test_latencies_are_counted_in_fixed_bins() -> None:
    """Below the first edge, at an edge, and beyond the last: each once; a restart in mid-window loses none."""
    windows = Windows("b" * 64, {}, parts=4)
    for n, latency in enumerate((0.1, 0.5)):
        assert windows.add(decision(n), {}, latency) == []
    after = Windows("b" * 64, {}, parts=4)
    after.restore(windows.state())
    assert after.add(decision(2), {}, 7.0) == []
    [full] = after.add(decision(3), {}, 4000.0)
    expected = [0] * (len(LATENCY_EDGES_MS) + 1)
    for place in (0, 1, 4, 11):
        expected[place] = 1
    assert full.latencies == tuple(expected)
    assert full.latency_p50_ms == 3.75


def test_a_window_without_latencies_has_the_digest_it_always_had() -> None:
    """A device of an older version sends none: what is absent is in no digest."""
    window = Window("m1", "producing", "b" * 64, 1, 0, 9, 4)
    assert b"latencies" not in encode(WINDOW, window)
    assert sha256(encode(WINDOW, window)) == "8150761e8ede7286286c08f27d5d34bd153eecb115a5b7b31b3c80ee3e6d68a8"
