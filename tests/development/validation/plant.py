"""A plant in miniature: two machines, their failures, and what a measurement of a model on them reads."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ninefold.development.validation.measuring import MeasurementStep
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.steps import Evidence, Task
from ninefold.testing.bundles import FEATURES, small_graph
from ninefold.testing.steps import context, evidence, parquet
from ninefold.vocabulary.columns import Array
from ninefold.vocabulary.criterion import Bound, MetricSpec
from ninefold.vocabulary.measurement import Measurement
from ninefold.vocabulary.model import TEST, UNUSED, Model, Parity

START = 1_790_000_000_000_000
MINUTE = 60_000_000
PARTS = 2000
RECALL = MetricSpec("REQ-x", "recall", "recall", ("validation",), {"unit": "episode", "lead": ["5 min", "2 h"],
                    "clock": "calendar"}, ("variant",), Bound("lower", "wilson", 0.95))  # fmt: skip


class Plant:
    """Two machines, a part every ten minutes; torque rises in the hour before each failure, every 300 parts."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.blobs = folder, Blobs(folder / "blobs")
        rng = np.random.default_rng(7)
        part = np.tile(np.arange(PARTS), 2)
        asset = np.repeat(np.array(["m1", "m2"], object), PARTS)
        before = 300 - part % 300  # parts until the next failure
        torque = np.where(before <= 6, 58.0, 40.0) + rng.normal(0, 1, 2 * PARTS)
        self.t = START + part.astype(np.int64) * 10 * MINUTE
        self.features: dict[str, Array] = {
            "asset": asset, "frame": np.array([str(p) for p in part], object), "t": self.t,
            "variant": np.where(part % 4 == 0, "H", "L").astype(object),
            "torque_mean": torque, "speed_mean": rng.normal(1500, 10, 2 * PARTS),
        }  # fmt: skip
        label = (before <= 12).astype(np.float64)
        self.labels: dict[str, Array] = {"asset": asset, "frame": self.features["frame"], "t": self.t, "label": label}
        failed = np.flatnonzero((part % 300 == 0) & (part > 0))
        self.events: dict[str, Array] = {
            "asset": asset[failed], "event": np.full(len(failed), "tool_failure", object),
            "occurred": self.t[failed] - MINUTE, "known": self.t[failed],
        }  # fmt: skip
        self.roles = np.where(part < 1200, 0, np.where(part < 1210, UNUSED, TEST)).astype(np.int8)

    def inputs(self, spec: MetricSpec, **changes: Evidence) -> Mapping[str, Evidence]:
        """Return the evidence of a measurement."""
        roles = io.BytesIO()
        np.save(roles, self.roles, allow_pickle=False)
        kept = self.blobs.put(roles.getvalue())
        onnx = self.blobs.put(small_graph())
        parity = Parity(passed=True, rows=10, cases={}, largest_difference=0.0, tolerance=1e-5)
        model = Model("m", "linear-1", "binary", FEATURES, 0.5, onnx, 1.0, parity, 0, (), kept)
        tables = {"features": self.features, "labels": self.labels, "events": self.events}
        found = {n: evidence(f"{n}:r", {"rows": 1}, parquet(self.blobs, self.folder, c)) for n, c in tables.items()}
        found |= {"metric": evidence("REQ-x#metric/recall", spec), "model": evidence("model:m", model, onnx, kept)}
        found["label"] = evidence("recipe:r#label", {"from": "log", "event": "tool_failure"})
        return {**found, **changes}

    def measure(self, spec: MetricSpec, **changes: Evidence) -> Measurement:
        """Return what the step measures."""
        ctx = context(self.folder, self.inputs(spec, **changes), self.blobs)
        result = MeasurementStep().run(Task("measurement:m/REQ-x/recall"), ctx)
        assert result.kind == "measurement@1"
        body: Measurement = result.body
        return body
