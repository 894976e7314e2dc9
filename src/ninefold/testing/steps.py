"""Running one task of a step by itself: its context from plain evidence, without a store."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.canonical import sha256
from ninefold.kernel.progress import Cancel, Silent
from ninefold.kernel.records import encode
from ninefold.kernel.steps import Context, Evidence
from ninefold.testing.clock import FakeClock
from ninefold.vocabulary.columns import Columns


def evidence(name: str, body: Any, *blobs: str, kind: str = "test@1") -> Evidence:
    """Return one input of a task, as the runner would hand it over: the body as plain values, and its content."""
    data = encode(kind, body, blobs)
    return Evidence(name, sha256(data), sha256(data), kind, msgspec.json.decode(data)[1], tuple(sorted(blobs)))


def context(folder: Path, inputs: Mapping[str, Evidence], blobs: Blobs | None = None) -> Context:
    """Return what a running task may touch, with a generator seeded by 0."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    kept = blobs or Blobs(folder / "blobs")
    return Context(inputs, folder, kept, FakeClock(), np.random.default_rng(0), Silent(), Cancel(), scratch)


def parquet(blobs: Blobs, folder: Path, columns: Columns) -> str:
    """Keep columns as a Parquet blob and return its digest."""
    import duckdb

    path = folder / "table.parquet"
    with duckdb.connect() as connection:
        connection.register("given", dict(columns))
        connection.execute(f"COPY (SELECT * FROM given) TO '{path}' (FORMAT parquet)")  # noqa: S608 - a folder of a test
    return blobs.put_file(path)
