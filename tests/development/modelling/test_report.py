"""Tables of step 5: what finished, what failed and why, and what is expected of the threshold."""

from ninefold.development.modelling.report import leaderboard_table, model_table, operating_point_table
from ninefold.vocabulary.model import (
    Baseline,
    Candidate,
    Expectation,
    Leaderboard,
    Limit,
    Model,
    OperatingPoint,
    Parity,
    SplitSummary,
)

PARITY = Parity(passed=True, rows=5, cases={"test": 5}, largest_difference=2e-7, tolerance=1e-5)


def test_the_leaderboard_keeps_what_failed_with_its_reason() -> None:
    """Best first; the notes say why the winner won and what was used."""
    rows = (
        Candidate(
            "linear-1", "linear", {"C": 1.0}, "finished", score=0.61, low=0.5, high=0.7, parity=PARITY, size_kb=0.5
        ),
        Candidate("ensemble", "ensemble", {}, "finished", score=0.6, members={"linear-1": 0.25, "x-1": 0.75}),
        Candidate("odd-1", "odd", {}, "killed", "It used 2.1 s of CPU; 2.0 s were allowed."),
    )
    split = SplitSummary("time", "d", {"train": 7, "test": 3, "unused": 1, "censored": 2}, {"train": 2, "test": 1}, 5)
    board = Leaderboard(
        "average_precision", higher_is_better=True, features=("a",), candidates=rows, winner="linear-1",
        why="linear-1 has the best score.", split=split, budget_cpu_s=60, used_cpu_s=4.2, ended="all were tried",
    )  # fmt: skip
    table = leaderboard_table("tool-failure", board)
    assert [r[0] for r in table.rows] == ["linear-1", "ensemble", "odd-1"]
    assert table.rows[1][-1] == "blend of 25% linear-1, 75% x-1"
    assert table.rows[2][-1] == "It used 2.1 s of CPU; 2.0 s were allowed."
    assert table.rows[0][3] == "0.500 to 0.700"
    assert "4.2 of 60 s CPU used" in table.notes[1]
    assert "2 without a label" in table.notes[2]


def test_the_rule_stands_beside_the_model() -> None:
    """With its own expectation for each criterion."""
    expected = (Expectation("REQ-x/recall", 0.82, 0.9, "about 129 in the test set"),)
    rule = Baseline("torque_lift > 1.5", (Expectation("REQ-x/recall", 0.8, 0.7),))
    point = OperatingPoint(
        "linear-1", 0.25, "out_of_fold", 0.9, satisfied=True, expectations=expected, reason="Why.", baseline=rule
    )
    table = operating_point_table("tool-failure", point)
    assert [r[0] for r in table.rows] == ["linear-1", "rule: torque_lift > 1.5"]
    assert table.rows[0][3] == "90%"
    assert table.notes == ("Why.",)


def test_a_limit_that_only_the_device_can_measure_says_so() -> None:
    """It is neither held nor exceeded yet."""
    limits = (Limit("size_kb", 2000, 1.2, held=True), Limit("latency_p99_ms", 5, None, None))
    model = Model("m", "linear-1", "binary", ("a", "b"), 0.5, "0" * 64, 1.2, PARITY, 0, limits, "r")
    rows = dict(model_table(model).rows)
    assert rows["limit size_kb"] == "2000: held"
    assert rows["limit latency_p99_ms"] == "5: measured on the device"
