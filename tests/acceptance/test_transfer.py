"""A model that saw only the simulation's parts, on the published file: the same project, other data."""

import runpy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.acceptance.project import EXAMPLE, Project, parts

from ninefold.bundle.opening import open_scorer
from ninefold.bundle.payload import read_payload
from ninefold.criteria.measuring import measure
from ninefold.criteria.subjects import Samples
from ninefold.kernel.blobs import Blobs
from ninefold.vocabulary.criterion import Bound, MetricSpec

pytestmark = pytest.mark.acceptance


def test_the_simulation_teaches_what_holds_in_the_published_file(
    tmp_path: Path, data_sets: Path, record_property: Callable[[str, object], None]
) -> None:
    """All 10,000 real parts, none of them seen in training: far better than chance, by the bound."""
    project = Project(tmp_path / "project", tmp_path / "simulated")
    project.ninefold("simulate", "ai4i", "--out", str(project.data / "ai4i2020" / "ai4i2020.csv"), "--seed", "0")
    project.ninefold("run", "bundle:part-failure")
    payload = project.body("bundle:part-failure")["payload"]
    scorer = open_scorer(read_payload(Blobs(project.root / ".ninefold" / "blobs").read(payload)))
    serve = runpy.run_path(str(EXAMPLE / "serve.py"))
    rows = serve["parts"](data_sets / "ai4i2020" / "ai4i2020.csv", 0)
    found = scorer.push(rows, int(rows["ts"][-1])).decisions
    y = np.array([float(r["Machine failure"]) for r in parts(data_sets)])
    assert (len(found["score"]), int(y.sum())) == (10_000, 339)
    spec = MetricSpec("REQ-x", "auc", "auc", ("validation",), {}, (), Bound("lower", "bootstrap", 0.95))
    area = measure(spec, Samples(y, found["score"])).overall
    pairs = found["score"][y == 1][:, None] - found["score"][y == 0][None, :]
    assert area.value == pytest.approx(float(((pairs > 0) + 0.5 * (pairs == 0)).mean()), abs=1e-9)
    assert area.bound is not None
    assert area.bound > 0.5
    record_property("auc", area.value)
    record_property("auc_bounds", (area.bound, area.opposite))
