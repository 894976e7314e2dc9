"""The commands of the simulated cell: make its history, run it live, and make things happen to it."""

from pathlib import Path
from typing import Any, get_args

import click

from ninefold.simulation.control import DEFAULT_FACTOR, HIGHEST_FACTOR, Command, State, checked_factor
from ninefold.simulation.faults import SIGNALS, Kind

_folder = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="The cell's folder; default: the project's data."
)


def _data(composer: Any, given: Path | None) -> Path:
    return given or Path(composer.root) / "data"


@click.group(name="simulate")
def simulate() -> None:
    """Simulate the milling cell: a history, a live controller, and faults. It is a simulator, not a plant."""


@simulate.command()
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Default: the folder data of the project."
)
@click.option("--days", type=click.IntRange(1, 1000), default=180, show_default=True)
@click.option("--seed", type=click.IntRange(0), help="Default: 20261124, fixed beforehand.")
@click.option("--until", help="ISO 8601 moment at which the history ends; default: 2026-11-24T12:00:00Z.")
@click.pass_obj
def history(composer: Any, out: Path | None, days: int, seed: int | None, until: str | None) -> None:
    """Write samples as Parquet and CSV, and a maintenance log in SQLite."""
    from ninefold.kernel.clock import iso
    from ninefold.simulation.history import SEED, UNTIL_US, write_history

    moment = UNTIL_US if until is None else _moment(until)
    folder = _data(composer, out)
    made = write_history(folder, seed=SEED if seed is None else seed, days=days, until_us=moment)
    click.echo(
        f"Simulated {days} days until {iso(made.until_us)} with the seed {made.seed}: {made.parts:,} parts, "
        f"{made.samples:,} samples, {made.events:,} log entries, {made.failures} of them tool failures."
    )
    for name in made.files:
        click.echo(f"  {folder / name}")


def _moment(text: str) -> int:
    from ninefold.kernel.clock import parse_iso

    try:
        return parse_iso(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no ISO 8601 moment such as 2026-11-24T12:00:00Z.") from None


@simulate.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--rows", type=click.IntRange(1, 5_000_000), default=10_000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def ai4i(out: Path, rows: int, seed: int) -> None:
    """Write parts after the published rules of AI4I 2020 as CSV, for benchmarks."""
    from ninefold.simulation.ai4i import write_ai4i

    click.echo(f"Wrote {rows:,} parts to {out}, {write_ai4i(out, seed, rows):,} of them failed.")


@simulate.command()
@_folder
@click.option("--pki", type=click.Path(path_type=Path, file_okay=False), help="Default: pki/cell of the project.")
@click.option("--port", type=click.IntRange(1, 65535), default=4840, show_default=True)
@click.option("--factor", type=float, default=DEFAULT_FACTOR, show_default=True, help=f"At most {HIGHEST_FACTOR:g}.")
@click.pass_obj
def serve(composer: Any, data: Path | None, pki: Path | None, port: int, factor: float) -> None:
    """Run the cell live from the end of its history, over OPC UA with SignAndEncrypt, until it is told to stop."""
    from ninefold.simulation.serve import serve as run

    run(_data(composer, data), pki or Path(composer.root) / "pki" / "cell", port=port, factor=factor, say=click.echo)


@simulate.command()
@_folder
@click.option("--port", type=click.IntRange(1, 65535), default=5020, show_default=True)
@click.option("--factor", type=float, default=60.0, show_default=True, help="At most 200: registers are polled.")
@click.pass_obj
def modbus(composer: Any, data: Path | None, port: int, factor: float) -> None:
    """Serve torque, speed, wear and part live over Modbus TCP, one unit for each machine, until it is interrupted."""
    from ninefold.simulation.serve import serve_modbus

    serve_modbus(_data(composer, data), port=port, factor=factor, say=click.echo)


@simulate.command()
@click.option("--pki", type=click.Path(path_type=Path, file_okay=False), help="The cell's; default: pki/cell.")
@click.option("--client", type=click.Path(path_type=Path, file_okay=False), required=True, help="The client's PKI.")
@click.option("--name", default="agent", show_default=True, help="Of the client's certificate there.")
@click.option("--known-as", default="", help="Under which name the cell keeps it; default: its own.")
@click.option("--uri", default="urn:ninefold:agent", show_default=True, help="ApplicationUri, if it is made now.")
@click.option("--connection", default="cell", show_default=True, help="Name under which the client trusts the cell.")
@click.pass_obj
def trust(composer: Any, pki: Path | None, client: Path, name: str, known_as: str, uri: str, connection: str) -> None:
    """Let the cell and a client trust each other's certificate; what is missing is made."""
    from ninefold.simulation.servers.pki import SERVER_URI, introduce, make_pair

    server = pki or Path(composer.root) / "pki" / "cell"
    make_pair(server, "server", SERVER_URI)
    make_pair(client, name, uri)
    introduce(server, client, connection=connection, name=name, known_as=known_as)
    click.echo(f"The cell trusts {client / f'{name}.der'}, and that client trusts the cell as {connection}.")


def _tell(composer: Any, data: Path | None, command: Command) -> None:
    from ninefold.simulation.control import ask

    _show(ask(_data(composer, data), command))


def _show(state: State) -> None:
    from ninefold.kernel.clock import iso

    link = "cable cut" if state.cut else state.endpoint
    click.echo(
        f"{state.note}{' ' if state.note else ''}It is {iso(state.now_us)} in the cell, x {state.factor:g}, {link}."
    )
    for fault in state.faults:
        click.echo(f"  fault {fault.kind} {fault.asset or 'cell'} since {iso(fault.start_us)}")
    raised = [asset for asset, value in state.alarms.items() if value]
    if raised:
        click.echo(f"  alarm at {', '.join(raised)}")


@simulate.command()
@_folder
@click.pass_obj
def status(composer: Any, data: Path | None) -> None:
    """Say how the running cell stands."""
    _tell(composer, data, Command("status"))


@simulate.command()
@click.argument("kind", type=click.Choice(get_args(Kind)))
@click.option("--asset", help="The machine, m1 to m8.")
@click.option("--signal", type=click.Choice(SIGNALS), help="For sensor_stuck.")
@click.option("--share", type=float, default=0.4, show_default=True, help="For new_variant: of the lots.")
@_folder
@click.pass_obj
def fault(composer: Any, kind: Kind, asset: str | None, signal: str | None, share: float, data: Path | None) -> None:
    """Begin a fault in the running cell."""
    _tell(composer, data, Command("inject", kind=kind, asset=asset, signal=signal, share=share))


@simulate.command()
@click.argument("kind", type=click.Choice(get_args(Kind)))
@click.option("--asset", help="The machine; default: all of them.")
@_folder
@click.pass_obj
def repair(composer: Any, kind: Kind, asset: str | None, data: Path | None) -> None:
    """End a fault in the running cell."""
    _tell(composer, data, Command("repair", kind=kind, asset=asset))


@simulate.command()
@click.argument("duration")
@_folder
@click.pass_obj
def jump(composer: Any, duration: str, data: Path | None) -> None:
    """Go on DURATION later ("4 weeks", "6 h"); what happened meanwhile is in history and log."""
    from ninefold.vocabulary.quantity import Duration

    try:
        by_s = float(Duration.parse(duration))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    _tell(composer, data, Command("jump", by_s=by_s))


@simulate.command()
@click.argument("value", type=float)
@_folder
@click.pass_obj
def factor(composer: Any, value: float, data: Path | None) -> None:
    """Let simulated time run VALUE times as fast as the clock."""
    _tell(composer, data, Command("factor", factor=checked_factor(value)))


@simulate.command()
@click.argument("what", type=click.Choice(["cut", "mend"]))
@_folder
@click.pass_obj
def cable(composer: Any, what: str, data: Path | None) -> None:
    """Cut the cell's cable, so that nobody gets an answer, or mend it."""
    _tell(composer, data, Command("cut") if what == "cut" else Command("mend"))


@simulate.command()
@_folder
@click.pass_obj
def stop(composer: Any, data: Path | None) -> None:
    """Stop the running cell; its history is complete until then."""
    _tell(composer, data, Command("stop"))


@simulate.command()
@click.argument("table")
@click.option("--at", "live", required=True, help="The connection over OPC UA whose addresses are served.")
@click.option("--every", default="1 s", show_default=True, help="Between two rows.")
@click.option("--last", type=click.IntRange(1, 1_000_000), default=1_000_000, help="Only so many rows, the last ones.")
@click.option("--repeat", is_flag=True, help="After the last row begin again.")
@click.option("--pki", type=click.Path(path_type=Path, file_okay=False), help="Default: pki/cell of the project.")
@click.pass_obj
def replay(composer: Any, table: str, live: str, every: str, last: int, repeat: bool, pki: Path | None) -> None:
    """Play the rows of the connection TABLE over OPC UA, in place of a machine. It is no evidence for a model."""
    from ninefold.connectors.files import plugins
    from ninefold.simulation.servers.replay import replay as run
    from ninefold.vocabulary.quantity import Duration

    try:
        pause = float(Duration.parse(every))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if not 0.01 <= pause <= 3600:
        raise click.BadParameter(f"--every is {every}; it lies between 10 ms and 1 h.")
    root = Path(composer.root)
    found = plugins().found
    place = pki or root / "pki" / "cell"
    run(table, live, root, place, found, every=pause, say=click.echo, last=last, repeat=repeat)


COMMANDS = (simulate,)
