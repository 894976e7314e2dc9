"""Takes a bundle in: fetch, verify, check against this device, self-test, time it. Nothing else may ever run."""

import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ninefold.bundle.file import load, read_file
from ninefold.bundle.golden import column, self_test
from ninefold.bundle.payload import Payload
from ninefold.bundle.verification import verify
from ninefold.edge.centre import Centre
from ninefold.edge.unit import Cellar, Unit
from ninefold.kernel.blobs import digest_of
from ninefold.kernel.errors import Refused, VerificationError
from ninefold.kernel.signing import PublicKey, unhex
from ninefold.vocabulary.columns import length, take
from ninefold.vocabulary.desired import Desired

TIMED = 200  # decisions that are timed in the self-test


class Staged(NamedTuple):
    """A bundle that may be a candidate: verified, fitting, self-tested and timed on this device."""

    payload: Payload
    version: int
    latencies_ms: tuple[float, ...]
    measured: dict[str, float]


def fetch(centre: Centre, desired: Desired, cellar: Cellar) -> Path:
    """Return the bundle file that is desired, downloaded unless it is here.

    Raises:
        InvalidInput: a digest is none.
        VerificationError: what came is something else.
        ConnectorError: the centre does not answer.
    """
    for digest in (desired.bundle.digest, desired.bundle.file):
        unhex(digest, 32, "digest")  # it becomes the name of a file
    path = cellar.path(desired.bundle.digest)
    if not path.exists() or digest_of(path) != desired.bundle.file:
        centre.download(desired.bundle.file, path)
    return path


def open_kept(path: Path, trusted: Collection[PublicKey], digest: str) -> Payload:
    """Return the payload of a bundle file that this device keeps; its version is no matter: it ran here before.

    Raises:
        NotFound: it is not here.
        VerificationError: it was altered, or nobody who is trusted signed it.
    """
    file = read_file(load(path))
    verify(file, trusted)
    if file.payload.digest != digest:
        raise VerificationError(f"The kept bundle {path.name} holds {file.payload.digest[:12]}, not {digest[:12]}.")
    return file.payload


def stage(
    path: Path, desired: Desired, trusted: Collection[PublicKey], minimum_version: int | None,
    signals: Collection[str], timer: Callable[[], float] = time.perf_counter,
) -> Staged:  # fmt: skip
    """Return what may become the candidate.

    Raises:
        VerificationError: damaged, signed by nobody who is trusted, older than what was seen, or not what is desired.
        Refused: it needs signals that this device does not read, fails its self-test, or exceeds the limits.
        InvalidInput: model, recipe or rule cannot be used.
    """
    file = read_file(load(path))
    report = verify(file, trusted, minimum_version)
    if report.payload != desired.bundle.digest or report.name != desired.model:
        found = f"{report.name} {report.payload[:12]}"
        raise VerificationError(f"The file holds {found}, desired is {desired.model} {desired.bundle.digest[:12]}.")
    payload = file.payload
    unit = Unit(payload, desired.fallback)
    if absent := sorted(set(unit.signals) - set(signals)):
        message = f"The bundle needs the signal {absent[0]}, which no tag of this device's connection measures."
        raise Refused(message, hint="Add the tag to the connection, or leave the signal out of the recipe.")
    size_kb = len(payload.model) / 1000
    if desired.limits.size_kb is not None and size_kb > desired.limits.size_kb:
        raise Refused(f"The model has {size_kb:.0f} kB, this device takes {desired.limits.size_kb:g}.")
    result = self_test(payload, unit.scorer.session, unit.new_stream)
    if not result.passed:
        raise Refused(f"The bundle fails its self-test here: {result.reason}.", hint="Build it anew for this device.")
    latencies = _timed(unit, timer)
    p50, p99 = np.percentile(latencies, [50, 99]).tolist()
    limit = desired.limits.latency_p99_ms
    if limit is not None and p99 > limit:
        raise Refused(f"A decision takes {p99:.2f} ms (p99) on this device, the limit is {limit:g} ms.")
    measured = {"self_test_p50_ms": p50, "self_test_p99_ms": p99, "size_kb": size_kb}
    return Staged(payload, report.version, tuple(latencies), measured)


def _timed(unit: Unit, timer: Callable[[], float]) -> list[float]:
    """Return the times (ms) of single decisions on golden feature rows, after a few that warm the caches."""
    rows = {name: column(list(values)) for name, values in unit.payload.golden.features.items()}
    count = length(rows)
    frames = np.array(["golden"], object)
    times = []
    for i in range(TIMED + 10):
        row = take(rows, np.array([i % count]))
        begun = timer()
        unit.scorer.decide({**row, "asset": frames, "frame": frames, "t": np.array([i], np.int64)}, i)
        times.append((timer() - begun) * 1e3)
    return times[10:]
