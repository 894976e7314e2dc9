"""The self-test: golden rows give the same outputs, and each way of not doing so has its sentence."""

import msgspec
import numpy as np
import pytest

from ninefold.bundle.golden import Stream, column, golden_features, make_golden, same, self_test
from ninefold.bundle.manifest import Contract, Feature, Golden
from ninefold.bundle.payload import read_payload
from ninefold.bundle.session import Session
from ninefold.kernel.errors import InvalidInput
from ninefold.testing.bundles import CONTRACT, FEATURES, small_graph, small_payload, small_stream
from ninefold.vocabulary.columns import Array, Columns

GOOD = read_payload(small_payload())
SESSION = Session(small_graph(), FEATURES)


def spoilt(**changes: object) -> str:
    """Return what the self-test says when the golden rows are changed."""
    golden = msgspec.structs.replace(GOOD.golden, **changes)
    result = self_test(read_payload(small_payload(golden=golden)), SESSION, small_stream)
    assert not result.passed
    return result.reason


def test_the_same_device_passes() -> None:
    """Scores, features, and a restart in the middle of the raw rows."""
    result = self_test(GOOD, SESSION, small_stream)
    assert (result.passed, result.reason) == (True, "")
    assert result.scored == len(GOOD.golden.scores) > 10
    assert result.computed == 8
    assert result.largest_difference == 0.0


def test_golden_rows_cross_the_reference() -> None:
    """Inside, at both ends, beyond them, and missing; the same each time."""
    rows = golden_features(CONTRACT)
    torque = rows["torque_mean"]
    assert np.isnan(torque).any()
    assert np.nanmin(torque) < 20.0
    assert np.nanmax(torque) > 60.0
    assert len({tuple(pair) for pair in zip(*(a.tolist() for a in rows.values()), strict=True)}) > 15
    assert all(same(a, b) for a, b in zip(rows.values(), golden_features(CONTRACT).values(), strict=True))
    assert {s >= 0.5 for s in GOOD.golden.scores} == {True, False}


def test_text_features_have_golden_rows() -> None:
    """Each value, one never seen, and null."""
    contract = Contract((), (Feature("variant"),), {"variant": ("L", "M")})
    assert set(golden_features(contract)["variant"]) == {"L", "M", "a value that was never seen", None}


def test_another_model_is_seen() -> None:
    """The first row that differs most is named with both scores."""
    other = Session(small_graph((0.3, 0.0)), FEATURES)
    result = self_test(GOOD, other, small_stream)
    assert not result.passed
    assert "scores" in result.reason
    assert "here, expected" in result.reason
    assert result.largest_difference > 0.1


def test_a_score_without_a_number_is_seen() -> None:
    """A row that gave a score at the centre and gives none here does not slip through a comparison with NaN."""
    features = {**GOOD.golden.features, "torque_mean": [None, *GOOD.golden.features["torque_mean"][1:]]}
    assert "golden row 0 scores nan here" in spoilt(features=features)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scores": ()}, "holds no golden rows"),
        ({"scores": GOOD.golden.scores[:-1]}, "holds no golden rows, or not one score for each"),
        ({"features": {"torque_mean": [1.0], "speed_mean": [1.0, 2.0]}}, "differ in shape"),
        ({"features": {"torque_mean": list(GOOD.golden.features["torque_mean"])}}, "speed_mean is not among"),
        ({"rows": {}}, "the recipe gives other columns here"),
        ({"rows": {k: v[:-1] for k, v in GOOD.golden.rows.items()}}, "the recipe gives 8 rows here, expected 7"),
        ({"rows": {**GOOD.golden.rows, "torque_mean": [1.0] * 8}}, "the recipe gives other values of torque_mean"),
        ({"rows": {**GOOD.golden.rows, "frame": ["x"] * 8}}, "the recipe gives other values of frame"),
    ],
)
def test_each_difference_has_its_sentence(changes: dict[str, object], message: str) -> None:
    """What differs is named."""
    assert message in spoilt(**changes)


def test_a_recipe_that_forgets_is_seen() -> None:
    """A stream whose state loses the open part differs after the restart."""
    assert "the recipe gives" in self_test(GOOD, SESSION, lambda _state: small_stream()).reason


def test_an_error_of_the_recipe_is_a_finding() -> None:
    """The self-test reports; it does not fall over."""

    class Broken:
        def push(self, columns: Columns) -> dict[str, Array]:
            raise InvalidInput("The column torque is absent.")

        def state(self) -> bytes:
            return b""

    def new(state: bytes | None) -> Stream:
        return Broken()

    assert "The column torque is absent" in self_test(GOOD, SESSION, new).reason


def test_rows_without_a_score_are_left_out() -> None:
    """A graph that gives no number for missing inputs has golden rows all the same."""
    golden = make_golden(SESSION, CONTRACT)
    assert 0 < len(golden.scores) < 24
    assert all(np.isfinite(golden.scores))
    assert golden.raw == {}


@pytest.mark.parametrize(
    ("values", "kind"),
    [([1, 2], np.int64), ([1, None], np.float64), ([1.0, 2.0], np.float64), ([None], np.float64),
     (["a", None], object), ([], np.float64)],
)  # fmt: skip
def test_lists_become_columns(values: list[object], kind: type) -> None:
    """Whole numbers, numbers, and text; null has its place."""
    assert column(values).dtype == kind


def test_a_whole_number_beyond_64_bit_is_refused() -> None:
    """A number that no column holds does not become another one."""
    with pytest.raises(InvalidInput, match="beyond 64 bit"):
        column([2**70])


def test_columns_are_the_same_within_rounding() -> None:
    """Null equals null; a billionth of the size is nothing, a millionth is something."""
    a = np.array([1.0, np.nan, 1e9])
    assert same(a, a * (1 + 1e-12))
    assert not same(a, a * (1 + 1e-6))
    assert not same(a, np.array([1.0, 0.0, 1e9]))
    assert same(np.array([None, None], object), np.array([np.nan, np.nan]))


def test_golden_rows_survive_their_file() -> None:
    """JSON keeps every number."""
    assert msgspec.json.decode(msgspec.json.encode(GOOD.golden), type=Golden) == GOOD.golden
