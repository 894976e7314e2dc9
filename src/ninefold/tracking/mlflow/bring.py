"""Bringing runs of MLflow in as records: each once, a changed one anew, the account that ran it never."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.canonical import digest
from ninefold.kernel.clock import Clock
from ninefold.kernel.errors import ConnectorError, InvalidFile, InvalidInput, NotFound
from ninefold.kernel.progress import Progress
from ninefold.kernel.records import Draft, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.surface.table import Table
from ninefold.tracking import bounds
from ninefold.tracking.history import Point, last_values, pack_history
from ninefold.tracking.log import KIND, PREFIX
from ninefold.tracking.mlflow.found import OUTCOMES, BrokenRun, FoundRun, RunSource
from ninefold.vocabulary.run import Origin, Run

STEP = "import-mlflow@1"
OURS = "ninefold.record"  # the tag of a run that the mirror made
MOST_SERIES = 100  # histories that are brought of one run
KEPT_TAGS = frozenset({"mlflow.parentRunId", "mlflow.source.git.commit", "mlflow.source.type"})
_PEOPLE = frozenset({"user", "username", "author", "owner", "email", "operator", "employee", "person", "contact"})
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}")


@dataclass
class Brought:
    """What an import did: runs brought, runs that were here already, mirrored ones, and those that cannot be kept."""

    new: list[str] = field(default_factory=list)
    known: int = 0
    ours: int = 0
    refused: dict[str, str] = field(default_factory=dict)

    def table(self) -> Table:
        """Return the runs that were brought or refused."""
        rows = [(run, "brought", "") for run in self.new] + [(r, "refused", why) for r, why in self.refused.items()]
        note = f"{len(self.new)} brought, {self.known} here already, {len(self.refused)} refused"
        note += f", {self.ours} of our own mirror left" if self.ours else ""
        return Table("", ("run", "import", "why"), tuple(rows), (f"{note}.",), f"{note[:1].upper()}{note[1:]}.")


def bring_runs(
    source: RunSource, store: SqliteStore, blobs: Blobs, clock: Clock, actor: str, progress: Progress,
    experiment: str | None = None, most_bytes: int = 256 << 20,
) -> Brought:  # fmt: skip
    """Record every run that is not here as it is there; each is durable at once, so that a repetition goes on.

    Artefacts are read for their digests and not kept; larger ones than `most_bytes` are named only.

    Raises:
        NotFound: no experiment has the name.
        ConnectorError: the source fails on the way; what was brought until then stays.
    """
    done = Brought()
    for run in source.runs(experiment):
        if isinstance(run, BrokenRun):
            done.refused[run.id] = run.reason
            continue
        if OURS in run.tags:
            done.ours += 1
            continue
        label = f"{_called(run)} ({run.experiment}, {run.id[:12]})"
        progress.say(label)
        try:
            key = digest({"import": "mlflow", "run": run.id, "seen": _seen(run)})
            if store.current(key) is not None:
                done.known += 1
                continue
            draft = _drafted(source, run, blobs, clock, actor, key, most_bytes)
        except ConnectorError:
            raise
        except (ValueError, InvalidInput, InvalidFile, NotFound) as error:  # ValueError: no canonical form
            done.refused[label] = str(error)
            continue
        store.put([draft])
        done.new.append(label)
    return done


def _called(run: FoundRun) -> str:
    """Return a run's name on one line, or its id when it has none."""
    return " ".join("".join(c if c.isprintable() else " " for c in run.name).split())[: bounds.LONGEST_NAME] or run.id


def _seen(run: FoundRun) -> object:
    """Return what a list of runs tells of one, with a canonical form: when it changes, the run is brought again."""
    points = [[p.metric, p.step, p.time, repr(p.value)] for p in sorted(run.points)]
    return [run.experiment, run.name, run.status, run.started, run.ended, run.params, points, run.tags]


def _drafted(
    source: RunSource, run: FoundRun, blobs: Blobs, clock: Clock, actor: str, key: str, most_bytes: int
) -> Draft:
    for what, found, most in (
        ("parameters", run.params, bounds.MOST_PARAMS),
        ("metrics", run.points, bounds.MOST_METRICS),
    ):
        if len(found) > most:
            raise InvalidInput(f"It has {len(found)} {what}; at most {most} are kept.")
    metrics, notes = last_values(run.points)
    points, more = _history(source, run)
    history = (blobs.put(pack_history(points)),) if points else ()
    tags, dropped = _tags(run)
    artefacts = tuple(source.artefacts(run, most_bytes))
    body = Run(
        _called(run), OUTCOMES.get(run.status, "failed"), run.started, run.ended,
        {bounds.name_of(n, "parameter"): bounds.plain(v, n) for n, v in run.params.items()}, metrics, tags, artefacts,
        len(points), history[0] if history else "", "", (*notes, *more, *dropped),
        Origin("mlflow", run.experiment, run.id),
    )  # fmt: skip
    name = f"{PREFIX}mlflow/{run.id}"
    return Draft(KIND, encode(KIND, body, history), STEP, actor, clock.now(), key=key, name=name, as_of=clock.now())


def _history(source: RunSource, run: FoundRun) -> tuple[list[Point], tuple[str, ...]]:
    """Return all values of the metrics that were logged by step; a metric whose last step is 0 was logged once."""
    stepped = [p.metric for p in run.points if p.step != 0]
    points = [p for metric in stepped[:MOST_SERIES] for p in source.history(run, metric)]
    left = len(stepped) - MOST_SERIES
    return points, (f"The histories of {left} metrics were not brought.",) if left > 0 else ()


def _tags(run: FoundRun) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the tags to keep, and the sentence about those that are about people. MLflow's own tell of accounts."""
    own = {n: v for n, v in run.tags.items() if n in KEPT_TAGS or not n.startswith("mlflow.")}
    personal = sorted(_personal(own))
    kept = {bounds.name_of(n, "tag"): bounds.plain(v, n) for n, v in own.items() if n not in personal}
    return kept, (f"Tags about people were left out: {', '.join(personal)[:200]}.",) if personal else ()


def _personal(tags: dict[str, str]) -> Iterator[str]:
    for name, value in tags.items():
        if _PEOPLE & set(re.split(r"[^a-z]+", name.lower())) or _ADDRESS.search(value):
            yield name
