"""What a race tells its worker and what it answers: JSON lines, with arrays as .npy files; nothing is pickled."""

from typing import Any

import msgspec

from ninefold.development.modelling.trainers.contract import LearningTask


class Propose(msgspec.Struct, frozen=True, tag="propose"):
    """Ask a trainer what it would try."""

    trainer: str
    task: LearningTask


class Fit(msgspec.Struct, frozen=True, tag="fit"):
    """Train on some rows and predict others; all fields but the numbers are paths of .npy files."""

    trainer: str
    task: LearningTask
    params: dict[str, Any]
    x: str  # float32 (n, features)
    y: str  # float64 (n,)
    fit_rows: str  # int64
    predict_rows: str  # int64
    scores: str  # written: float64 (m,) or (m, classes), for predict_rows
    seed: int
    threads: int


class Export(msgspec.Struct, frozen=True, tag="export"):
    """Train the final model, write its graph, and predict the rows of the parity gate natively."""

    trainer: str
    task: LearningTask
    params: dict[str, Any]
    x: str
    y: str
    fit_rows: str
    test_rows: str  # int64: rows of x that the parity gate begins with
    onnx: str  # written
    probe: str  # written: float32 (m, features)
    native: str  # written: float64 (m,) or (m, classes)
    cases: dict[str, int]  # how many text categories each feature has, by its place; for unknown codes
    seed: int
    threads: int


class Score(msgspec.Struct, frozen=True, tag="score"):
    """Let a graph that was brought answer for all rows."""

    onnx: str
    x: str
    scores: str  # written: float32 (n,) or (n, classes)


class Proposed(msgspec.Struct, frozen=True, tag="proposed"):
    """What a trainer would try: (parameters, cost)."""

    proposals: list[tuple[dict[str, Any], float]]


class Done(msgspec.Struct, frozen=True, tag="done"):
    """An order was carried out."""

    cases: dict[str, int] = {}  # of Export: rows of the probe by case


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """An order raised."""

    error: str


Order = Propose | Fit | Export | Score
Reply = Proposed | Done | Failed
