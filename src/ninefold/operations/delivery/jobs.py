"""The lifecycle graph as jobs of a pipeline: tasks in stages, one job a subject, with the needs that the graph has.

A job names its tasks by patterns for `ninefold run`, so that a new criterion of a model needs no new pipeline. What a
person decides (approval) and what a device reports (rollout) is in no job.
"""

import glob
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

import msgspec

from ninefold.kernel.canonical import digest
from ninefold.kernel.plan import Plan, Status
from ninefold.operations.delivery.shell import command, insist_printable, slug

STAGES = ("design", "data", "model", "validate")
_ROOMS = {
    "ninefold.design": "design",
    "ninefold.development.data": "data",
    "ninefold.development.modelling": "model",
}
_Groups = Mapping[tuple[str, str], list[str]]  # (stage, subject) -> tasks


class Job(msgspec.Struct, frozen=True):
    """Tasks that run one after the other: what `ninefold run` is told, and which jobs come before."""

    id: str  # a-z, 0-9, hyphen
    stage: str
    subject: str  # the model, recipe or source; "" when the job is the whole stage
    patterns: tuple[str, ...]
    needs: tuple[str, ...]  # ids

    @property
    def command(self) -> str:
        """The command line of the job."""
        return command(("ninefold", "--quiet", "run", *self.patterns))


class Gate(msgspec.Struct, frozen=True):
    """The gate before a model: all of its verdicts. The signature is a person's; nothing is deployed without it."""

    id: str
    model: str
    needs: tuple[str, ...]

    def command(self, folder: str = ".") -> str:
        """Return the command line; the reports are written to the folder."""
        reports = ("--junit", f"{folder}/{self.id}.xml", "--markdown", f"{folder}/{self.id}.md")
        return command(("ninefold", "gate", f"verdict:{glob.escape(self.model)}/*", *reports))


class Pipeline(msgspec.Struct, frozen=True):
    """The jobs of a project in an order in which needs come first, its gates, and when it runs by itself."""

    jobs: tuple[Job, ...]
    gates: tuple[Gate, ...]
    folder: str  # of the project in its repository; "." when it is the repository
    cron: str
    zone: str  # IANA

    @property
    def digest(self) -> str:
        """The digest of all that a generated file follows from, but the options and the generator."""
        return digest(self)

    def in_stage(self, stage: str) -> list[Job]:
        """Return the jobs of a stage, in order."""
        return [j for j in self.jobs if j.stage == stage]

    @property
    def stages(self) -> list[str]:
        """The stages that have jobs, in order."""
        return [s for s in STAGES if self.in_stage(s)]


def pipeline_of(plan: Plan, folder: str, cron: str, zone: str) -> Pipeline:
    """Return the pipeline of a plan.

    Raises:
        InvalidInput: a name cannot stand in a file.
    """
    tasks = [s for s in plan.statuses.values() if s.step.kind in {"derive", "observe"}]
    for status in tasks:
        insist_printable(status.name)
    stages = _stages(tasks)
    groups = _grouped(tasks, stages, split=True)
    try:
        jobs = _jobs(groups, tasks)
    except CycleError:  # subjects of one stage need one another both ways; a whole stage never does
        jobs = _jobs(_grouped(tasks, stages, split=False), tasks)
    return Pipeline(jobs, tuple(_gates(tasks, jobs)), folder, cron, zone)


def _stages(tasks: Iterable[Status]) -> dict[str, str]:
    """Return the stage of each task: that of its step's room, but never before one that it needs."""
    found: dict[str, str] = {}
    for status in tasks:  # inputs come first
        room = type(status.step).__module__
        own = next((s for r, s in _ROOMS.items() if room.startswith(f"{r}.")), "validate")
        before = [found[n] for n in _before(status) if n in found]
        found[status.name] = max([own, *before], key=STAGES.index)
    return found


def _before(status: Status) -> list[str]:
    task = status.task  # None when it could not be planned; then nothing is known of what it needs
    return [] if task is None else [*task.results.values(), *task.gates, *filter(None, [task.provisional])]


def _subject(name: str) -> str:
    return name.partition(":")[2].partition("/")[0]


def _grouped(tasks: Iterable[Status], stages: Mapping[str, str], *, split: bool) -> _Groups:
    groups: dict[tuple[str, str], list[str]] = {}
    for status in tasks:
        stage = stages[status.name]
        subject = _subject(status.name) if split and stage != "design" else ""
        groups.setdefault((stage, subject), []).append(status.name)
    return dict(sorted(groups.items(), key=lambda g: (STAGES.index(g[0][0]), g[0][1])))


def _jobs(groups: _Groups, tasks: Iterable[Status]) -> tuple[Job, ...]:
    """Return the jobs in order.

    Raises:
        CycleError: two of them need each other.
    """
    ids = {group: "-".join(filter(None, [group[0], slug(group[1])])) for group in groups}
    of = {name: ids[group] for group, names in groups.items() for name in names}
    needs: dict[str, set[str]] = {id: set() for id in ids.values()}
    for status in tasks:
        here = of[status.name]
        needs[here] |= {of[n] for n in _before(status) if n in of} - {here}
    order = list(TopologicalSorter({id: sorted(before) for id, before in sorted(needs.items())}).static_order())
    jobs = [
        Job(ids[g], g[0], g[1], tuple(_patterns(names, groups)), tuple(sorted(needs[ids[g]])))
        for g, names in groups.items()
    ]
    return tuple(sorted(jobs, key=lambda j: (STAGES.index(j.stage), order.index(j.id))))


def _patterns(names: Iterable[str], groups: _Groups) -> Iterable[str]:
    """Yield the patterns that name the tasks: a kind's tasks of a subject together, or the whole kind where it is."""
    wanted = list(names)
    elsewhere = {n for group in groups.values() for n in group} - set(wanted)
    found: dict[str, None] = {}
    for name in wanted:
        kind, _, rest = name.partition(":")
        subject, inner, _ = rest.partition("/")
        if len({_subject(n) for n in wanted if _kind(n) == kind}) > 1 and kind not in map(_kind, elsewhere):
            found[f"{glob.escape(kind)}:*"] = None
        else:
            found[glob.escape(f"{kind}:{subject}" if rest else kind) + ("/*" if inner else "")] = None
    return found


def _kind(name: str) -> str:
    return name.partition(":")[0]


def _gates(tasks: Iterable[Status], jobs: Iterable[Job]) -> Iterable[Gate]:
    models = dict.fromkeys(_subject(s.name) for s in tasks if _kind(s.name) == "verdict")
    made = {j.id: j for j in jobs}
    for model in models:
        id = f"validate-{slug(model)}"
        yield Gate(f"gate-{slug(model)}", model, (id if id in made else "validate",))
