"""The payload: what a device runs. Built from contents alone, so the same model gives the same bytes and digest."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import msgspec
import numpy as np

from ninefold.bundle.archive import pack, unpack
from ninefold.bundle.deciding import unfit
from ninefold.bundle.manifest import FORMAT, Contract, Decide, Golden, Manifest
from ninefold.kernel.canonical import canonical, sha256
from ninefold.kernel.errors import InvalidInput, Refused, VerificationError
from ninefold.vocabulary.conformal import ConformalRule
from ninefold.vocabulary.criterion import MetricSpec
from ninefold.vocabulary.monitor import Monitor
from ninefold.vocabulary.task import AlarmRule, TaskKind

MANIFEST = "manifest.json"
PARTS = ("golden.json", "model.onnx", "monitors.json", "profile.json", "recipe.json")

T = TypeVar("T")


@dataclass(frozen=True)
class Payload:
    """A payload that was read and checked: every part has the digest that the manifest names."""

    data: bytes
    manifest: Manifest
    entries: dict[str, bytes]

    @cached_property
    def digest(self) -> str:
        """The sha256 of the payload, by which devices, records and approvals name it."""
        return sha256(self.data)

    @property
    def model(self) -> bytes:
        """The ONNX graph."""
        return self.entries["model.onnx"]

    @cached_property
    def recipe(self) -> Any:
        """The recipe's facets as plain values: {"inputs": ..., "features": ...}."""
        return decoded(self.entries["recipe.json"], Any, "The recipe")

    @cached_property
    def profile(self) -> Any:
        """The reference histograms as plain values, as the profile's record holds them."""
        return decoded(self.entries["profile.json"], Any, "The profile")

    @cached_property
    def drift(self) -> dict[str, Monitor]:
        """What is watched for drift, by REQ/ID."""
        return decoded(self.entries["monitors.json"], dict[str, Monitor], "The list of monitors")

    @cached_property
    def golden(self) -> Golden:
        """The golden rows."""
        return decoded(self.entries["golden.json"], Golden, "The list of golden rows")


def write_payload(
    *,
    name: str,
    onnx: bytes,
    recipe: Any,
    profile: Any,
    contract: Contract,
    threshold: float | None,
    golden: Golden,
    monitors: Sequence[MetricSpec] = (),
    parity: str = "",
    model: str = "",
    centre_only: Sequence[str] = (),
    drift: Mapping[str, Monitor] | None = None,
    task: TaskKind = "binary",
    alarm: AlarmRule | None = None,
    conformal: ConformalRule | None = None,
) -> bytes:
    """Return the bytes of a payload: equal contents give equal bytes.

    `recipe` and `profile` are plain values or structs with a canonical form. `parity` and `model` are contents of
    records. `centre_only` names the columns that only the centre can compute. `drift` says what is watched, by REQ/ID.
    A binary model has a threshold, one of another kind may have an `alarm`. With `conformal` decisions carry answers.

    Raises:
        Refused: a feature is centre only, so that no device could run the model.
        InvalidInput: no features, a feature twice, a threshold that float32 does not hold exactly, or a rule that does
            not fit the kind of task.
    """
    names = contract.names
    if alone := [n for n in names if n in centre_only]:
        message = f"The model {name} needs {', '.join(alone)}, which only the centre can compute (a Python step)."
        raise Refused(message, hint="Express it in recipe operations, or leave it out of the model.")
    if not names or len(set(names)) != len(names):
        raise InvalidInput(f"The model {name} must have features, each once; found {', '.join(names) or 'none'}.")
    if threshold is not None and (not math.isfinite(threshold) or float(np.float32(threshold)) != threshold):
        raise InvalidInput(f"The threshold {threshold!r} of {name} is not exact in float32.", hint="Snap it first.")
    decide = Decide(threshold, task, alarm, conformal)
    if wrong := unfit(decide, contract):
        raise InvalidInput(f"{name} cannot decide: {wrong}.", hint="Correct the model file.")
    parts = {
        "golden.json": canonical(golden),
        "model.onnx": onnx,
        "monitors.json": canonical(dict(drift or {})),
        "profile.json": canonical(profile),
        "recipe.json": canonical(recipe),
    }
    digests = {part: sha256(data) for part, data in parts.items()}
    ordered = tuple(sorted(monitors, key=lambda m: (m.requirement, m.criterion)))
    manifest = Manifest(FORMAT, name, digests, contract, decide, ordered, parity, model)
    return pack({MANIFEST: canonical(manifest), **parts})


def read_payload(data: bytes) -> Payload:
    """Return a payload from its bytes.

    Raises:
        VerificationError: damaged, of another format, or a part has not the digest that the manifest names.
    """
    entries = unpack(data, "The payload")
    if MANIFEST not in entries:
        raise VerificationError("The payload has no manifest.", hint="Get the original again.")
    manifest = decoded(entries[MANIFEST], Manifest, "The manifest")
    if manifest.format != FORMAT:
        message = f"The payload has format {manifest.format}; this version of ninefold reads {FORMAT}."
        raise VerificationError(message, hint="Update ninefold on this device.")
    parts = {name: sha256(part) for name, part in entries.items() if name != MANIFEST}
    if parts.keys() != manifest.parts.keys() or set(PARTS) - parts.keys():
        found = ", ".join(sorted(parts.keys() ^ manifest.parts.keys() or set(PARTS) - parts.keys()))
        raise VerificationError(f"The payload and its manifest name different parts: {found}.")
    if altered := sorted(n for n, digest in parts.items() if manifest.parts[n] != digest):
        raise VerificationError(f"The part {altered[0]} of the payload has not the digest in its manifest.")
    names = manifest.contract.names
    if not names or len(set(names)) != len(names):
        raise VerificationError("The manifest's contract names no features, or one twice.")
    if wrong := unfit(manifest.decide, manifest.contract):
        raise VerificationError(f"The manifest does not say how to decide: {wrong}.")
    return Payload(data, manifest, entries)


def decoded(data: bytes, type_: type[T], what: str) -> T:
    """Return JSON as a type; `what` begins the sentence when it is not.

    Raises:
        VerificationError: it is no JSON, too deep, or has another shape.
    """
    try:
        return msgspec.json.decode(data, type=type_)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError) as error:
        raise VerificationError(f"{what} cannot be read: {str(error)[:120]}.", hint="Get the original again.") from None
