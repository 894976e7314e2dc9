"""The commands of bundle files: make one of an approved model, and verify one that came from anywhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ninefold.surface.session import Session, pass_session
from ninefold.surface.signer import signing_key, with_key
from ninefold.surface.table import Table

if TYPE_CHECKING:
    from ninefold.bundle.verification import Report
    from ninefold.kernel.signing import PublicKey


@click.command("release")
@click.argument("model")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Default: MODEL-VERSION.9fb.")
@with_key
@pass_session
def release_(session: Session, model: str, output: Path | None, key_path: Path | None) -> None:
    """Make the bundle file of MODEL: payload, evidence and signature. Its version is one above the last."""
    from ninefold.kernel.people import People
    from ninefold.operations.deployment.release import release

    key = signing_key(key_path)
    person = People(session.store).by_public_key(key.public)
    actor = person.key if person is not None else f"key-{key.public.id[:16]}"
    made = release(session.status(), session.store, session.blobs, model, [key], actor, session.clock.now())
    path = output or Path(f"{model}-{made.release.version}.9fb")
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(made.data)
    temporary.replace(path)  # a server that looks at this folder sees the old file or the whole new one
    size_kb = len(made.data) / 1e3
    session.screen.write(
        f"{path}: {model} version {made.release.version}, {size_kb:.0f} kB, record {made.record[:12]}."
    )


@click.command("verify")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--trust", multiple=True, type=click.Path(path_type=Path),
    help="A public key, or a folder of *.pub files; default: keys/ of the project, or of this folder.",
)  # fmt: skip
@click.option("--minimum-version", type=int, help="The highest version seen before; an older one is refused.")
@click.pass_obj
def verify_(composer: Any, file: Path, trust: tuple[Path, ...], minimum_version: int | None) -> None:
    """Verify the bundle FILE: whole, signed by somebody trusted, not older, its chain complete."""
    from ninefold.bundle.verification import verify_file
    from ninefold.kernel.signing import trusted_in

    keys = _trusted(trust) if trust else list(trusted_in(_keys_folder(composer)).values())
    composer.screen.show(report_table(verify_file(file, keys, minimum_version)))


def _keys_folder(composer: Any) -> Path:
    from ninefold.kernel.errors import NotFound

    try:
        root: Path = composer.root
    except NotFound:
        root = Path()  # verification needs no project
    return root / "keys"


def _trusted(paths: tuple[Path, ...]) -> "list[PublicKey]":
    from ninefold.kernel.signing import read_public, trusted_in

    found: list[PublicKey] = []
    for path in paths:
        found += trusted_in(path).values() if path.is_dir() else [read_public(path)]
    return found


def report_table(report: "Report") -> Table:
    """Return the table of a report: what was verified, line by line."""
    from ninefold.kernel.clock import iso

    rows = [("bundle", f"{report.name} version {report.version}"), ("payload", report.payload),
            ("evidence", f"{report.evidence}, {report.records} records, complete")]  # fmt: skip
    rows += [("signed by", f"{key} (trusted)") for key in report.signers]
    rows += [("signed by", f"{key} (not trusted here)") for key in report.others]
    rows += [("requirement", name) for name in report.requirements]
    rows += [("verdict", f"{v.requirement}/{v.criterion}: {v.outcome}") for v in report.verdicts]
    for made in report.decisions:
        end = f" until {iso(made.until)}" if made.until else ""
        word = "approved" if made.record in report.approvals else "waived"
        rows.append((word, f"{made.what} by {made.by}{end}, key {made.key[:12]}"))
    rows += [("erased", id) for id in report.erased]
    return Table("", ("", "verified"), tuple(rows), ("The file verifies.",))
