"""How far a line is: each step of the way is done when its files are there and its evidence is fresh."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from ninefold.connectors.tables import TableSettings, TableTag
from ninefold.kernel.view import View
from ninefold.lifecycle.beginning.guessing import PART
from ninefold.lifecycle.gate import Check, gate
from ninefold.operations.deployment.files import TargetsSpec
from ninefold.surface.cells import Ref, State
from ninefold.surface.session import Session
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.desired import Published, Reported, reference_of
from ninefold.vocabulary.window import WINDOW

DATA = "data"
Place = Literal["table", "columns", "goal", "model", "run", "sign", "machine", "deploy", "gateway", "watch"]


class Step(NamedTuple):
    """One step of the way, with where its result is seen (or where it is done)."""

    code: Place
    state: State
    note: Text = ""
    to: Ref | None = None

    @property
    def done(self) -> bool:
        """Whether the way goes on behind it."""
        return self.state.name == "pass"


def tables_of(root: Path) -> list[str]:
    """Return the names of the tables in the project's folder for data, the newest first."""
    found = sorted((root / DATA).glob("*.csv"), key=lambda p: p.stat().st_mtime, reverse=True)
    return [p.stem for p in found if p.is_file()]


def steps_of(session: Session, name: str) -> list[Step]:
    """Return the steps of a line in their order."""
    view = session.view()
    done = [
        Step("table", _is((session.root / DATA / f"{name}.csv").is_file()), f"data/{name}.csv"),
        _written(view, "columns", f"connection:{name}#source", Ref("file", f"connections/{name}.yaml")),
        _written(view, "goal", f"REQ-{name}#index", Ref("requirement", f"REQ-{name}")),
        _written(view, "model", f"model:{name}#train", Ref("file", f"models/{name}.yaml")),
    ]
    return [*done, *_evidence(session, name), *_service(session, name)]


def _is(there: bool) -> State:
    return State("pass", Say("begin.done")) if there else State("missing", Say("begin.open"))


def _written(view: View, code: Place, facet: str, to: Ref) -> Step:
    if facet in view.facets:
        return Step(code, _is(there=True), view.facets[facet].file, to)
    file = _file_of(facet)
    if any(p.file == file for p in view.problems):
        return Step(code, State("failed", Say("begin.broken")), file, Ref("file", file))
    return Step(code, _is(there=False))


def _file_of(facet: str) -> str:
    subject = facet.partition("#")[0]
    folder, _, name = subject.partition(":")
    return f"{folder}s/{name}.yaml" if name else f"requirements/{subject}.md"


def _evidence(session: Session, name: str) -> list[Step]:
    """Return running and signing: what the gate says of this model."""
    plan = session.status()
    checks = [c for c in gate(plan).checks if c.name.partition(":")[2].partition("/")[0] == name]
    verdicts = [c for c in checks if c.verdict is not None]
    to = Ref("validation", name)
    if not verdicts or any(c.decision == "stale" for c in verdicts):
        return [Step("run", State("missing", Say("begin.open"))), Step("sign", State("missing", Say("begin.open")))]
    ran = Step("run", _is(there=True), Say("begin.verdicts", {"n": len(verdicts)}), Ref("model", name))
    return [ran, _signed(checks, verdicts, to)]


def _signed(checks: Sequence[Check], verdicts: Sequence[Check], to: Ref) -> Step:
    missed = [c for c in verdicts if c.decision != "pass"]
    if missed:
        note = Say("begin.missed", {"criterion": missed[0].name.rpartition("/")[2], "why": missed[0].reason})
        return Step("sign", State("blocked"), note, to)
    unsigned = any(c.decision != "pass" for c in checks)
    return Step("sign", _is(not unsigned), "" if unsigned else Say("begin.signed"), to)


def _service(session: Session, name: str) -> list[Step]:
    """Return what is there of the machine, the rollout, the gateway and its windows."""
    view, plan = session.view(), session.status()
    device = device_of(view, name)
    machine = _written(view, "machine", f"deployment:{name}#targets", Ref("deployment", name))
    rollout = plan.statuses.get(f"rollout:{name}/{device}")
    published = rollout is not None and bool(rollout.key) and _published(session, device) == rollout.key
    reported = session.store.reported(f"edge:{device}") if device else None
    stage = reported.body(Reported).stage if reported is not None else ""
    going = State("running") if stage in {"self-test", "shadow", "canary", "waits"} else None
    note: Text = Say(f"fleet.stage-{stage}") if stage else ""
    seen = bool(session.store.of_kind(WINDOW, limit=1)) and stage == "active"
    return [
        machine,
        Step("deploy", _is(published), to=Ref("deployment", name) if device else None),
        Step("gateway", going or _is(stage == "active"), note, Ref("device", device) if device else None),
        Step("watch", _is(seen), to=Ref("page", "monitoring")),
    ]


def _published(session: Session, device: str) -> str:
    """Return the key of the rollout that a gateway may fetch, "" when it may fetch none."""
    value = session.store.reference(reference_of(f"edge:{device}"))
    return "" if value is None else msgspec.json.decode(value, type=Published).key


def device_of(view: View, name: str) -> str:
    """Return the gateway that a line's deployment names first, "" without one."""
    facet = view.facets.get(f"deployment:{name}#targets")
    if facet is None or not isinstance(facet.body, TargetsSpec):
        return ""
    return facet.body.targets[0].removeprefix("edge:")


def table_of(view: View, name: str) -> TableSettings | None:
    """Return the connection of a line's table."""
    facet = view.facets.get(f"connection:{name}#source")
    body = facet.body if facet is not None else None
    return body if isinstance(body, TableSettings) and not body.holds_events else None


def label_of(view: View, name: str) -> str:
    """Return the signal that a line's recipe learns, "" without a recipe."""
    facet = view.facets.get(f"recipe:{name}#label")
    return str(getattr(facet.body, "column", "") or "") if facet is not None else ""


def inputs_of(table: TableSettings, label: str) -> list[TableTag]:
    """Return what a model learns from: every signal but the answer and the part's number."""
    return [t for t in table.tags if t.signal not in {label, PART}]
