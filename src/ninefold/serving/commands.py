"""The commands of the inference server: serve bundles, and make a token for a client."""

from pathlib import Path

import click
import msgspec

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_TOKENS = Path("serving-tokens")


@click.group()
def inference() -> None:
    """Serve bundles to programs over the Open Inference Protocol V2."""


@inference.command()
@click.argument("bundles", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--trust", type=_FOLDER, default=Path("keys"), show_default=True, help="Folder of *.pub files.")
@click.option("--tokens", type=_FILE, default=_TOKENS, show_default=True, help="File of hashed tokens.")
@click.option("--no-tokens", is_flag=True, help="Answer whoever reaches the port; on loopback only.")
@click.option("--revoked", type=_FILE, help="List of digests, of payloads or approvals, that are not served.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=9450, show_default=True, help="0 takes a free one.")
@click.option("--listen-beyond-loopback", is_flag=True, help="Needed for any other host; put TLS before it.")
@click.option("--rows", type=click.IntRange(min=1), default=100_000, show_default=True, help="Most of one request.")
@click.option("--body-mib", type=click.IntRange(1, 1024), default=16, show_default=True, help="Most of one request.")
@click.option("--connections", type=click.IntRange(1, 100_000), default=1024, show_default=True, help="Most at once.")
@click.option("--slowest", type=click.FloatRange(min=0.1), help="Seconds for a head, a body, an answer.")
@click.option("--poll", type=click.FloatRange(min=0.05), default=1.0, show_default=True, help="Seconds between looks.")
def serve(
    bundles: tuple[Path, ...], trust: Path, tokens: Path, revoked: Path | None, host: str, port: int, rows: int,
    body_mib: int, connections: int, slowest: float | None, poll: float, *,
    no_tokens: bool, listen_beyond_loopback: bool,
) -> None:  # fmt: skip
    """Serve bundle files, and folders of them, over the Open Inference Protocol V2 until a signal.

    A file that changes is verified and taken in without losing a request; SIGHUP verifies all of them anew.
    """
    from ninefold.serving.limits import Limits
    from ninefold.serving.settings import Settings
    from ninefold.serving.start import serve as run
    from ninefold.vocabulary.quantity import Duration, Size

    limits = Limits(rows=rows, body_bytes=Size(body_mib << 20), connections=connections)
    if slowest is not None:
        pace = Duration(slowest)
        limits = msgspec.structs.replace(limits, head=pace, body=pace, idle=pace, write=pace)
    settings = Settings(
        bundles, trust, None if no_tokens else tokens, host, port, revoked, listen_beyond_loopback, poll, limits=limits
    )
    run(settings, lambda url: click.echo(f"Serving on {url}."))


@inference.command()
@click.argument("name")
@click.option("--tokens", type=_FILE, default=_TOKENS, show_default=True, help="File of hashed tokens.")
def token(name: str, tokens: Path) -> None:
    """Print a new token for a client of the inference server; nothing but its hash is kept."""
    from ninefold.serving.tokens import add_token

    click.echo(add_token(tokens, name))
