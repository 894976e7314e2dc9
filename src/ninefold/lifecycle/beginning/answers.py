"""What a person answers on the way, as values; a form that cannot be read says what is wrong with which field."""

import math
import re
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID, uuid4
from zoneinfo import available_timezones

import msgspec

from ninefold.connectors.csv.looking import TableSeen
from ninefold.development.modelling.files import installed_trainers
from ninefold.lifecycle.beginning.guessing import PART, answers_of, numbers_of, signals
from ninefold.surface.words import Say, Text

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_UNIT = re.compile(r"[!-~]{1,30}")
_ENDPOINT = re.compile(r"opc\.tcp://[A-Za-z0-9.\-\[\]:]+:\d{1,5}(/\S*)?")
_DEVICE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
TRAINERS = ("lightgbm", "linear", "random-forest", "all")
Problems = dict[str, Text]


class Columns(msgspec.Struct, frozen=True):
    """What a table's columns are."""

    time: str  # a column; "" where the order of the rows is all there is
    zone: str  # IANA zone of times that are written without one
    asset: str  # a column; "" where the table holds one machine
    machine: str  # its name then
    part: str  # a column that numbers the parts; "" without one
    label: str  # the column that is to be known beforehand
    units: dict[str, str | None]  # of each column that is learnt from; None for text


class Goal(msgspec.Struct, frozen=True):
    """What must hold, so that the model may be used."""

    title: str
    statement: str
    owner: str
    recall: float  # share of the cases that are told
    precision: float  # share of what is told that is a case
    level: float  # of the bounds
    samples: int  # below which nothing is judged
    latency_ms: float
    drift_per_year: float  # false alarms of the watch, of all machines of a gateway; 0 where drift cannot be watched
    shift: float  # in standard deviations, from which a change matters
    uuid: str  # of the requirement: the one that was shown is the one that is written


class Learning(msgspec.Struct, frozen=True):
    """How a model is looked for."""

    label: str  # the signal that is learnt
    trainers: str  # one of TRAINERS
    test_share: float
    cpu_s: float


class Place(msgspec.Struct, frozen=True):
    """Where the machine is reached and which gateway reads it."""

    device: str
    stand_in: bool  # the table plays the machine
    endpoint: str
    port: int  # of the centre's service, on loopback
    addresses: dict[str, str]  # "ASSET/SIGNAL" -> address
    shadow_parts: int


class Read(NamedTuple):
    """What a form holds, as far as it could be read, and what is wrong with which field."""

    found: Columns | Goal | Learning | Place | None
    problems: Problems


class _Form:
    """Reads fields and notes what is wrong with them."""

    def __init__(self, form: Mapping[str, str]) -> None:
        self._form = form
        self.problems: Problems = {}

    def wrong(self, name: str, code: str, **values: str | int | float) -> None:
        """Note what is wrong with a field."""
        self.problems.setdefault(name, Say(f"begin.{code}", dict(values)))

    def text(self, name: str, longest: int = 200) -> str:
        """Return a text of one line that is not empty."""
        text = " ".join(self._form.get(name, "").split())
        if not text:
            self.wrong(name, "wrong-empty")
        elif len(text) > longest or not text.isprintable():
            self.wrong(name, "wrong-long", n=longest)
        return text

    def number(self, name: str, low: float, high: float) -> float:
        """Return a number between two ends."""
        text = self._form.get(name, "").strip().replace(",", ".")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            self.wrong(name, "wrong-number", low=low, high=high)
            return low
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        """Return a whole number between two ends."""
        value = self.number(name, low, high)
        if value != int(value):
            self.wrong(name, "wrong-number", low=low, high=high)
        return int(value)

    def chosen(self, name: str, options: tuple[str, ...]) -> str:
        """Return one of some values."""
        value = self._form.get(name, "")
        if value not in options:
            self.wrong(name, "wrong-choice")
        return value

    def matching(self, name: str, pattern: re.Pattern[str], code: str) -> str:
        """Return a text of a form."""
        value = self._form.get(name, "").strip()
        if not pattern.fullmatch(value):
            self.wrong(name, code)
        return value

    def uuid(self, name: str) -> str:
        """Return a UUID; a new one for what is none, because nobody types it."""
        try:
            return str(UUID(self._form.get(name, "")))
        except ValueError:
            return str(uuid4())

    def get(self, name: str) -> str:
        """Return a field as it is."""
        return self._form.get(name, "").strip()


def read_columns(form: Mapping[str, str], seen: TableSeen) -> Read:
    """Return what the form of the columns says."""
    it = _Form(form)
    by_kind = {k: tuple(c.name for c in seen.columns if c.kind == k) for k in ("time", "text", "number")}
    time = it.chosen("time", ("", *by_kind["time"]))
    asset = it.chosen("asset", ("", *by_kind["text"]))
    part = it.chosen("part", ("", *numbers_of(seen)))
    label = it.chosen("label", tuple(answers_of(seen)))
    machine = it.matching("machine", _WORD, "wrong-word") if not asset else ""
    zone = it.get("zone")
    if zone not in available_timezones():
        it.wrong("zone", "wrong-zone")
    units: dict[str, str | None] = {}
    for number, column in enumerate(seen.columns):
        if column.name in {time, asset, part, label} or form.get(f"use-{number}") != "yes":
            continue
        text = column.kind == "text"
        if column.kind not in {"text", "number"} or (text and len(column.levels) < 1):
            it.wrong(f"use-{number}", "wrong-use")
        units[column.name] = None if text else it.matching(f"unit-{number}", _UNIT, "wrong-unit")
    if not units:
        it.wrong("label", "wrong-nothing")
    return Read(None if it.problems else Columns(time, zone, asset, machine, part, label, units), it.problems)


def read_goal(form: Mapping[str, str], *, timed: bool) -> Read:
    """Return what the form of the goal says; drift counts by time, so it is watched only in rows that have one."""
    it = _Form(form)
    goal = Goal(
        it.text("title", 120), it.text("statement", 600), it.text("owner", 60),
        it.number("recall", 0.01, 0.999), it.number("precision", 0.01, 0.999), it.number("level", 0.5, 0.999),
        it.whole("samples", 1, 1_000_000), it.number("latency", 1, 3_600_000),
        it.number("drift", 0.01, 1000) if timed else 0, it.number("shift", 0, 10) if timed else 0, it.uuid("uuid"),
    )  # fmt: skip
    return Read(None if it.problems else goal, it.problems)


def read_learning(form: Mapping[str, str], labels: tuple[str, ...]) -> Read:
    """Return what the form of the model says; `labels` are the signals that may be learnt."""
    it = _Form(form)
    label = it.chosen("label", labels)
    trainers = it.chosen("trainers", TRAINERS)
    if trainers in TRAINERS and trainers != "all" and trainers not in installed_trainers():
        it.wrong("trainers", "wrong-choice")
    learning = Learning(label, trainers, it.number("test", 5, 50) / 100, it.number("cpu", 1, 86_400))
    return Read(None if it.problems else learning, it.problems)


def read_machine(form: Mapping[str, str], pairs: tuple[tuple[str, str], ...]) -> Read:
    """Return what the form of the machine says; `pairs` are the assets with their signals."""
    it = _Form(form)
    kind = it.chosen("kind", ("replay", "opcua"))
    endpoint = it.matching("endpoint", _ENDPOINT, "wrong-endpoint")
    if kind == "replay" and not endpoint.startswith("opc.tcp://127.0.0.1:"):
        it.wrong("endpoint", "wrong-loopback")
    addresses = {}
    for number, (asset, signal) in enumerate(pairs):
        addresses[f"{asset}/{signal}"] = it.text(f"address-{number}", 200)
    device, port = it.matching("device", _DEVICE, "wrong-device"), it.whole("port", 1, 65535)
    machine = Place(device, kind == "replay", endpoint, port, addresses, it.whole("shadow", 1, 1_000_000))
    return Read(None if it.problems else machine, it.problems)


def signals_of(answers: Columns) -> dict[str, str]:
    """Return the signal of each column that is read."""
    named = signals([*answers.units, answers.label])
    return {**named, answers.part: PART} if answers.part else named
