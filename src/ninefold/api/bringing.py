"""A model that was trained elsewhere, held against the same requirements as one of the project: its file is written."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from ninefold.kernel.blobs import digest_of
from ninefold.kernel.documents import parse_yaml, read_text
from ninefold.kernel.errors import Conflict, InvalidInput, NotFound

FOLDER = "models"
_HEADER = "# Made by bring; it writes it anew."
_SHARED = ("use_case", "dataset", "task", "split", "metric", "decision", "limits", "leave_out")


def write_brought(
    root: Path, file: Path, name: str, like: str, data: str, features: Sequence[str], output: str
) -> None:
    """Copy an ONNX file to models/NAME.onnx and write models/NAME.yaml, which names its digest.

    The file's content is not looked at here: the step does, before anything loads it.

    Raises:
        NotFound: there is no such file, or no model to be like.
        InvalidInput: the name cannot be used. Conflict: a person wrote that model file.
    """
    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        message = f"{name!r} is no name of a model."
        raise InvalidInput(message, hint="Use letters, digits, '-' and '_'.")
    if not file.is_file():
        raise NotFound(f"{file} is no file.", hint="Export the model as ONNX first.")
    target = root / FOLDER / f"{name}.yaml"
    if target.exists() and not target.read_text(encoding="utf-8").startswith(_HEADER):
        message = f"{FOLDER}/{name}.yaml was written by a person."
        raise Conflict(message, hint="Choose another name, or change the file yourself.")
    told = _like(root, like)
    if data:
        told["dataset"] = data if data.startswith("recipe:") else f"recipe:{data}"
    brought = {"file": f"{FOLDER}/{name}.onnx", "sha256": digest_of(file)}
    told["bring"] = (
        brought | ({"features": list(features)} if features else {}) | ({"output": output} if output else {})
    )
    copied = root / FOLDER / f"{name}.onnx"
    if copied.resolve() != file.resolve():
        part = copied.with_suffix(".new")
        part.write_bytes(file.read_bytes())
        part.replace(copied)
    text = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=120)
    target.write_text(f"{_HEADER}\n{text}", encoding="utf-8")


def _like(root: Path, like: str) -> dict[str, Any]:
    """Return what a model file says, without how its model is trained."""
    path = root / FOLDER / f"{like}.yaml"
    if not path.is_file() or "/" in like:
        known = ", ".join(sorted(p.stem for p in (root / FOLDER).glob("*.yaml"))) or "none"
        raise NotFound(f"There is no {FOLDER}/{like}.yaml.", hint=f"Use one of: {known}.")
    tree = parse_yaml(read_text(path), f"{FOLDER}/{like}.yaml").tree
    return {key: tree[key] for key in _SHARED if key in tree} if isinstance(tree, dict) else {}
