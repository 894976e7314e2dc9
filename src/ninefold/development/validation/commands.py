"""The commands of step 6: a named person approves, answers for what is open, or takes it back; and the confusion."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ninefold.surface.session import Session, pass_session
from ninefold.surface.signer import moment, signing_key, with_key

if TYPE_CHECKING:
    from ninefold.development.validation.signing_off import Desk


def _desk(session: Session) -> "Desk":
    from ninefold.development.validation.signing_off import Desk
    from ninefold.kernel.project import read_settings

    four_eyes = read_settings(session.root).four_eyes
    return Desk(session.status(), session.view(), session.store, session.clock.now(), four_eyes)


@click.command("sign")
@click.argument("model")
@with_key
@click.option("--reason", required=True, help="Why; it is recorded.")
@click.option("--standing", is_flag=True, help="Also cover later bundles from the same text, while everything passes.")
@click.option("--until", help="The last day of a standing approval, such as 2027-01-31.")
@click.option("--uses", type=int, default=1, show_default=True, help="The number of bundles that it may cover.")
@pass_session
def sign_(
    session: Session, model: str, key_path: Path | None, reason: str, standing: bool, until: str | None, uses: int
) -> None:
    """Approve MODEL (or approval:MODEL) as it stands: its bundle and every verdict on it."""
    from ninefold.development.validation.approval import PREFIX
    from ninefold.development.validation.signing_off import approve

    if standing != (until is not None):
        raise click.UsageError("--standing and --until belong together.")
    end = moment(until) if until is not None else None
    key = signing_key(key_path)
    name = model.removeprefix(PREFIX)
    id = approve(_desk(session), name, key, reason, standing_until=end, uses=uses)
    session.screen.write(f"Signed {PREFIX}{name} with the key {key.public.id[:12]}: record {id[:12]}.")


@click.command("waive")
@click.argument("model")
@click.argument("criterion")
@with_key
@click.option("--reason", required=True, help="Why; it is recorded.")
@click.option("--until", required=True, help="The last day, such as 2027-01-31.")
@click.option("--slice", "slices", multiple=True, help="The slice, such as variant=H; several make one slice.")
@pass_session
def waive_(
    session: Session,
    model: str,
    criterion: str,
    key_path: Path | None,
    reason: str,
    until: str,
    slices: tuple[str, ...],
) -> None:
    """Answer for CRITERION (REQ-x/recall) of MODEL, whose evidence is insufficient. A failure is never waived."""
    from ninefold.development.validation.signing_off import waive

    if wrong := [s for s in slices if "=" not in s]:
        raise click.UsageError(f"--slice is COLUMN=VALUE, found {wrong[0]!r}.")
    where = dict(s.split("=", 1) for s in slices)
    key = signing_key(key_path)
    id = waive(_desk(session), model, criterion, key, reason, moment(until), where)
    session.screen.write(f"Waived {criterion} of {model} to the end of {until}: record {id[:12]}.")


@click.command("revoke")
@click.argument("record")
@with_key
@click.option("--reason", required=True, help="Why; it is recorded.")
@pass_session
def revoke_(session: Session, record: str, key_path: Path | None, reason: str) -> None:
    """Take back the approval or waiver RECORD (the beginning of its id), from now on."""
    from ninefold.development.validation.signing_off import revoke

    id = revoke(session.store, record, signing_key(key_path), reason, session.clock.now())
    session.screen.write(f"Revoked {record}: record {id[:12]}.")


@click.command("confusion")
@click.argument("model")
@pass_session
def confusion_(session: Session, model: str) -> None:
    """Show what each class was told as on the test rows of MODEL."""
    from ninefold.development.validation.confusion import confusion_table, first_confusion
    from ninefold.development.validation.planning import judged, models

    view = session.view()
    names = [f"measurement:{item.subject}" for item in judged(view, model)] if model in models(view) else []
    plan = session.status()
    bodies = [session.ask(n).plain for n in names if n in plan and plan[n].last is not None]
    session.screen.show(confusion_table(model, first_confusion(model, bodies)))


@click.command("validation")
@click.argument("model")
@click.argument("part", required=False)
@pass_session
def validation_(session: Session, model: str, part: str | None) -> None:
    """Show what was examined about MODEL, or one PART of it.

    PART is criteria, leakage, reliability, slices, faults, importance or conformal.
    """
    from ninefold.development.validation.report.gathered import gather
    from ninefold.development.validation.report.tables import PARTS, tables_of, verdicts_table

    if part not in {None, "criteria", *PARTS}:
        raise click.UsageError(f"PART is one of criteria, {', '.join(PARTS)}; found {part!r}.")
    parts = tuple(p for p in PARTS if part in {None, p})
    found = gather(session, model, parts)
    if part in {None, "criteria"}:
        session.screen.show(verdicts_table(found.verdicts))
    for name in parts:
        for table in tables_of(name, found.parts[name]) if name in found.parts else ():
            session.screen.show(table)
    for task, command in found.missing.items():
        session.screen.write(f"{task} has no result yet. Run: {command}")


@click.command("report")
@click.argument("model")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write one page without scripts.")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Write a PDF; needs the extra report.")
@pass_session
def report_(session: Session, model: str, html: Path | None, pdf: Path | None) -> None:
    """Write the validation report of MODEL: criteria, figures and tables, and the record behind each statement."""
    from ninefold.development.validation.report.document import document_of
    from ninefold.development.validation.report.gathered import gather
    from ninefold.development.validation.report.html import page
    from ninefold.kernel.errors import InvalidInput

    if html is None and pdf is None:
        raise click.UsageError("Say where to write: --html FILE, --pdf FILE, or both.")
    document = document_of(gather(session, model))
    pages: list[tuple[Path, bytes]] = []
    if html is not None:
        pages.append((html, page(document).encode()))
    if pdf is not None:
        from ninefold.development.validation.report.pdf import paper

        pages.append((pdf, paper(document)))
    for path, data in pages:
        try:
            path.write_bytes(data)
        except OSError as error:
            raise InvalidInput(f"{path} cannot be written: {error.strerror}.", hint="Give another file.") from error
        session.screen.write(f"{path}: {document.title}, {len(data) / 1000:.0f} kB.")
