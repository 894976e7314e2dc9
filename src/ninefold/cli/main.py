"""The `ninefold` command: a list of commands that are loaded when they are called, and errors as sentences.

Exit codes: 0 done, 1 it failed or a criterion fails, 2 wrong usage, 3 insufficient evidence, 4 stale, 5 unapproved,
130 cancelled.
"""

import importlib
import sys
from typing import Any

import click

from ninefold.kernel.errors import Cancelled, NinefoldError

# command -> (module:attribute, what it does). The order is the order of the help.
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("ninefold.cli.project:init", "Begin a project in a new folder."),
    "check": ("ninefold.cli.project:check", "Read every project file and report all problems at their lines."),
    "status": ("ninefold.cli.work:status_", "Show what is fresh, stale, missing or blocked, and the next command."),
    "run": ("ninefold.cli.work:run", "Bring the project, or the named tasks, up to date."),
    "show": ("ninefold.cli.work:show", "Show the result of a task."),
    "requirements": (
        "ninefold.design.requirements.commands:requirements_",
        "Lint requirements, show what they cover, and draw them.",
    ),
    "ranking": ("ninefold.design.prioritisation.commands:ranking_", "Show which use case comes first, and how stably."),
    "availability": (
        "ninefold.design.availability.commands:availability_",
        "Show the verdict on every signal that a use case needs.",
    ),
    "connector": (
        "ninefold.design.availability.commands:connector_",
        "List connectors and connections, write a connector, test, browse and trust a connection.",
    ),
    "candidates": ("ninefold.development.modelling.commands:candidates_", "Show how the race of a model ended."),
    "model": ("ninefold.development.modelling.commands:model_", "Show what a model is and how it was chosen."),
    "confusion": (
        "ninefold.development.validation.commands:confusion_",
        "Show what each class was told as on the test rows.",
    ),
    "validation": (
        "ninefold.development.validation.commands:validation_",
        "Show what was examined: criteria, leakage, slices, sensor faults, importance, reliability.",
    ),
    "report": (
        "ninefold.development.validation.commands:report_",
        "Write the validation report of a model as HTML or PDF.",
    ),
    "gate": (
        "ninefold.cli.work:gate_",
        "Decide whether a model may go on: 0 pass, 1 fail, 3 insufficient, 4 stale, 5 unapproved.",
    ),
    "review": (
        "ninefold.cli.review:review_",
        "Say what a change did to the evidence, for the person who reviews it.",
    ),
    "sign": ("ninefold.development.validation.commands:sign_", "Approve a model as it stands, with your key."),
    "waive": (
        "ninefold.development.validation.commands:waive_",
        "Answer, until a date, for a criterion whose evidence is insufficient.",
    ),
    "revoke": ("ninefold.development.validation.commands:revoke_", "Take back an approval or a waiver."),
    "release": ("ninefold.operations.deployment.bundles:release_", "Make the signed bundle file of an approved model."),
    "verify": ("ninefold.operations.deployment.bundles:verify_", "Verify a bundle file; needs no project, no network."),
    "deploy": (
        "ninefold.operations.deployment.commands:deploy",
        "Let the targets of a deployment fetch its approved bundle.",
    ),
    "order": ("ninefold.operations.deployment.commands:order", "Tell a target to go back, to stop, or to try again."),
    "accept": (
        "ninefold.operations.deployment.commands:accept",
        "Let a target become active with what is still insufficient.",
    ),
    "fleet": ("ninefold.fleet.commands:fleet", "Serve agents, enrol devices, and see what they run and decide."),
    "edge": ("ninefold.edge.commands:edge", "Run an agent, enrol it, and give it an order at the device."),
    "serve": ("ninefold.workbench.commands:serve", "Open the workbench: the lifecycle in a browser."),
    "inference": (
        "ninefold.serving.commands:inference",
        "Serve bundles over the Open Inference Protocol V2, and make tokens for its clients.",
    ),
    "alarms": ("ninefold.operations.monitoring.commands:alarms_", "Show the open alarms by asset and cause."),
    "alarm": (
        "ninefold.operations.monitoring.commands:alarm_",
        "Acknowledge, shelve, clear, judge or triage an alarm.",
    ),
    "repaired": (
        "ninefold.operations.monitoring.commands:repaired_",
        "Say that an asset is repaired: its baseline resumes.",
    ),
    "monitors": (
        "ninefold.operations.monitoring.commands:monitors_",
        "Show what is watched for drift, and what it can find.",
    ),
    "outcomes": (
        "ninefold.operations.monitoring.commands:outcomes_",
        "Give alarms their outcome from the log, and show how models do.",
    ),
    "proposals": ("ninefold.operations.monitoring.commands:proposals_", "Show the proposals to retrain."),
    "proposal": (
        "ninefold.operations.monitoring.commands:proposal_",
        "Take a proposal up or put it away; it promotes nothing.",
    ),
    "runs": ("ninefold.tracking.commands:runs_", "Show the latest runs that were logged or imported, side by side."),
    "import": ("ninefold.tracking.commands:import_", "Bring runs of another tracking system in as records."),
    "mirror": ("ninefold.tracking.commands:mirror", "Let another system show what the records hold; one way."),
    "pipeline": (
        "ninefold.operations.delivery.commands:pipeline_",
        "Generate pipelines for GitHub, GitLab, Jenkins, Argo, Airflow, Dagster.",
    ),
    "schedule": (
        "ninefold.operations.delivery.commands:schedule_",
        "Run the project at the times of schedule.yaml, and show when that is.",
    ),
    "export": (
        "ninefold.operations.delivery.commands:export_",
        "Write a model's bill of materials, and lineage events.",
    ),
    "key": ("ninefold.cli.people:key", "Make the key that you sign with, and show its public half."),
    "people": ("ninefold.cli.people:people_", "Enter, list and erase the people who sign."),
    "accounts": ("ninefold.workbench.access.commands:accounts_", "Say who may log in to the workbench, and as what."),
    "log": ("ninefold.cli.work:log", "List the latest records."),
    "trace": ("ninefold.cli.work:trace", "Walk the chain of evidence from a task or record, back or forth."),
    "verify-store": ("ninefold.cli.work:verify_store_", "Verify every digest and chain of the evidence store."),
    "simulate": (
        "ninefold.simulation.commands:simulate",
        "Simulate the milling cell: history, live controller, faults.",
    ),
}


class _Lazy(click.Group):
    """A group that imports a command's module when the command is called, so that help stays light."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            from ninefold.kernel.decode import nearest

            ctx.fail(f"No command is called {name!r}. {nearest(name, COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="ninefold", prog_name="ninefold")
@click.option("--project", "-C", type=click.Path(file_okay=False), help="The project's folder; default: from here up.")
@click.option("--quiet", "-q", is_flag=True, help="Show no progress.")
@click.pass_context
def cli(context: click.Context, project: str | None, quiet: bool) -> None:
    """From a sentence in a requirement to a monitored model on a machine, with one chain of evidence."""
    from ninefold.cli.compose import Composer

    context.obj = Composer(project, quiet)


def main(arguments: list[str] | None = None) -> None:
    """Run the command and exit with its code; an error of ours is a sentence, not a traceback."""
    try:
        result: Any = cli.main(arguments, prog_name="ninefold", standalone_mode=False)
    except click.exceptions.Abort:
        _say("Cancelled.")
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Cancelled as error:
        _say(str(error))
        sys.exit(130)
    except NinefoldError as error:
        _say(f"Error: {error.message}")
        if error.hint:
            _say(f"  → {error.hint}")
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    sys.exit(result if isinstance(result, int) else 0)


def _say(text: str) -> None:
    click.echo(text, err=True)
