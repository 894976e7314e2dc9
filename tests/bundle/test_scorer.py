"""The scorer: one decision for each frame, the fail-safe contract, restarts, and the strongest features."""

from collections.abc import Iterator

import numpy as np
import pytest

from ninefold.bundle.failsafe import Failsafe
from ninefold.bundle.opening import check_device, open_scorer
from ninefold.bundle.payload import Payload, read_payload, write_payload
from ninefold.bundle.scorer import Scorer
from ninefold.bundle.session import Session
from ninefold.kernel.errors import InvalidInput
from ninefold.testing.bundles import (
    CONTRACT,
    FEATURES,
    RECIPE_FACETS,
    raw_rows,
    small_graph,
    small_payload,
    small_stream,
)
from ninefold.vocabulary.columns import Columns, length, take
from ninefold.vocabulary.decision import decision_id

PAYLOAD = read_payload(small_payload())
RAW = raw_rows()
END = int(RAW["t"].max())
ALL = ("stale_input", "bad_quality", "model_late")


def scorer(failsafe: Failsafe | None = None, **options: object) -> Scorer:
    return Scorer(PAYLOAD, small_stream(), failsafe, **options)


def _by_id(*parts: Columns) -> dict[str, tuple[object, ...]]:
    """Return score, alarm, frame and share of good values by decision; rows of one push come by asset."""
    names = ("id", "score", "alarm", "frame", "good")
    rows = [row for p in parts if length(p) for row in zip(*(p[n].tolist() for n in names), strict=True)]
    assert len({r[0] for r in rows}) == len(rows)
    return {row[0]: row[1:] for row in rows}


def test_each_completed_frame_gets_one_decision() -> None:
    """Five of six parts of two machines are complete; a score at or above the threshold is an alarm."""
    decisions, features = scorer().push(RAW, END)
    assert length(decisions) == length(features) == 10
    expected = 1 / (1 + np.exp(-(0.2 * features["torque_mean"] - 10)))
    np.testing.assert_allclose(decisions["score"], expected, atol=1e-6)
    assert decisions["alarm"].tolist() == (decisions["score"] >= 0.5).tolist()
    assert {*decisions["alarm"].tolist()} == {True, False}
    assert set(decisions["by"]) == {"model"}
    assert set(decisions["quality"]) == {"good"}
    assert set(decisions["cause"]) == {None}


def test_any_cuts_give_the_same_decisions() -> None:
    """Row by row, or all at once: ids, scores and alarms are the same."""
    whole = scorer().push(RAW, END).decisions
    one = scorer()
    parts = [one.push(take(RAW, np.array([row])), END).decisions for row in range(length(RAW))]
    assert _by_id(*parts) == _by_id(whole)


def test_a_restart_in_the_middle_changes_nothing() -> None:
    """Stopped within a part and resumed from its state, the scorer gives the same decisions under the same ids."""
    whole = scorer().push(RAW, END).decisions
    first = scorer()
    before = first.push(take(RAW, np.arange(19)), END).decisions
    state = first.state()
    second = open_scorer(PAYLOAD, state=state)
    after = second.push(take(RAW, np.arange(19, length(RAW))), END).decisions
    assert 0 < length(before) < length(whole)
    assert _by_id(before, after) == _by_id(whole)
    assert after["id"][0] == decision_id(PAYLOAD.digest, "m1", str(after["frame"][0]), int(after["t"][0]))


def test_a_state_belongs_to_one_bundle() -> None:
    """Noise and the state of another bundle are refused with their reason."""
    one = scorer()
    other = read_payload(small_payload("other"))
    with pytest.raises(
        InvalidInput, match=f"state is that of bundle {PAYLOAD.digest[:12]}, not of {other.digest[:12]}"
    ):
        open_scorer(other, state=one.state())
    for noise in (b"", b"\x00", one.state()[:-3], b"\xff" * 40):
        with pytest.raises(InvalidInput, match="state cannot be read"):
            one.resume(noise)


def test_no_rows_give_no_decisions() -> None:
    """Nothing in, nothing out, with all columns there."""
    decisions, _ = scorer().push(take(RAW, np.arange(0)), END)
    assert length(decisions) == 0
    names = "id asset frame t as_of by score label alarm quality good age_s cause"
    assert [*decisions] == names.split()


def test_stale_inputs_are_decided_by_the_rule() -> None:
    """Past the stated age the rule decides; the score stays for the record."""
    failsafe = Failsafe(ALL, "torque_mean > 45", stale_after_s=30)
    fresh = scorer(failsafe).push(RAW, END + 30_000_000).decisions
    stale, features = scorer(failsafe).push(RAW, END + 31_000_000)
    assert set(fresh["by"]) == {"model"}
    assert set(stale["by"]) == {"rule"}
    assert set(stale["cause"]) == {"stale_input"}
    assert stale["alarm"].tolist() == (features["torque_mean"] > 45).tolist()
    assert not np.isnan(stale["score"]).any()


def test_without_a_rule_the_scorer_abstains() -> None:
    """An abstention is never an alarm."""
    decisions = scorer(Failsafe(ALL)).push(RAW, END + 99_000_000).decisions
    assert set(decisions["by"]) == {"abstain"}
    assert not decisions["alarm"].any()


def test_bad_quality_is_counted_since_the_last_decision() -> None:
    """One machine's values are bad: it abstains, the other goes on."""
    good = np.where(RAW["asset"] == "m2", 0.25, 1.0)
    decisions = scorer(Failsafe(ALL, min_good=0.5)).push({**RAW, "good": good}, END).decisions
    mine = decisions["asset"] == "m2"
    assert set(decisions["quality"][mine]) == {"bad"}
    assert set(decisions["by"][mine]) == {"abstain"}
    assert set(decisions["by"][~mine]) == {"model"}
    better = scorer(Failsafe(ALL, min_good=0.2)).push({**RAW, "good": good}, END).decisions
    assert set(better["quality"][mine]) == {"uncertain"}
    assert set(better["by"]) == {"model"}


def test_quality_begins_anew_after_a_decision() -> None:
    """A bad part does not spoil the parts after it."""
    one = scorer(Failsafe(("bad_quality",)))
    first, rest = take(RAW, np.arange(16)), take(RAW, np.arange(16, length(RAW)))
    bad = one.push({**first, "good": np.full(16, np.nan)}, END).decisions
    assert set(bad["cause"]) == {"bad_quality"}
    assert set(one.push(rest, END).decisions["by"]) == {"model"}


def test_a_late_model_is_not_waited_for() -> None:
    """The time of the call is measured; past the limit the contract decides."""
    ticks: Iterator[float] = iter([0.0, 0.06, 1.0, 1.01])
    one = scorer(Failsafe(("model_late",), late_after_s=0.05), timer=lambda: next(ticks))
    late = one.push(take(RAW, np.arange(16)), END).decisions
    assert set(late["cause"]) == {"model_late"}
    assert set(one.push(take(RAW, np.arange(16, 24)), END).decisions["by"]) == {"model"}


def test_what_is_not_watched_changes_nothing() -> None:
    """A deployment without a fallback uses the model on old and bad inputs, and says how old and bad they were."""
    decisions = scorer().push({**RAW, "good": np.zeros(length(RAW))}, END + 600_000_000).decisions
    assert set(decisions["by"]) == {"model"}
    assert set(decisions["quality"]) == {"bad"}
    assert decisions["age_s"].min() >= 600


def test_a_score_that_is_no_number_is_never_used() -> None:
    """The contract decides, whatever is watched."""
    raw = {**RAW, "torque": np.full(length(RAW), np.nan)}
    decisions = scorer(Failsafe((), "speed_mean > 1")).push(raw, END).decisions
    assert set(decisions["cause"]) == {"no_score"}
    assert set(decisions["by"]) == {"rule"}
    assert decisions["alarm"].all()


def test_a_rule_without_its_inputs_abstains() -> None:
    """A null in the rule is no decision."""
    raw = {**RAW, "torque": np.full(length(RAW), np.nan)}
    decisions = scorer(Failsafe((), "torque_mean > 1")).push(raw, END).decisions
    assert set(decisions["by"]) == {"abstain"}
    assert not decisions["alarm"].any()


def test_a_rule_that_cannot_be_used_is_refused_at_once() -> None:
    """An unknown feature is named before anything runs."""
    with pytest.raises(InvalidInput, match="names torque_lift, which is no feature"):
        scorer(Failsafe(ALL, "torque_lift > 1.5"))
    with pytest.raises(InvalidInput):
        scorer(Failsafe(ALL, "__import__('os').system('true')"))


def test_silence_is_seen_without_a_row() -> None:
    """An asset that sends nothing completes no frame; it is told apart all the same."""
    one = scorer(Failsafe(ALL, stale_after_s=30))
    one.push(RAW, END)
    assert one.silent(END + 30_000_000) == []
    assert one.silent(END + 31_000_000) == [("m1", 31.0), ("m2", 31.0)]


def test_the_strongest_features_are_those_that_the_model_uses() -> None:
    """Torque carries all the weight; speed, which has none, comes after it."""
    one = scorer()
    features = one.push(RAW, END).features
    row = int(np.argmax(features["torque_mean"]))
    first, second = one.strongest(features, row)
    assert first.feature == "torque_mean"
    assert first.direction == "high"
    assert first.value == pytest.approx(features["torque_mean"][row])
    at_reference = 1 / (1 + np.exp(2.0))  # torque 40, the median
    assert first.weight == pytest.approx(one.score_rows(features)[row] - at_reference, abs=1e-6)
    assert (second.feature, second.weight) == ("speed_mean", 0.0)


def test_raw_rows_need_asset_and_time() -> None:
    """The absent column is named."""
    with pytest.raises(InvalidInput, match="no column asset"):
        scorer().push({"t": RAW["t"]}, END)


def test_a_graph_must_fit_its_contract() -> None:
    """Another width, noise, and absent or unreadable features are named."""
    with pytest.raises(InvalidInput, match="reads 2 features, its contract names 1"):
        Session(small_graph(), ("one",))
    with pytest.raises(InvalidInput, match="ONNX graph cannot be loaded"):
        Session(b"noise", FEATURES)
    session = Session(small_graph(), FEATURES)
    with pytest.raises(InvalidInput, match="feature speed_mean is not among the columns"):
        session.score({"torque_mean": np.zeros(1)})
    with pytest.raises(InvalidInput, match="names no categories for it"):
        session.score({"torque_mean": np.zeros(1), "speed_mean": np.array(["fast"], object)})


def test_text_features_are_coded_by_the_contract() -> None:
    """The code is the place in the list; what is unknown is missing."""
    session = Session(small_graph(), FEATURES, {"speed_mean": ("slow", "fast")})
    texts = np.array(["slow", "fast", "other", None], object)
    matrix = session.matrix({"torque_mean": np.zeros(4), "speed_mean": texts})
    assert matrix[:2, 1].tolist() == [0.0, 1.0]
    assert np.isnan(matrix[2:, 1]).all()


def test_many_rows_are_scored_in_parts() -> None:
    """More rows than one call takes give the same scores as row by row."""
    session = Session(small_graph(), FEATURES)
    matrix = np.random.default_rng(1).normal(50, 10, (40_000, 2)).astype(np.float32)
    scores = session.score_matrix(matrix)
    assert scores.shape == (40_000,)
    for row in (0, 20_000, 39_999):
        assert scores[row] == session.score_matrix(matrix[[row]])[0]
    assert session.score_matrix(matrix[:0]).shape == (0,)


def test_a_device_is_checked_before_anything_runs() -> None:
    """The golden rows pass here; another recipe, a recipe of a newer version and noise for a graph do not."""
    assert check_device(PAYLOAD).passed
    for changes, message in (
        ({"recipe": {"inputs": {}, "features": {"magic": 1}}}, "recipe cannot be run"),
        ({"recipe": {"magic": 1}}, "has no inputs and features"),
        ({"onnx": b"noise"}, "ONNX graph cannot be loaded"),
    ):
        fields = {"golden": PAYLOAD.golden, **changes}
        spoilt = _spoilt(**fields)
        assert message in check_device(spoilt).reason


def _spoilt(**parts: object) -> Payload:
    """Return a payload, whole in itself, with other parts."""
    contents = {"onnx": PAYLOAD.model, "recipe": RECIPE_FACETS, **parts}
    data = write_payload(name="tool-failure", profile={}, contract=CONTRACT, threshold=0.5, **contents)
    return read_payload(data)
