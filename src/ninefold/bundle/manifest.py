"""What a bundle says about itself: parts, contract, decision rule, what is watched at run time, and golden rows."""

import msgspec

from ninefold.vocabulary.conformal import ConformalRule
from ninefold.vocabulary.criterion import MetricSpec
from ninefold.vocabulary.task import AlarmRule, TaskKind

FORMAT = 1  # raised when an older reader would misread a payload


class Signal(msgspec.Struct, frozen=True):
    """An input that the recipe reads."""

    name: str
    unit: str = ""  # UCUM, "" when unknown


class Feature(msgspec.Struct, frozen=True):
    """A column that the model reads, with where its reference lies; None where the reference gives none.

    `centre` is the median, `spread` half the distance of the quartiles divided by 0.6745 (the standard deviation of a
    normal distribution with these quartiles), `low` and `high` the smallest and largest value seen.
    """

    name: str
    unit: str = ""
    centre: float | None = None
    spread: float | None = None
    low: float | None = None
    high: float | None = None


class Contract(msgspec.Struct, frozen=True):
    """What goes in: signals of the recipe, and features in the order of the graph's input."""

    inputs: tuple[Signal, ...]
    features: tuple[Feature, ...]
    categories: dict[str, tuple[str, ...]] = {}  # text feature -> values; the code is the place, unknown is missing
    classes: tuple[str, ...] = ()  # of a multiclass task, in the order of the graph's probabilities

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the features in the order of the graph's input."""
        return tuple(f.name for f in self.features)


class Decide(msgspec.Struct, frozen=True):
    """How what the graph gives becomes a decision.

    Binary: a score at or above the threshold is a warning. Other kinds warn by the rule `alarm`, or never.
    """

    threshold: float | None = None  # exact in float32; None unless the task is binary
    task: TaskKind = "binary"
    alarm: AlarmRule | None = None
    conformal: ConformalRule | None = None  # when the model file asks for answers that hold the truth


class Manifest(msgspec.Struct, frozen=True):
    """The table of contents and the contract of a payload. Its canonical bytes are `manifest.json`."""

    format: int
    name: str  # of the model
    parts: dict[str, str]  # entry -> sha256
    contract: Contract
    decide: Decide
    monitors: tuple[MetricSpec, ...] = ()  # metric facets of the criteria that hold at run time
    parity: str = ""  # content of the certificate that batch, stream and DuckDB agree
    model: str = ""  # content of the model's record


class Golden(msgspec.Struct, frozen=True):
    """Inputs with the outputs that they must give on every device.

    Columns are lists with None for null. `raw` goes through the recipe and must give `rows`; `features` go through
    the model and must give `scores` (of classes one probability each), all within `tolerance`, and the same decision
    wherever the score is further than the tolerance from where it would change. `answers` are the conformal ones of the
    scores, when the bundle gives some: columns as a decision carries them.
    """

    features: dict[str, list[float | str | None]]
    scores: tuple[float | tuple[float, ...], ...]
    tolerance: float = 1e-5
    raw: dict[str, list[float | int | str | None]] = {}
    rows: dict[str, list[float | int | str | None]] = {}
    answers: dict[str, list[float | str | None]] = {}
