"""Labels against the rule written out in words, frame by frame."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recipes import cases

from ninefold.kernel.errors import InvalidInput
from ninefold.recipes import Label, label_frames
from ninefold.vocabulary.quantity import Duration

MINUTE = 60 * cases.SECOND


def label(**changed: Any) -> Label:
    settings_ = {"horizon": (Duration(300), Duration(7200)), "mature_after": Duration(3600)} | changed
    return Label("log", "tool_failure", **settings_)


def frames(*minutes: float) -> dict[str, Any]:
    n = len(minutes)
    t = np.array([cases.START + round(m * MINUTE) for m in minutes], dtype=np.int64)
    return {"asset": np.full(n, "m1", dtype=object), "frame": np.arange(float(n)), "t": t}


def events(*rows: tuple[str, float, float], outcome: str | None = None) -> dict[str, Any]:
    """Events of m1 as (kind, minute of occurrence, minute when known)."""
    return {
        "asset": np.full(len(rows), "m1", dtype=object),
        "event": np.array([r[0] for r in rows], dtype=object),
        "occurred": np.array([cases.START + round(r[1] * MINUTE) for r in rows], dtype=np.int64),
        "known": np.array([cases.START + round(r[2] * MINUTE) for r in rows], dtype=np.int64),
        "id": np.array([f"e{i}" for i in range(len(rows))], dtype=object),
        "outcome": np.full(len(rows), outcome, dtype=object),
    }


def labelled(rule: Label, at: Any, log: Any, as_of: float, operating: Any = None) -> list[float | None]:
    found = label_frames(rule, at, log, operating, as_of=cases.START + round(as_of * MINUTE))
    return [None if np.isnan(v) else v for v in found["label"].tolist()]


def test_the_horizon_is_closed_at_both_ends() -> None:
    """Five minutes and two hours before the event are inside; a microsecond beyond is not."""
    at = frames(100 - 5, 100 - 5 + 1e-6, 100 - 120, 100 - 120 - 1e-6)
    at["t"][1] = at["t"][0] + 1
    at["t"][3] = at["t"][2] - 1
    assert labelled(label(), at, events(("tool_failure", 100, 100)), 10_000) == [1.0, 0.0, 1.0, 0.0]


def test_an_event_counts_from_when_it_was_known() -> None:
    """The log is typed late: before that the frame is not negative, it is open."""
    log = events(("tool_failure", 60, 100))
    assert labelled(label(), frames(0), log, 99) == [None]
    assert labelled(label(), frames(0), log, 100) == [1.0]


def test_a_frame_is_negative_only_when_its_label_has_matured() -> None:
    """Two hours of horizon and one hour of maturity."""
    assert labelled(label(), frames(0), events(), 180 - 1e-3) == [None]
    assert labelled(label(), frames(0), events(), 180) == [0.0]
    assert labelled(label(unlabelled="negative"), frames(0), events(), 1) == [0.0]


def test_the_operating_clock_stands_still_at_night() -> None:
    """An event three calendar hours ahead is one operating hour ahead when two of them were a stop."""

    def operating(t: Any) -> Any:
        minutes = (t - cases.START) / MINUTE
        return 60.0 * (minutes - np.clip(minutes - 30, 0, 120))

    log = events(("tool_failure", 180, 180))
    assert labelled(label(), frames(0), log, 10_000) == [0.0]
    assert labelled(label(clock="operating"), frames(0), log, 10_000, operating) == [1.0]
    assert labelled(label(clock="operating"), frames(0), events(), 180, operating) == [None], "not yet matured"
    with pytest.raises(InvalidInput, match="operating clock"):
        labelled(label(clock="operating"), frames(0), log, 10_000)


def test_a_planned_change_is_negative_or_censored() -> None:
    """Censoring loses the frames before a planned change; a failure in the horizon still counts."""
    change = events(("planned_change", 60, 60))
    both = events(("planned_change", 60, 60), ("tool_failure", 90, 90))
    assert labelled(label(), frames(0), change, 10_000) == [0.0]
    assert labelled(label(planned_change="censored"), frames(0), change, 10_000) == [None]
    assert labelled(label(planned_change="censored"), frames(0), both, 10_000) == [1.0]


def test_an_averted_failure_is_excluded_negative_or_positive() -> None:
    """An alarm that was acted on leaves no failure."""
    log = events(("tool_failure", 60, 60), outcome="averted")
    found = [labelled(label(averted=how), frames(0), log, 10_000)[0] for how in ("exclude", "negative", "positive")]
    assert found == [None, 0.0, 1.0]


def test_an_averted_failure_may_be_an_entry_of_another_kind() -> None:
    """The operator who changes a worn tool in time types a change, not a failure."""
    log = events(("operator_change", 60, 60), outcome="averted")
    found = [labelled(label(averted=how), frames(0), log, 10_000)[0] for how in ("exclude", "negative", "positive")]
    assert found == [None, 0.0, 1.0]
    assert labelled(label(), frames(0), events(("operator_change", 60, 60)), 10_000) == [0.0], "nothing was averted"


def test_only_a_part_of_the_horizon_may_be_learnt() -> None:
    """The rest of the way to the event, and what comes too late, is neither; beyond the horizon nothing changes."""
    rule, log = label(learn=(Duration(600), Duration(3600))), events(("tool_failure", 200, 200))
    at = frames(79.9, 80, 139.9, 140, 190, 190.1, 200, 200.1)
    assert labelled(rule, at, log, 10_000) == [0.0, None, None, 1.0, 1.0, None, None, 0.0]


def test_what_is_learnt_lies_within_the_horizon() -> None:
    """Otherwise the model would learn to announce what is not asked for."""
    for first, last in ((0, 3600), (600, 7201), (3600, 600)):
        with pytest.raises(ValueError, match="within the horizon"):
            label(learn=(Duration(first), Duration(last)))


def test_the_first_event_in_the_horizon_is_named() -> None:
    """Also with events of other assets, and in a log that is not sorted."""
    log = events(("tool_failure", 90, 90), ("tool_failure", 60, 60), ("tool_failure", 50, 50), ("other", 20, 20))
    log["asset"][2] = "m2"
    found = label_frames(label(), frames(0, 70), log, None, as_of=cases.START + 10_000 * MINUTE)
    assert found["event"].tolist() == ["e1", "e0"]


def test_a_log_with_kinds_names_its_entries_by_event() -> None:
    """As a maintenance system exports it."""
    log = events(("tool_failure", 60, 60), ("planned_change", 30, 30))
    export = {n: a for n, a in log.items() if n != "id"} | {"kind": log["event"], "event": log["id"]}
    found = label_frames(label(), frames(0), export, None, as_of=cases.START + 10_000 * MINUTE)
    assert (found["label"].tolist(), found["event"].tolist()) == ([1.0], ["e0"])


def test_an_empty_log_and_no_frames() -> None:
    """Nothing is labelled, or everything is negative once matured."""
    assert labelled(label(), frames(), events(), 10) == []
    with pytest.raises(InvalidInput, match="no column 'known'"):
        label_frames(label(), frames(0), {n: a for n, a in events().items() if n != "known"}, None)


MOMENTS = st.lists(st.integers(0, 300), max_size=12)


@settings(max_examples=60)
@given(at=MOMENTS, occurs=MOMENTS, delay=st.integers(0, 90), as_of=st.integers(0, 500))
@pytest.mark.job("data/labels", against="cases", what="generated inputs")
def test_labels_are_the_rule_in_words(at: list[int], occurs: list[int], delay: int, as_of: int) -> None:
    """1: some event known by then lies in the horizon; else 0 once horizon and maturity have passed; else null."""
    found = labelled(label(), frames(*at), events(*(("tool_failure", m, m + delay) for m in occurs)), as_of)
    for minute, value in zip(at, found, strict=True):
        hit = any(5 <= m - minute <= 120 and m + delay <= as_of for m in occurs)
        assert value == (1.0 if hit else 0.0 if as_of >= minute + 120 + 60 else None)
