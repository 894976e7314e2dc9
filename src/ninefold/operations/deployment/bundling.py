"""The bundle as a step: model, recipe, contract, reference and golden rows in one payload that a device can check."""

import io
from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np

from ninefold.bundle.golden import make_golden
from ninefold.bundle.manifest import Contract, Decide, Signal
from ninefold.bundle.opening import joined, stream_of
from ninefold.bundle.payload import write_payload
from ninefold.bundle.reference import drift_reference, feature_of
from ninefold.bundle.session import Session
from ninefold.bundle.tables import first_rows, read_parquet
from ninefold.kernel.canonical import sha256
from ninefold.kernel.errors import InvalidInput, Refused
from ninefold.kernel.steps import Ask, Blocked, Context, Evidence, Kind, Result, Task
from ninefold.kernel.view import View
from ninefold.recipes.recipe import Recipe
from ninefold.vocabulary.columns import Columns, length, take
from ninefold.vocabulary.conformal import Conformal, ConformalRule
from ninefold.vocabulary.criterion import MetricSpec
from ninefold.vocabulary.dataset import DatasetVersion
from ninefold.vocabulary.features import ParityCertificate
from ninefold.vocabulary.model import TEST, UNUSED, Model
from ninefold.vocabulary.monitor import Monitors
from ninefold.vocabulary.task import AlarmRule, TaskKind

GOLDEN_ROWS = 600  # raw rows of one asset
MONITOR = "monitor:"  # role of the metric facet of a criterion that holds at run time


class Bundle(msgspec.Struct, frozen=True):
    """What a bundle's record says; the payload itself is the blob `payload`."""

    model: str
    payload: str  # blob
    size_kb: float
    features: tuple[str, ...]
    threshold: float | None  # None unless the task is binary
    monitors: tuple[str, ...]  # REQ-x/ID of the criteria that are watched on the device
    golden_scores: int
    golden_rows: int  # feature rows that the golden raw rows give
    reference_blocks: int  # of the drift reference; 0 when the training rows gave none
    task: TaskKind = "binary"
    classes: tuple[str, ...] = ()
    alarm: AlarmRule | None = None  # of the other kinds than binary
    of: dict[str, str] = {}
    conformal: float | None = None  # share of cases in which its answers shall hold the truth


class BundleStep:
    """Plans `bundle:MODEL`."""

    name = "bundle"
    version = "1"
    kind: Kind = "derive"
    consumes = frozenset({"inputs", "recipe", "features", "metric", "train", "model", "profile", "parity", "dataset",
                          "monitor", "answer", "conformal"})  # fmt: skip
    produces = frozenset({"bundle"})
    environment: tuple[str, ...] = ("numpy", "onnxruntime")

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:  # noqa: ARG002 - the contract of a step
        """Return one task a model."""
        for facet in view.of_kind("train"):
            model = facet.name.removeprefix("model:").removesuffix("#train")
            fields = facet.plain
            recipe = str(fields["dataset"]).removeprefix("recipe:")
            if f"recipe:{recipe}#inputs" not in view.facets:
                yield Blocked(f"bundle:{model}", f"recipe {recipe} is in no file", "ninefold check")
                continue
            facets = {"inputs": f"recipe:{recipe}#inputs", "features": f"recipe:{recipe}#features"}
            facets |= {f"{MONITOR}{n}": n.replace("/", "#metric/", 1) for n in _monitors(view, str(fields["use_case"]))}
            results = {"model": f"model:{model}", "profile": f"profile:{recipe}", "parity": f"parity:{recipe}",
                       "rows": f"features:{recipe}", "drift": f"monitor:{model}"}  # fmt: skip
            if dataset := _dataset(view, recipe):
                results["data"] = f"dataset:{dataset}"
            if f"model:{model}#answer" in view.facets:
                facets["answer"], results["conformal"] = f"model:{model}#answer", f"conformal:{model}"
            yield Task(f"bundle:{model}", facets, results, of=("model",))

    def run(self, task: Task, ctx: Context) -> Result:
        """Build the payload.

        Raises:
            Refused: the recipe needs what only the centre has, or its certificate of parity did not pass.
            InvalidInput: model, recipe and data do not fit together.
        """
        model = ctx.inputs["model"].body(Model)
        inputs, features = (dict(ctx.inputs[role].plain) for role in ("inputs", "features"))
        recipe = joined(inputs, features)
        _refuse_centre(model, recipe)
        _refuse_parity(ctx.inputs["parity"])
        rows = _trained(ctx, model)
        units = _units(ctx)
        contract = Contract(
            tuple(Signal(name, units.get(name, "")) for name in _signals(recipe)),
            tuple(feature_of(name, rows[name]) for name in model.features),
            dict(model.categories), model.classes,
        )  # fmt: skip
        onnx = ctx.blobs.read(model.onnx)
        session = Session(onnx, model.features, dict(model.categories), model.classes)
        conformal = _conformal(ctx)
        decide = Decide(model.threshold, model.task, model.alarm, conformal)
        golden = make_golden(session, contract, *_golden_raw(ctx, recipe), decide)
        monitors = [e.body(MetricSpec) for role, e in ctx.inputs.items() if role.startswith(MONITOR)]
        reference = _reference(rows, [n for n in model.features if n not in model.categories])
        payload = write_payload(
            name=task.name.partition(":")[2], onnx=onnx, recipe={"inputs": inputs, "features": features},
            profile={**reference, "profile": ctx.inputs["profile"].plain}, contract=contract,
            threshold=model.threshold, golden=golden, monitors=monitors, parity=ctx.inputs["parity"].content,
            model=ctx.inputs["model"].content, centre_only=recipe.centre_only,
            drift=ctx.inputs["drift"].body(Monitors).monitors, task=model.task, alarm=model.alarm,
            conformal=conformal,
        )  # fmt: skip
        blob = ctx.blobs.put(payload)
        computed = len(next(iter(golden.rows.values()), []))
        watched = tuple(sorted(f"{m.requirement}/{m.criterion}" for m in monitors))
        body = Bundle(
            task.name.partition(":")[2], sha256(payload), len(payload) / 1e3, model.features, model.threshold, watched,
            len(golden.scores), computed, int(reference.get("blocks", 0)), model.task, model.classes, model.alarm,
            conformal=None if conformal is None else conformal.wanted,
        )  # fmt: skip
        return Result("bundle@1", body, (blob,))


def _monitors(view: View, use_case: str) -> list[str]:
    """Return the criteria (REQ-x/ID) that hold at run time, of the requirements that link to a use case."""
    linking = set()
    for facet in view.of_kind("index"):
        links = facet.plain.get("links", ())
        if facet.name.startswith("REQ-") and any(link["to"] == use_case for link in links):
            linking.add(facet.name.removesuffix("#index"))
    specs = [f.body for f in view.of_kind("metric")]
    found = [s for s in specs if isinstance(s, MetricSpec) and s.requirement in linking and "runtime" in s.where]
    return [f"{s.requirement}/{s.criterion}" for s in found]


def _dataset(view: View, recipe: str) -> str:
    """Return the name of the dataset whose rows a recipe turns into features."""
    plain = view.facets[f"recipe:{recipe}#inputs"].plain
    named = plain.get("inputs", plain)
    found = sorted(str(r) for r in named.values() if str(r).startswith("dataset:"))
    return found[0].partition(":")[2] if len(found) == 1 else ""


def _conformal(ctx: Context) -> ConformalRule | None:
    """Return the rule of the answers that the model file asks for; None when it asks for none.

    Raises:
        InvalidInput: there were too few rows to calibrate it.
    """
    if "answer" not in ctx.inputs:
        return None
    wanted = float(ctx.inputs["answer"].plain["conformal"])
    found = ctx.inputs["conformal"].body(Conformal)
    for level in found.levels:
        if level.wanted == wanted:
            return ConformalRule(wanted, level.width, level.least, level.most)
    message = f"There are no conformal answers at {wanted:g}: {'; '.join(found.notes) or 'none was calibrated'}."
    raise InvalidInput(message, hint="Ask for a smaller share, or take out answer: of the model file.")


def _refuse_centre(model: Model, recipe: Recipe) -> None:
    if recipe.rights:
        message = f"The recipe of {model.name} joins {', '.join(recipe.rights)}, which no device has."
        raise Refused(message, hint="Put what the device needs into the recipe's tables.")
    if recipe.centre_only:
        message = f"The recipe of {model.name} makes {', '.join(recipe.centre_only)} in Python, at the centre only."
        raise Refused(message, hint="Express it in recipe operations.")


def _refuse_parity(parity: Evidence) -> None:
    if not parity.body(ParityCertificate).equal:
        message = f"{parity.name} did not pass: batch, stream and DuckDB do not give the same features."
        raise Refused(message, hint=f"Look with: ninefold show {parity.name}.")


def _trained(ctx: Context, model: Model) -> Columns:
    """Return the feature rows that the model was trained on; test rows are no reference."""
    rows = read_parquet(ctx.blobs.get(ctx.inputs["rows"].blobs[0]))
    roles = np.load(io.BytesIO(ctx.blobs.read(model.roles)), allow_pickle=False)
    if len(roles) != length(rows):
        raise InvalidInput(f"{len(roles)} roles do not fit {length(rows)} feature rows.", hint="Run the model again.")
    return take(rows, (roles != TEST) & (roles != UNUSED))


def _units(ctx: Context) -> dict[str, str]:
    """Return the units of the dataset's columns."""
    if "data" not in ctx.inputs:
        return {}
    return {c.name: c.unit for c in ctx.inputs["data"].body(DatasetVersion).columns}


def _signals(recipe: Recipe) -> list[str]:
    keys = {recipe.keys.entity, recipe.keys.time}
    wanted = {*(recipe.needed or ()), *([recipe.keys.frame] if recipe.keys.frame else [])}
    return sorted(wanted - keys)


def _golden_raw(ctx: Context, recipe: Recipe) -> tuple[Columns | None, Any]:
    """Return raw rows of one asset for the golden rows, and the recipe's stream; (None, None) without a dataset."""
    if "data" not in ctx.inputs:
        return None, None
    path = ctx.blobs.get(ctx.inputs["data"].blobs[0])
    raw = first_rows(path, recipe.keys.entity, recipe.keys.time, _signals(recipe), GOLDEN_ROWS)
    return raw, stream_of(recipe)(None)


def _reference(rows: Columns, names: list[str]) -> dict[str, Any]:
    """Return the drift reference as plain values; without enough training rows there is none, and no drift alarm."""
    try:
        return drift_reference(rows, names).to_plain()
    except InvalidInput:
        return {}


STEPS = (BundleStep(),)
