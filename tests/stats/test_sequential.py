"""The sequential drift test: its evidence against the plain formula, its alarms in control and after a shift."""

import json
import math

import numpy as np
import pytest

from ninefold.stats.drift import DriftReference
from ninefold.stats.sequential import (
    WEIGHTS,
    WINDOW,
    Detector,
    blocks_to_find,
    limit,
    smallest_shift,
    yearly_rate,
)

R, N = 40, 100.0


def _history(rng: np.random.Generator, features: int = 3, blocks: int = R) -> tuple[np.ndarray, np.ndarray]:
    scores = rng.normal(size=(blocks, features, 3)) / math.sqrt(N)
    mean = scores.mean(axis=0)
    return mean, np.maximum(((scores - mean) ** 2).sum(axis=0), (blocks - 1) / N)


def _plain_evidence(
    scores: np.ndarray, references: list[tuple[int, float, float]], weights: tuple[float, ...]
) -> float:
    """Return the evidence of one feature by the formula as printed, one start at a time."""
    total = 0.0
    last = len(scores)
    for start in range(max(0, last - WINDOW), last):
        for j, weight in enumerate(weights):
            blocks, mean, scatter = references[start][0], references[start][1][j], references[start][2][j]
            x = scores[start:, j]
            w = len(x)
            ne, nu = w * blocks / (w + blocks), blocks + w - 2
            q = ne * (x.mean() - mean) ** 2 / (scatter + ((x - x.mean()) ** 2).sum())
            bayes = [(1 + ne * g) ** -0.5 * ((1 + q) / (1 + q / (1 + ne * g))) ** ((nu + 1) / 2) for g in (0.1, 1, 10)]
            total += weight * sum(bayes) / 3
    return total


def test_frozen_evidence_equals_the_plain_formula() -> None:
    """Over more blocks than the window holds."""
    rng = np.random.default_rng(0)
    mean, scatter = _history(rng)
    detector = Detector(mean, scatter, R, N)
    scores = rng.normal(size=(80, 3, 3)) / math.sqrt(N) + 0.05
    for t in range(80):
        total = detector.push(scores[t])
        if t in (0, 5, 63, 64, 79):
            plain = [_plain_evidence(scores[: t + 1, f], [(R, mean[f], scatter[f])] * 80, WEIGHTS) for f in range(3)]
            assert detector.evidence == pytest.approx(plain)
            assert total == pytest.approx(sum(plain) / 3)
    assert detector.mode == "frozen"


def test_growing_evidence_takes_all_earlier_blocks_as_reference() -> None:
    """The reference of a start is the history and every block before that start."""
    rng = np.random.default_rng(1)
    history = rng.normal(size=(20, 1, 3)) * 3 / math.sqrt(N)  # well above the floor
    mean = history.mean(axis=0)
    detector = Detector(mean, ((history - mean) ** 2).sum(axis=0), 20, N)
    scores = rng.normal(size=(70, 1, 3)) * 3 / math.sqrt(N)
    for t in range(70):
        detector.push(scores[t])
    references = []
    for start in range(70):
        before = np.concatenate([history, scores[:start]])[:, 0]
        references.append((20 + start, before.mean(axis=0), ((before - before.mean(axis=0)) ** 2).sum(axis=0)))
    assert detector.mode == "growing"
    assert detector.evidence[0] == pytest.approx(_plain_evidence(scores[:, 0], references, WEIGHTS))


def test_reference_length_sets_the_mode() -> None:
    """Frozen from 40 blocks, growing below, provisional under 14."""
    modes = {}
    for blocks in (13, 14, 39, 40):
        detector = Detector(*_history(np.random.default_rng(0), 1, blocks), blocks, N)
        modes[blocks] = (detector.mode, detector.provisional)
    assert modes == {
        13: ("growing", True), 14: ("growing", False), 39: ("growing", False), 40: ("frozen", False),
    }  # fmt: skip


@pytest.mark.parametrize("blocks", [20, 60])
def test_resumed_detector_goes_on_as_if_never_stopped(blocks: int) -> None:
    """Through JSON, in both modes, with a restart in between."""
    rng = np.random.default_rng(3)
    first = Detector(*_history(rng, 2, blocks), blocks, N)
    scores = rng.normal(size=(90, 2, 3)) / 10
    for t in range(70):
        first.push(scores[t])
    first.restart(1)
    second = Detector.resume(json.loads(json.dumps(first.state())))
    for t in range(70, 90):
        assert first.push(scores[t]) == second.push(scores[t])


def test_detector_resumes_before_its_first_block() -> None:
    """An empty window is a state too."""
    detector = Detector(*_history(np.random.default_rng(0)), R, N)
    again = Detector.resume(json.loads(json.dumps(detector.state())))
    scores = np.full((3, 3), 0.1)
    assert again.push(scores) == detector.push(scores)


def test_blame_names_the_feature_that_moved_and_restart_forgets_it() -> None:
    """After a restart only later blocks count for that feature; the others keep their evidence."""
    rng = np.random.default_rng(4)
    detector = Detector(*_history(rng), R, N)
    moved = np.array([0, 0, 0.5])[:, None] * np.array([1, 0, 0])
    for _ in range(5):
        detector.push(rng.normal(size=(3, 3)) / 10 + moved)
    others = detector.evidence[:2].copy()
    assert detector.blame()[0] == 2
    assert detector.total > limit(1, 365)
    detector.restart(2)
    assert detector.total < 10
    assert (detector.evidence[:2] == others).all()
    detector.push(rng.normal(size=(3, 3)) / 10 + moved)
    detector.push(rng.normal(size=(3, 3)) / 10 + moved)
    assert detector.blame()[0] == 2


def test_practical_shift_only_lowers_evidence() -> None:
    """With the mask, evidence never exceeds that without; a shift beyond it still alarms."""
    rng = np.random.default_rng(5)
    mean, scatter = _history(rng)
    free, masked = Detector(mean, scatter, R, N), Detector(mean, scatter, R, N, practical=0.4)
    for t in range(60):
        x = rng.normal(size=(3, 3)) / 10 + (0.6 if t > 50 else 0.1)
        free.push(x)
        masked.push(x)
        assert (masked.evidence <= free.evidence).all()
        if t == 50:
            assert masked.total < limit(1, 365) / 10 < limit(1, 365) < free.total
    assert masked.total > limit(1, 365)


def test_feature_without_values_is_unchanged() -> None:
    """A silent feature gives no evidence and no NaN."""
    detector = Detector(*_history(np.random.default_rng(6)), R, N)
    for _ in range(10):
        assert math.isfinite(detector.push(np.full((3, 3), np.nan)))
    assert detector.total < 10


def test_evidence_and_rate_are_two_views_of_one_limit() -> None:
    """Evidence at the limit of a budget is worth exactly that budget; none is worth the most."""
    assert limit(1, 365) == 730
    assert yearly_rate(limit(0.5, 1200), 1200) == pytest.approx(0.5)
    assert yearly_rate(0.0, 365) == 730


def test_overwhelming_shift_stays_finite() -> None:
    """A dead sensor at the far end of its range is evidence, not an overflow."""
    detector = Detector(*_history(np.random.default_rng(7)), R, N)
    for _ in range(WINDOW + 5):
        assert math.isfinite(detector.push(np.full((3, 3), 1e6)))


def test_smallest_shift_is_found_in_a_week_about_half_the_time() -> None:
    """A shift of the stated size in one of five features alarms within seven blocks in 30 to 75 % of runs."""
    rng = np.random.default_rng(8)
    rows, features, found = 200, 5, 0
    columns = {str(f): rng.normal(size=R * rows) for f in range(features)}
    reference = DriftReference.fit(columns, np.repeat(np.arange(R), rows))
    need = limit(1, 365)
    shift = smallest_shift(reference, need)["0"]
    for _ in range(60):
        detector = Detector.of(reference)
        for _day in range(7):
            block = {str(f): rng.normal(size=rows) + (shift if f == 0 else 0) for f in range(features)}
            detector.push(reference.scores(block))
        found += detector.total >= need
    assert 0.3 <= found / 60 <= 0.75


def test_no_block_within_a_week_finds_nothing() -> None:
    """A block a month cannot tell within a week."""
    columns = {"a": np.random.default_rng(0).normal(size=400)}
    reference = DriftReference.fit(columns, np.repeat(np.arange(40), 10), blocks_per_day=1 / 30)
    assert math.isinf(smallest_shift(reference, 730)["a"])


def test_blocks_to_find_and_smallest_shift_agree() -> None:
    """The shift that a week finds is found within seven blocks, a slightly smaller one is not."""
    columns = {str(f): np.random.default_rng(f).normal(size=R * 100) for f in range(4)}
    reference = DriftReference.fit(columns, np.repeat(np.arange(R), 100))
    shift = smallest_shift(reference, 730.0)["2"]
    assert blocks_to_find(reference, 730.0, shift)["2"] == 7
    assert blocks_to_find(reference, 730.0, shift * 0.99)["2"] == 8
    assert math.isinf(blocks_to_find(reference, 730.0, 0.0)["2"])
    assert smallest_shift(reference, 730.0, practical=1.6)["2"] == 1.6
