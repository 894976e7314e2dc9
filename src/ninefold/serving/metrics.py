"""What the server counts, in Prometheus' text format. A model's name comes from its bundle, never from a request.

Source: Prometheus, Exposition formats, text format 0.0.4.
"""

import os
import resource
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path

BUCKETS_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


class ModelCounts:
    """What was asked of one version of a model; it outlives a reload."""

    def __init__(self, name: str, version: str) -> None:
        self.name, self.version = name, version
        self.codes: dict[int, int] = {}
        self.rows = 0
        self.seconds = 0.0
        self.buckets = [0] * (len(BUCKETS_S) + 1)

    def note(self, status: int, rows: int, seconds: float) -> None:
        """Count one request."""
        self.codes[status] = self.codes.get(status, 0) + 1
        self.rows += rows
        self.seconds += seconds
        self.buckets[bisect_left(BUCKETS_S, seconds)] += 1


class Metrics:
    """The counts of a server."""

    def __init__(self) -> None:
        self.models: dict[tuple[str, str], ModelCounts] = {}
        self.codes: dict[int, int] = {}  # all answers
        self.connections = 0
        self.refused_connections = 0
        self.buffered = 0  # bytes of bodies that are held
        self.timeouts = 0
        self.reloads = {"done": 0, "refused": 0}
        self.started = time.time()

    def of(self, name: str, version: str) -> ModelCounts:
        """Return the counts of a version of a model."""
        found = self.models.get((name, version))
        if found is None:
            found = self.models[name, version] = ModelCounts(name, version)
        return found

    def text(self, bundles: Sequence[tuple[str, str, str]], refused: Sequence[str]) -> bytes:
        """Return all of it; `bundles` are (name, version, digest) served now, `refused` the files that are not."""
        lines = [*self._models(), *self._server(bundles, refused), *_process(self.started)]
        return ("\n".join(lines) + "\n").encode()

    def _models(self) -> Iterator[str]:
        counts = sorted(self.models.items())
        yield from _head("requests_total", "counter", "Inference requests by answer.")
        for _, c in counts:
            for code, count in sorted(c.codes.items()):
                yield f'ninefold_serving_requests_total{{{_labels(c)},code="{code}"}} {count}'
        yield from _head("rows_total", "counter", "Rows that were scored.")
        for _, c in counts:
            yield f"ninefold_serving_rows_total{{{_labels(c)}}} {c.rows}"
        yield from _head("request_seconds", "histogram", "From the last byte of a request to its answer.")
        for _, c in counts:
            total = 0
            for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), c.buckets, strict=True):
                total += count
                yield f'ninefold_serving_request_seconds_bucket{{{_labels(c)},le="{bound}"}} {total}'
            yield f"ninefold_serving_request_seconds_sum{{{_labels(c)}}} {c.seconds!r}"
            yield f"ninefold_serving_request_seconds_count{{{_labels(c)}}} {total}"

    def _server(self, bundles: Sequence[tuple[str, str, str]], refused: Sequence[str]) -> Iterator[str]:
        yield from _head("answers_total", "counter", "All answers over HTTP by status.")
        for code, count in sorted(self.codes.items()):
            yield f'ninefold_serving_answers_total{{code="{code}"}} {count}'
        plain = (
            ("connections", "gauge", "Open connections.", self.connections),
            ("connections_refused_total", "counter", "Connections beyond the limit.", self.refused_connections),
            ("timeouts_total", "counter", "Connections that were too slow.", self.timeouts),
            ("buffered_bytes", "gauge", "Bytes of request bodies that are held.", self.buffered),
        )
        for name, kind, what, value in plain:
            yield from _head(name, kind, what)
            yield f"ninefold_serving_{name} {value}"
        yield from _head("reloads_total", "counter", "Bundle files that were taken in or refused.")
        for outcome, count in self.reloads.items():
            yield f'ninefold_serving_reloads_total{{outcome="{outcome}"}} {count}'
        yield from _head("bundle_info", "gauge", "The bundles that are served.")
        for name, version, digest in bundles:
            yield f'ninefold_serving_bundle_info{{model="{_quoted(name)}",version="{version}",digest="{digest}"}} 1'
        yield from _head("bundle_refused", "gauge", "Files that are there and not served.")
        for file in refused:
            yield f'ninefold_serving_bundle_refused{{file="{_quoted(file)}"}} 1'


def _head(name: str, kind: str, what: str) -> tuple[str, str]:
    return f"# HELP ninefold_serving_{name} {what}", f"# TYPE ninefold_serving_{name} {kind}"


def _labels(counts: ModelCounts) -> str:
    return f'model="{_quoted(counts.name)}",version="{counts.version}"'


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _process(started: float) -> Iterator[str]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    rows = (
        ("process_cpu_seconds_total", "counter", used.ru_utime + used.ru_stime),
        ("process_resident_memory_bytes", "gauge", resident_bytes()),
        ("process_start_time_seconds", "gauge", started),
    )
    for name, kind, value in rows:
        yield f"# TYPE {name} {kind}"
        yield f"{name} {value}"


def resident_bytes() -> int:
    """Return the resident memory of this process."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE")
