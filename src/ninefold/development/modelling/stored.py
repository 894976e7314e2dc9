"""What the steps read from evidence and write as blobs: Parquet tables and .npy arrays."""

import io

import numpy as np

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.errors import NotFound
from ninefold.kernel.steps import Context, Evidence
from ninefold.vocabulary.columns import Array


def parquet_of(evidence: Evidence) -> str:
    """Return the digest of the Parquet blob, the only one of its record.

    Raises:
        NotFound: it is not the only one.
    """
    if len(evidence.blobs) != 1:
        raise NotFound(f"{evidence.name} has {len(evidence.blobs)} blobs; its Parquet file is not the only one.")
    return evidence.blobs[0]


def read_array(ctx: Context, digest: str) -> Array:
    """Return an array that was kept."""
    return array_of(ctx.blobs, digest)


def array_of(blobs: Blobs, digest: str) -> Array:
    """Return an array that was kept as a blob."""
    array: Array = np.load(io.BytesIO(blobs.read(digest)), allow_pickle=False)
    return array


def keep_array(ctx: Context, array: Array) -> str:
    """Keep an array; return its digest."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return ctx.blobs.put(stream.getvalue())


def model_name(name: str) -> str:
    """Return NAME of task:NAME or model:NAME#facet."""
    return name.partition(":")[2].partition("#")[0]
