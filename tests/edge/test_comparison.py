"""The sequential comparison decides on doubled alarms and keeps its promise when nothing changed."""

import numpy as np

from ninefold.edge.comparison import ALPHA, Comparison


def run(more: float, fewer: float, parts: int, rng: np.random.Generator, assets: int = 4) -> tuple[bool, int]:
    """Return (decided, parts until then); on each part one side alone alarms with the given chances."""
    state = Comparison()
    for part in range(parts):
        u = rng.random()
        state = state.add(f"m{part % assets}", candidate=u < more, active=more <= u < more + fewer)
        if state.decided:
            return True, part + 1
    return False, parts


def test_a_candidate_that_doubles_the_alarms_is_found() -> None:
    """The active bundle alarms on every tenth part, the candidate on these and as many others."""
    state = Comparison()
    for part in range(200):
        state = state.add(f"m{part % 8}", candidate=part % 10 in {0, 5}, active=part % 10 == 0)
        if state.decided:
            break
    assert state.decided
    assert state.parts <= 100


def test_equal_rates_are_blamed_in_at_most_alpha_of_all_runs() -> None:
    """300 runs of 400 parts, looked at after each part: the upper bound of a 5 % chance is 26."""
    rng = np.random.default_rng(11)
    blamed = sum(run(0.05, 0.05, 400, rng)[0] for _ in range(300))
    assert blamed <= 300 * ALPHA + 3 * np.sqrt(300 * ALPHA * (1 - ALPHA))


def test_a_candidate_that_alarms_less_is_never_blamed() -> None:
    """The test has one side."""
    rng = np.random.default_rng(12)
    assert not any(run(0.0, 0.1, 400, rng)[0] for _ in range(20))


def test_one_long_disagreement_counts_once() -> None:
    """A tool that only the candidate calls worn is one cause, however many parts it still cuts."""
    state = Comparison()
    for _ in range(50):
        state = state.add("m1", candidate=True, active=False)
    assert (state.more, state.fewer) == (1, 0)
    for _ in range(3):
        state = state.add("m1", candidate=False, active=False)
    assert state.add("m1", candidate=True, active=False).more == 2


def test_no_part_is_no_evidence() -> None:
    """And a great deal of it is no overflow."""
    assert Comparison().evidence == 1
    assert Comparison(more=5000).evidence == float("inf")
    assert Comparison(fewer=5000).evidence == 0
