"""The commands about runs: look at them, bring them from MLflow, and mirror records to it."""

from contextlib import ExitStack
from pathlib import Path

import click

from ninefold.surface.session import Session, pass_session

_SIZES = click.IntRange(0, 1 << 40)


@click.command("runs")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many runs.")
@pass_session
def runs_(session: Session, limit: int) -> None:
    """Show the latest runs that a notebook logged or an import brought, side by side."""
    from ninefold.tracking.log import KIND
    from ninefold.tracking.tables import runs_table

    session.screen.show(runs_table(session.store.of_kind(KIND, limit)))


@click.group("import")
def import_() -> None:
    """Bring runs of another tracking system in as records."""


@import_.command("mlflow")
@click.argument("source")
@click.option("--experiment", help="Only the runs of this experiment.")
@click.option(
    "--artefact-limit", type=_SIZES, default=256 << 20, show_default=True, help="Bytes; larger are named only."
)
@pass_session
def import_mlflow(session: Session, source: str, experiment: str | None, artefact_limit: int) -> int:
    """Bring runs of SOURCE, the URL of an MLflow server or a folder mlruns, as records; again: what is new or changed.

    Artefacts are read for their digests; those above the limit are named only.
    A token comes from MLFLOW_TRACKING_TOKEN, a user from MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.
    """
    from ninefold.tracking.mlflow.bring import bring_runs
    from ninefold.tracking.mlflow.client import MlflowClient, credential_from
    from ninefold.tracking.mlflow.folder import FolderRuns
    from ninefold.tracking.mlflow.found import RunSource
    from ninefold.tracking.mlflow.server import ServerRuns

    found: RunSource
    with ExitStack() as opened:
        if "://" in source:
            client = opened.enter_context(MlflowClient(source, credential=credential_from()))
            found = ServerRuns(client)
        else:
            found = FolderRuns(Path(source))
        actor = str(click.get_current_context().obj.actor)
        done = bring_runs(
            found, session.store, session.blobs, session.clock, actor, session.screen, experiment, artefact_limit
        )
    session.screen.show(done.table())
    return 1 if done.refused else 0


@click.group("mirror")
def mirror() -> None:
    """Let another system show what the records hold; one way."""


@mirror.command("mlflow")
@click.argument("url")
@click.option("--experiment", default="", help="Where the runs go; default: the project's name.")
@pass_session
def mirror_mlflow(session: Session, url: str, experiment: str) -> int:
    """Make runs and models stand in the MLflow server at URL, with the alias champion on approved models.

    Only what is missing is sent. A token comes from MLFLOW_TRACKING_TOKEN, as for MLflow itself.
    """
    from ninefold.tracking.mlflow.client import MlflowClient, credential_from
    from ninefold.tracking.mlflow.project import mirror_project

    with MlflowClient(url, credential=credential_from()) as client:
        done = mirror_project(client, session, experiment)
    session.screen.show(done.table())
    return 1 if done.problems else 0


COMMANDS = (runs_, import_, mirror)
