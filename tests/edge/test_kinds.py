"""The agent with bundles that tell a number or a class: decisions, alarms with what speaks for them, windows."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ninefold.edge.pipeline import Pipeline
from ninefold.edge.queue import Queue
from ninefold.edge.update import stage
from ninefold.kernel.columnar import unpack
from ninefold.kernel.parcel import read_record
from ninefold.kernel.signing import SigningKey
from ninefold.testing.bundles import CONTRACT, class_graph, number_graph
from ninefold.testing.clock import FakeClock
from ninefold.testing.edge import SIGNALS, bundle, document, open_payload, plan, samples
from ninefold.vocabulary.conformal import ConformalRule
from ninefold.vocabulary.task import AlarmRule

KEY = SigningKey.new()
NUMBER = {"onnx": number_graph(), "threshold": None, "task": "regression", "alarm": AlarmRule("<=", 12.0)}
CLASSES = {"onnx": class_graph(), "threshold": None, "task": "multiclass", "alarm": AlarmRule(classes=("high",)),
           "contract": msgspec.structs.replace(CONTRACT, classes=("low", "middle", "high"))}  # fmt: skip
TORQUES = (45, 45, 55, 36, 45)


class Agent:
    """An agent on which a bundle is active."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        path, digest = bundle(folder, KEY, **changes)
        self.folder, self.wanted, self.open = folder, document(path, digest), open_payload({digest: path})
        self.start()
        assert self.pipeline.desired(self.wanted)
        self.pipeline.staged(stage(path, self.wanted.desired, [KEY.public], None, SIGNALS))
        for _ in range(20):
            self.pipeline.tick(1)
        assert self.pipeline.rollout.state == "active", self.pipeline.rollout.reason

    def start(self) -> None:
        self.queue = Queue(self.folder / "agent.db", "gateway-1")
        self.pipeline = Pipeline("gateway-1", plan(), self.queue, FakeClock(), self.open, lambda: 0.0)

    def work(self, torques: tuple[int, ...], first: int = 0) -> None:
        for part, torque in enumerate(torques, first):
            self.pipeline.take(samples(part, torque))
        self.pipeline.commit()

    def decisions(self, name: str) -> list[Any]:
        """Return a column of the decisions on the first machine."""
        batches = [unpack(e.payload or b"") for e in self.queue.pending(1 << 30, 9999) if e.lane == "prediction"]
        return [
            v for b in batches for v, asset in zip(b[name].tolist(), b["asset"].tolist(), strict=True) if asset == "m1"
        ]

    def records(self, kind: str) -> list[Any]:
        entries = [e for e in self.queue.pending(1 << 30, 9999) if e.lane == "alarm"]
        found = [msgspec.json.decode(read_record(e.payload or b"").data) for e in entries]
        return [body for name, body, _ in found if name == kind]


def test_a_class_travels_with_its_decision(tmp_path: Path) -> None:
    """The class and its probability in the lane of decisions; the alarm names what raised it."""
    agent = Agent(tmp_path, **CLASSES)
    agent.work(TORQUES)
    assert agent.decisions("label") == ["middle", "high", "low"]
    assert agent.decisions("alarm") == [False, True, False]
    assert all(score > 1 / 3 for score in agent.decisions("score"))
    episode = agent.records("alarm-episode@1")[0]
    assert (episode["asset"], episode["signals"][0]["feature"]) == ("m1", "torque_mean")
    agent.queue.close()


def test_conformal_answers_travel_with_decisions(tmp_path: Path) -> None:
    """As columns beside the score; bundles without them send none."""
    rule = ConformalRule(0.9, width=2.5)
    agent = Agent(tmp_path, **{**NUMBER, "conformal": rule})
    agent.work(TORQUES)
    scores = agent.decisions("score")
    assert scores
    assert agent.decisions("low") == pytest.approx([s - 2.5 for s in scores])
    assert agent.decisions("high") == pytest.approx([s + 2.5 for s in scores])


def test_a_number_alarms_on_the_device_and_fills_no_probability_bins(tmp_path: Path) -> None:
    """Also over a restart in the middle of a part; a window counts parts and alarms, and no scores."""
    agent = Agent(tmp_path, **NUMBER)
    agent.work(TORQUES[:3])
    agent.queue.close()
    agent.start()
    agent.work((*TORQUES[3:], *[45] * 60), 3)
    assert agent.decisions("score")[:3] == pytest.approx([15, 5, 24])
    assert agent.decisions("alarm")[:3] == [False, True, False]
    assert set(agent.decisions("label")) == {None}
    window = agent.records("window@1")[0]
    assert (window["parts"], sum(window["scores"]), window["alarms"]) == (50, 0, 1)
    agent.queue.close()
