"""The commands of delivery: generated pipelines, the schedule, and what other systems are told."""

from pathlib import Path
from typing import Any, get_args

import click

from ninefold.operations.delivery.generated import Target

_OUTPUT = click.Path(dir_okay=False, path_type=Path, allow_dash=True)
_TARGETS = get_args(Target)


@click.group("pipeline")
def pipeline_() -> None:
    """Generate the pipeline of a CI system or scheduler from the lifecycle graph, and tell when it is out of date."""


@pipeline_.command("generate")
@click.argument("target", type=click.Choice(_TARGETS))
@click.option("--output", "-o", type=_OUTPUT, help="The file to write, - for the terminal; default: where it belongs.")
@click.option("--install", help="The command that installs ninefold in a job.")
@click.option("--image", help="The container image of a job (GitLab, Argo).")
@click.pass_obj
def generate_(composer: Any, target: Target, output: Path | None, install: str | None, image: str | None) -> None:
    """Write the pipeline for TARGET. A file that a person wrote or edited is never overwritten."""
    from ninefold.operations.delivery.generated import Options, generate, write

    default = Options()
    options = Options(default.install if install is None else install, default.image if image is None else image)
    pipeline, blocked = _pipeline(composer)
    text = generate(target, pipeline, options)
    if str(output) == "-":
        click.echo(text, nl=False)
        return
    path = output or _place(composer.root, target)
    write(path, text)
    composer.screen.write(f"Wrote {path}: {len(pipeline.jobs)} job(s), {len(pipeline.gates)} gate(s).")
    for name, reason in blocked:
        composer.screen.write(f"blocked now: {name}: {reason}")


@pipeline_.command("check")
@click.argument("files", nargs=-1, type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def check_(composer: Any, files: tuple[Path, ...]) -> int:
    """Say whether generated FILES still say what the project says; default: all that lie where they are generated."""
    from ninefold.operations.delivery.checking import generated_files
    from ninefold.operations.delivery.generated import header_of, read, state_of

    found = list(files) or generated_files(composer.root)
    if not found:
        composer.screen.write("No generated pipeline. Make one with: ninefold pipeline generate github.")
        return 0
    pipeline, _ = _pipeline(composer)
    states = set()
    for path in found:
        text = read(path)
        states.add(state := state_of(text, pipeline))
        header = header_of(text)
        again = f". Make it anew with: ninefold pipeline generate {header.target}" if header else ""
        composer.screen.write(f"{path}: {state}{'' if state == 'current' else again}")
    return 0 if states == {"current"} else 1


def _pipeline(composer: Any) -> tuple[Any, list[tuple[str, str]]]:
    from ninefold.operations.delivery.checking import pipeline_now

    return pipeline_now(composer.root, composer.view(), composer.plan)


def _place(root: Path, target: Target) -> Path:
    from ninefold.operations.delivery.checking import place_of

    return place_of(root, target)


@click.group("schedule")
def schedule_() -> None:
    """Run the project at the times of schedule.yaml, and show when that is."""


@schedule_.command("list")
@click.option(
    "--count", type=click.IntRange(1, 100), default=3, show_default=True, help="How many times of each entry."
)
@click.pass_obj
def list_(composer: Any, count: int) -> None:
    """Show the entries with their next times, in UTC and in the schedule's zone, and how they ended last."""
    from ninefold.kernel.clock import SystemClock
    from ninefold.operations.delivery.report import schedule_table
    from ninefold.operations.delivery.scheduling import read_remembered

    schedule, zone = _schedule(composer)
    now = SystemClock().now()
    composer.screen.show(schedule_table(schedule, zone, read_remembered(composer.root), now, count))


@schedule_.command("run")
@click.pass_obj
def run_(composer: Any) -> None:
    """Run the schedule in the foreground until interrupted; always by this machine's own clock."""
    import signal

    from ninefold.kernel.clock import SystemClock
    from ninefold.kernel.progress import Cancel
    from ninefold.operations.delivery.scheduling import Scheduler, alone

    schedule, zone = _schedule(composer)
    cancel = Cancel()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: cancel.request())
    with alone(composer.root):
        Scheduler(composer.root, schedule, zone, SystemClock(), composer.screen.write).run(cancel)


@schedule_.command("crontab")
@click.pass_obj
def crontab_(composer: Any) -> None:
    """Print the schedule as a crontab, for a machine whose own cron shall start the runs."""
    from ninefold.operations.delivery.crontab import crontab

    click.echo(crontab(composer.root, *_schedule(composer)), nl=False)


def _schedule(composer: Any) -> tuple[Any, str]:
    """Return the schedule and its zone.

    Raises:
        InvalidFile: schedule.yaml has problems.
        NotFound: there is none.
    """
    from ninefold.kernel.errors import InvalidFile, NotFound
    from ninefold.operations.delivery.files import schedule_of

    view = composer.view()
    if problems := [p for p in view.problems if p.file == "schedule.yaml"]:
        raise InvalidFile(problems)
    schedule, zone = schedule_of(view)
    if not schedule.runs:
        hint = 'Write schedule.yaml: runs: {nightly: {cron: "0 2 * * *"}}.'
        raise NotFound("This project has no schedule.", hint=hint)
    return schedule, zone


@click.group("export")
def export_() -> None:
    """Tell other systems what is known: bills of materials and lineage events."""


@export_.command("cyclonedx")
@click.argument("model")
@click.option("--output", "-o", type=_OUTPUT, default="-", help="The file to write; default: the terminal.")
@click.pass_obj
def cyclonedx_(composer: Any, model: str, output: Path) -> None:
    """Write the bill of materials of MODEL as CycloneDX 1.6: graph, datasets, engines with licences, figures."""
    import json

    from ninefold.operations.delivery.cyclonedx import bill_of

    session = composer.session
    bill = bill_of(session.ask(f"model:{model}").id, session.status(), session.store, composer.settings.name)
    _emit(output, json.dumps(bill, indent=1, ensure_ascii=False) + "\n")


@export_.command("openlineage")
@click.argument("tasks", nargs=-1)
@click.option("--output", "-o", type=_OUTPUT, default="-", help="The file to write; default: the terminal.")
@click.pass_obj
def openlineage_(composer: Any, tasks: tuple[str, ...], output: Path) -> None:
    """Write an OpenLineage run event a line for each current result, or for TASKS and all that they rest on."""
    import json

    from ninefold.operations.delivery.openlineage import events

    session = composer.session
    starts = [session.ask(t).id for t in tasks]
    found = events(session.store, session.status(), starts, composer.settings.name)
    _emit(output, "".join(json.dumps(e, ensure_ascii=False) + "\n" for e in found))


def _emit(output: Path, text: str) -> None:
    if str(output) == "-":
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(f"Wrote {output}.")


COMMANDS = (pipeline_, schedule_, export_)
