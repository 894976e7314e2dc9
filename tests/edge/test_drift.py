"""Drift on the simulated cell, through the recipe of the example, its stream and the scorer: faults, and none."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from ninefold.bundle.golden import make_golden
from ninefold.bundle.manifest import Contract
from ninefold.bundle.monitors import monitor_of
from ninefold.bundle.opening import open_scorer
from ninefold.bundle.payload import Payload, read_payload, write_payload
from ninefold.bundle.reference import feature_of
from ninefold.bundle.session import Session
from ninefold.edge.drift import Breach, Drift
from ninefold.kernel.documents import parse_yaml
from ninefold.kernel.errors import InvalidInput
from ninefold.recipes import batch, parse_recipe
from ninefold.simulation.faults import Fault
from ninefold.simulation.plant import ASSETS, Plant
from ninefold.testing.bundles import small_graph
from ninefold.vocabulary.columns import Columns, length, take
from ninefold.vocabulary.criterion import MetricSpec
from ninefold.vocabulary.policy import Policy
from ninefold.vocabulary.window import DriftState

EXAMPLE = Path(__file__).parents[2] / "examples" / "milling-cell"
DAY_US = 86_400_000_000
START = 1_782_000_000_000_000
REFERENCE_DAYS, WEEK = 21, 7
NAME = "REQ-tool-failure-warning/input-drift"
RESIDUAL = "process_air_residual"
POLICY = Policy({NAME: 1.0})
MOST_PARTS = 150
"""Within so many parts of the machine the heat fault is found: about ten hours of operation."""


class Cell(NamedTuple):
    payload: Payload
    start: int  # of what is watched


@pytest.fixture(scope="module")
def cell() -> Cell:
    """A bundle as the example builds it, but for the model: its recipe and a reference from three simulated weeks."""
    recipe = parse_recipe(parse_yaml((EXAMPLE / "recipes/part-features.yaml").read_text(), "recipes/r.yaml"))
    facets = {"inputs": recipe.inputs, "features": {"keys": recipe.keys, "tables": recipe.tables,
                                                    "steps": list(recipe.steps)}}  # fmt: skip
    until = START + REFERENCE_DAYS * DAY_US
    rows = batch.run(recipe, {"cell": Plant(3, START).samples(START, until)})
    params = {"states": ["producing"], "features": [RESIDUAL], "block": 50, "practical_shift": 1.6}
    monitor = monitor_of(MetricSpec("REQ-tool-failure-warning", "input-drift", "drift", ("runtime",), params), rows, ())
    names = ("spindle_torque_mean", "temperature_lift_mean")
    contract = Contract((), tuple(feature_of(n, rows[n]) for n in names))
    graph = small_graph()
    payload = write_payload(
        name="tool-failure", onnx=graph, recipe=facets, profile={}, contract=contract, threshold=0.5,
        golden=make_golden(Session(graph, names), contract, None, None), drift={NAME: monitor},
    )  # fmt: skip
    return Cell(read_payload(payload), until)


class Found(NamedTuple):
    breaches: list[Breach]
    parts: int  # of the asset from the fault to the first breach; all when there is none
    standing: dict[str, DriftState]


def watched(cell: Cell, faults: list[Fault], days: int, policy: Policy | None = POLICY, cuts: int = 20) -> Found:
    """Push the samples of some days through the scorer, and its feature rows through the monitors."""
    plant = Plant(3, START, faults=faults)
    samples = plant.samples(cell.start - 2 * DAY_US, cell.start + days * DAY_US)
    scorer = open_scorer(cell.payload)
    drift = Drift(cell.payload.drift, cell.payload.manifest.contract, len(ASSETS))
    found: list[Breach] = []
    parts, asset = 0, faults[0].asset if faults else "m1"
    for part in np.array_split(np.arange(length(samples)), cuts * days):
        rows = take(samples, part)
        scored = scorer.push(rows, int(rows["ts"].max()))
        features = scored.features
        since = faults[0].start_us if faults else 0
        if not found and length(features):
            parts += int(((features["asset"] == asset) & (features["t"] >= since)).sum())
        found += drift.add(features, policy) if length(features) else []
    return Found(found, parts, drift.standing(str(asset), policy))


def test_the_heat_fault_is_found_within_hours_and_names_its_signals(cell: Cell) -> None:
    """The cabinet of m3 warms by half a kelvin an hour: m3 is blamed, the residual is low, the lift fell with it."""
    fault = Fault("heat_dissipation", cell.start, asset="m3")
    found = watched(cell, [fault], 2)
    first = found.breaches[0]
    assert (first.asset, first.monitor) == ("m3", NAME)
    assert {b.asset for b in found.breaches} == {"m3"}
    assert found.parts <= MOST_PARTS
    assert [s.feature for s in first.signals[:2]] == [RESIDUAL, "temperature_lift_mean"]
    assert [s.direction for s in first.signals[:2]] == ["low", "low"]
    assert "budget 1; blocks of 50 parts" in first.reason
    state = found.standing[NAME]
    assert state.budget == 1.0
    assert state.smallest_shift is not None
    assert state.effective_rows_per_day > 0


def test_a_stuck_process_sensor_is_found(cell: Cell) -> None:
    """The signal repeats one value while the hall's air goes on: the difference wanders off."""
    fault = Fault("sensor_stuck", cell.start, asset="m5", signal="process_temperature")
    found = watched(cell, [fault], 5)
    assert {b.asset for b in found.breaches} == {"m5"}
    assert found.breaches[0].signals[0].feature == RESIDUAL


def test_weeks_in_control_raise_nothing_beyond_the_budget(cell: Cell) -> None:
    """Eight machines for two weeks under a budget of one alarm a year: an alarm here would be one in 25."""
    found = watched(cell, [], 14, cuts=2)
    assert found.breaches == []
    assert found.standing[NAME].blocks > 30


def test_without_a_budget_the_evidence_is_recorded_and_nothing_raised(cell: Cell) -> None:
    """The centre has told no policy yet, or one that does not name the criterion."""
    fault = Fault("heat_dissipation", cell.start, asset="m3")
    for policy in (None, Policy({"REQ-other/drift": 1.0}), Policy({NAME: 0.0}), Policy({NAME: float("nan")})):
        found = watched(cell, [fault], 2, policy, cuts=4)
        assert found.breaches == []
        assert found.standing[NAME].rate_per_year < 1e-3
        assert found.standing[NAME].budget is None


def _rows(drift: Drift, shift: float, rows: int, asset: str = "m1") -> Columns:
    """Return rows whose residual is shifted; the other features are absent, as in another recipe."""
    del drift
    values = np.random.default_rng(5).normal(shift, 0.1, rows)
    name = np.empty(rows, object)
    name[:] = asset
    return {"asset": name, RESIDUAL: values}


def test_a_restart_in_mid_block_goes_on_and_a_repair_begins_anew(cell: Cell) -> None:
    """The state is all that matters; after the baseline is resumed the old evidence is gone."""
    contract = cell.payload.manifest.contract
    whole, first = (Drift(cell.payload.drift, contract, 8) for _ in range(2))
    rows = _rows(whole, 0.1, 175)
    whole.add(rows, None)
    first.add(take(rows, np.arange(80)), None)
    second = Drift(cell.payload.drift, contract, 8)
    second.restore(first.state())
    second.add(take(rows, np.arange(80, 175)), None)
    assert second.standing("m1", None) == whole.standing("m1", None)
    assert second.follow(Policy({}, {"m1": 1})) == ["m1"]
    assert second.standing("m1", None) == {}
    assert second.follow(Policy({}, {"m1": 1})) == []
    with pytest.raises(InvalidInput, match="cannot be used"):
        second.restore(first.state()[:-9])


def test_an_alarm_needs_its_evidence_anew_before_the_next(cell: Cell) -> None:
    """A lasting shift raises again only when the evidence since the alarm is enough by itself."""
    drift = Drift(cell.payload.drift, cell.payload.manifest.contract, 8)
    found = [len(drift.add(_rows(drift, -3.0, 50), POLICY)) for _ in range(6)]
    assert sum(found) >= 1
    assert found[0] <= 1
    assert max(found) == 1


def test_nulls_are_no_evidence(cell: Cell) -> None:
    """A block without a value counts as unchanged; rows without the column are left to the windows."""
    drift = Drift(cell.payload.drift, cell.payload.manifest.contract, 8)
    rows = _rows(drift, 0.0, 200)
    assert drift.add({**rows, RESIDUAL: np.full(200, np.nan)}, POLICY) == []
    assert drift.standing("m1", POLICY)[NAME].evidence < 1
    assert drift.add({"asset": rows["asset"]}, POLICY) == []
