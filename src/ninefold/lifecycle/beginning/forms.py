"""The forms of the way: each with what is proposed, so that a person who cannot know yet can go on."""

from collections.abc import Mapping
from uuid import uuid4

import msgspec

from ninefold.connectors.csv.looking import ColumnSeen, TableSeen
from ninefold.lifecycle.beginning.answers import TRAINERS, Problems
from ninefold.lifecycle.beginning.guessing import answers_of, guess, numbers_of, unit_of
from ninefold.surface.blocks import Field, FieldKind, Form, Sheet
from ninefold.surface.cells import Cell, Noted
from ninefold.surface.words import Language, Say, Text, say

MOST_ADDRESSES = 200


class Sent(msgspec.Struct, frozen=True):
    """A form as it came, and what is wrong with it."""

    values: Mapping[str, str] = {}
    problems: Problems = {}

    def field(
        self, name: str, value: str, label: Text, kind: FieldKind = "text", *, hint: Text = "", unit: str = "",
        options: tuple[tuple[str, Text], ...] = (), required: bool = False,
    ) -> Field:  # fmt: skip
        """Return a field with what was sent, or with the proposal when nothing was."""
        shown = self.values.get(name, "") if self.values else value
        return Field(name, label, kind, shown, options, hint, self.problems.get(name, ""), required, unit)


def table_form(name: str = "", problem: Text = "", megabytes: int = 100) -> Form:
    """Return the form that brings a table."""
    fields = (
        Field("file", Say("begin.file"), "file", hint=Say("begin.file-hint", {"mb": megabytes}), required=True),
        Field("name", Say("begin.table-name"), "text", name, hint=Say("begin.table-name-hint")),
    )
    note = Say("begin.table-note")
    return Form(Say("begin.table-title"), "begin", fields, Say("begin.bring"), problem=problem, note=note)


def columns_form(name: str, seen: TableSeen, zone: str, sent: Sent) -> Form:
    """Return the form that says what the columns are."""
    guessed = guess(seen)
    times = tuple((c.name, c.name) for c in seen.columns if c.kind == "time")
    machines = tuple((c.name, c.name) for c in seen.columns if c.kind == "text" and c.levels)
    answers: tuple[tuple[str, Text], ...] = tuple((n, n) for n in answers_of(seen))
    none = ("", Say("begin.no-time")), ("", Say("begin.no-asset"))
    fields = (
        sent.field("label", guessed.label, Say("begin.label"), "select", options=answers, hint=Say("begin.label-hint")),
        sent.field("time", guessed.time, Say("begin.time"), "select", options=(*times, none[0]),
                   hint=Say("begin.time-hint")),
        sent.field("zone", zone, Say("begin.zone"), hint=Say("begin.zone-hint")),
        sent.field("asset", guessed.asset, Say("begin.asset"), "select", options=(*machines, none[1]),
                   hint=Say("begin.asset-hint")),
        sent.field("part", guessed.part, Say("begin.part"), "select", hint=Say("begin.part-hint"),
                   options=(*((n, n) for n in numbers_of(seen)), ("", Say("begin.no-part")))),
        sent.field("machine", "machine-1", Say("begin.machine-name"), hint=Say("begin.machine-name-hint")),
    )  # fmt: skip
    heads = tuple(Say(f"begin.head-{c}") for c in ("column", "kind", "range", "missing", "use", "unit"))
    rows = tuple(_column(n, c, c.name in guessed.used, sent) for n, c in enumerate(seen.columns))
    return Form(
        Say("begin.columns-title"), f"begin/{name}/columns", fields, Say("begin.save-columns"),
        note=Say("begin.columns-note"), preview=f"begin/{name}/columns/preview",
        sheet=Sheet(Say("begin.columns-title"), heads, rows),
    )  # fmt: skip


def _column(number: int, column: ColumnSeen, used: bool, sent: Sent) -> tuple[Field | Cell, ...]:
    spread: Cell = Say("begin.range", {"low": column.low, "high": column.high})
    if column.kind == "text":
        spread = ", ".join(column.levels[:6]) or Say("begin.many", {"n": column.distinct})
    elif column.kind == "empty":
        spread = None
    values = {"column": column.name[:60]}
    usable = column.kind == "number" or (column.kind == "text" and bool(column.levels))
    use: Field | Cell = None
    unit: Field | Cell = None
    if usable:
        use = sent.field(f"use-{number}", "yes" if used else "", Say("begin.use-of", dict(values)), "check")
    if usable and column.kind == "number":
        unit = sent.field(f"unit-{number}", unit_of(column.name), Say("begin.unit-of", dict(values)))
    missing = f"{column.missing:.1%}" if column.missing else "0 %"
    return (column.name, Say(f"begin.kind-{column.kind}"), spread, missing, use, unit)


def goal_form(name: str, label: str, language: Language, sent: Sent, *, timed: bool) -> Form:
    """Return the form that says what must hold."""
    case = label.replace("_", " ") or name
    fields = (
        sent.field("statement", say("begin.statement-default", language, case=case), Say("begin.statement"), "area",
                   hint=Say("begin.statement-hint")),
        sent.field("title", say("begin.title-default", language, case=case), Say("begin.goal-name")),
        sent.field("owner", say("begin.owner-default", language), Say("begin.owner"), hint=Say("begin.owner-hint")),
        sent.field("uuid", str(uuid4()), "", "hidden"),
    )  # fmt: skip
    level = sent.field("level", "0.95", Say("begin.level"), "number")
    samples = sent.field("samples", "30", Say("begin.samples"), "number")
    rows: tuple[tuple[Field | Cell, ...], ...] = (
        (_told("recall"), "≥", sent.field("recall", "0.5", Say("begin.recall"), "number"), level, samples),
        (_told("precision"), "≥", sent.field("precision", "0.5", Say("begin.precision"), "number"),
         Say("begin.as-above"), Say("begin.as-above")),
        (_told("latency"), "≤", sent.field("latency", "1000", Say("begin.latency"), "number", unit="ms"), None, None),
    )  # fmt: skip
    if timed:
        rows += (
            (_told("drift"), "≤", sent.field("drift", "1", Say("begin.drift"), "number", unit="1/a"), None, None),
            (_told("shift"), "≥", sent.field("shift", "1", Say("begin.shift"), "number", unit="sd"), None, None),
        )  # fmt: skip
    heads = tuple(Say(f"begin.head-{c}") for c in ("criterion", "op", "threshold", "level", "samples"))
    return Form(
        Say("begin.goal-title"), f"begin/{name}/goal", fields, Say("begin.save-goal"),
        note=Say("begin.goal-note" if timed else "begin.goal-note-untimed"), preview=f"begin/{name}/goal/preview",
        sheet=Sheet(Say("begin.goal-title"), heads, rows),
    )  # fmt: skip


def _told(code: str) -> Cell:
    return Noted(Say(f"begin.{code}"), Say(f"begin.{code}-why"))


def model_form(name: str, labels: tuple[str, ...], inputs: tuple[str, ...], sent: Sent) -> Form:
    """Return the form that says how a model is looked for."""
    options: tuple[tuple[str, Text], ...] = tuple((t, Say(f"begin.trainer-{t}")) for t in TRAINERS)
    fields = (
        sent.field("label", labels[-1] if labels else "", Say("begin.label"), "select",
                   options=tuple((n, n) for n in labels), hint=Say("begin.inputs", {"inputs": ", ".join(inputs)})),
        sent.field("trainers", TRAINERS[0], Say("begin.trainers"), "select", options=options,
                   hint=Say("begin.trainers-hint")),
        sent.field("test", "25", Say("begin.test"), "number", unit="%", hint=Say("begin.test-hint")),
        sent.field("cpu", "60", Say("begin.cpu"), "number", unit="s", hint=Say("begin.cpu-hint")),
    )  # fmt: skip
    return Form(Say("begin.model-title"), f"begin/{name}/model", fields, Say("begin.save-model"),
                note=Say("begin.model-note"), preview=f"begin/{name}/model/preview")  # fmt: skip


def machine_form(name: str, pairs: tuple[tuple[str, str], ...], sent: Sent) -> Form:
    """Return the form that says where the machine is reached."""
    kinds: tuple[tuple[str, Text], ...] = (("replay", Say("begin.kind-replay")), ("opcua", Say("begin.kind-opcua")))
    fields = (
        sent.field("kind", "replay", Say("begin.kind"), "select", options=kinds, hint=Say("begin.kind-hint")),
        sent.field("endpoint", "opc.tcp://127.0.0.1:4840", Say("begin.endpoint"), hint=Say("begin.endpoint-hint")),
        sent.field("device", "gateway-1", Say("begin.device"), hint=Say("begin.device-hint")),
        sent.field("port", "9440", Say("begin.port"), "number", hint=Say("begin.port-hint")),
        sent.field("shadow", "100", Say("begin.shadow"), "number", hint=Say("begin.shadow-hint")),
    )
    heads = tuple(Say(f"begin.head-{c}") for c in ("asset", "signal", "address"))
    rows: tuple[tuple[Field | Cell, ...], ...] = tuple(
        (asset, signal, sent.field(f"address-{n}", f"ns=2;s={asset}.{signal}",
                                   Say("begin.address-of", {"signal": f"{asset} {signal}"})))
        for n, (asset, signal) in enumerate(pairs)
    )  # fmt: skip
    return Form(
        Say("begin.machine-title"), f"begin/{name}/machine", fields, Say("begin.save-machine"),
        note=Say("begin.machine-note"), preview=f"begin/{name}/machine/preview",
        sheet=Sheet(Say("begin.addresses"), heads, rows),
    )  # fmt: skip
