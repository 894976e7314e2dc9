"""The command that opens the workbench of a project."""

from pathlib import Path
from typing import Any

import click

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=9400, show_default=True, help="Port to listen on.")
@click.option("--certificate", type=_FILE, help="PEM; needed for any host but loopback.")
@click.option("--certificate-key", type=_FILE, help="PEM; the key of the certificate.")
@click.option("--name", "names", multiple=True, help="A host name under which it is reached, such as a proxy's.")
@click.pass_obj
def serve(
    composer: Any, host: str, port: int, certificate: Path | None, certificate_key: Path | None, names: tuple[str, ...]
) -> None:
    """Open the workbench: the lifecycle in a browser, for people; on loopback unless told otherwise.

    The first time it prints a link, good for once, by which the first person becomes administrator; in a folder without
    a project, one to a page that begins it.
    """
    from ninefold.kernel.errors import MissingDependency, NotFound

    try:
        from ninefold.workbench.access.listening import Listening
        from ninefold.workbench.app import begin_and_serve
        from ninefold.workbench.app import serve as run
    except ModuleNotFoundError as error:
        raise MissingDependency(error.name or "litestar", "workbench", "The workbench") from None
    listening = Listening(host, port, certificate, certificate_key)
    try:
        root = composer.root
    except NotFound:
        begin_and_serve(composer.start.resolve(), listening, names, lambda line: click.echo(line))
        return
    run(root, listening, names, lambda line: click.echo(line))
